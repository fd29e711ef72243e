"""How often a model offers what is no word: `python scripts/models/nonwords.py MODEL --list WORDS`.

Messages are typed letter by letter, and at each the three offers are looked up in lists of words, a word a line (what
follows it on the line is ignored). What has no letter, or a digit, is taken for a word.
"""

import sys
from collections import Counter
from pathlib import Path

import click

from wordgru.predictor import Predictor


@click.command()
@click.argument("model")
@click.option(
    "--list",
    "lists",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    required=True,
    help="Words that count.",
)
@click.option(
    "--messages", type=click.Path(exists=True, path_type=Path), default=Path(__file__).with_name("messages.txt"),
    help="Text to type, a message a line.  [default: messages.txt beside this script]",
)  # fmt: skip
def nonwords(model: str, lists: tuple[Path, ...], messages: Path) -> None:
    """Print the share of the keystrokes with a non-word among three offers, and the non-words with their counts."""
    words = {
        line.split()[0].lower() for path in lists for line in path.read_text("utf-8-sig").splitlines() if line.strip()
    }
    predictor = Predictor.load(model)
    found, strange, keystrokes = Counter[str](), 0, 0
    with click.progressbar(messages.read_text("utf-8").splitlines(), file=sys.stderr) as shown:
        for message in shown:
            for end in range(len(message)):
                offers = predictor.session(message[:end]).suggest(k=3)
                bad = [item.word for item in offers if not _is_word(item.word, words)]
                found.update(bad)
                strange, keystrokes = strange + bool(bad), keystrokes + 1
    click.echo(
        f"{strange / keystrokes:.2%} of {keystrokes:,} keystrokes ({strange}) have a non-word among three offers"
    )
    click.echo(", ".join(f"{word} {count}" for word, count in found.most_common(40)))


def _is_word(word: str, words: set[str]) -> bool:
    """Whether a list has the word, or the one of which it is the genitive; or it is no matter of lists."""
    lower = word.lower().replace("’", "'")
    if lower in words or lower.removesuffix("'s").removesuffix("'") in words:
        return True
    if "-" in lower:
        return all(_is_word(part, words) for part in lower.split("-") if part)
    return any(char.isdigit() for char in lower) or not any(char.isalpha() for char in lower)


if __name__ == "__main__":
    nonwords()
