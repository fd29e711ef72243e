"""Write as with Dasher: what comes next is a stack of boxes, each as tall as its character is probable.

    python examples/characters.py "see you tomorrow"

Shown is the text being steered to: at each character the boxes, the one to steer into between [ ], and what it costs,
in bits. The end of a word is ␣. A character that was certain costs nothing: that is what makes Dasher fast.
"""

import math
import sys

from wordgru import Characters, Predictor

ROWS = 40  # as tall as the stack is
END = "␣"


def boxes(found: Characters) -> dict[str, float]:
    """The stack: character → share, and the word's end, in the alphabet's order as Dasher has it."""
    shares = {**found.probabilities, END: found.end}
    return dict(sorted(shares.items()))


def stack(shares: dict[str, float], wanted: str) -> str:
    """The stack in a line: a character for each fortieth of it."""
    drawn = ""
    for character, share in shares.items():
        width = round(share * ROWS)
        drawn += f"[{character * max(1, width)}]" if character == wanted else character * width
    return drawn


def main() -> None:
    """Steer through the text of the command line."""
    text = sys.argv[1]
    session, bits = Predictor.load().session(), 0.0
    for character in text:
        wanted = END if character == " " else character
        shares = boxes(session.characters())
        cost = -math.log2(max(shares.get(wanted, 0.0), 1e-9))
        bits += cost
        print(f"{session.text[-16:]:>16}|{cost:5.2f} bits  {stack(shares, wanted)}")
        session.append(character)
    print(f"{bits / len(text):.2f} bits a character")


if __name__ == "__main__":
    main()
