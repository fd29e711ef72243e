"""A text field in the terminal: a line adds to the text, a number takes an offer.

    python examples/suggest_loop.py

The smallest program that a keyboard is: one session, which reads each letter once, and three offers.
"""

import sys

from wordgru import Predictor, Session


def offers(session: Session) -> list[str]:
    """The three offers at the end of the text, printed with their numbers."""
    words = session.suggest(k=3).words
    print(f"{session.text}_   " + "  ".join(f"{number} {word}" for number, word in enumerate(words, 1)))
    return words


def take(session: Session, word: str) -> None:
    """Put the offered word in the place of the letters that were typed of it, and a space behind it."""
    begun = session.text.rpartition(" ")[2]
    session.delete(len(begun))
    session.append(f"{word} ")


def main() -> None:
    """Read lines until there are no more."""
    session = Predictor.load().session()
    for line in map(str.rstrip, sys.stdin):
        words = session.suggest(k=3).words
        if line.isdigit() and 1 <= int(line) <= len(words):
            take(session, words[int(line) - 1])
        else:
            session.append(line)
        offers(session)


if __name__ == "__main__":
    main()
