"""Teach the English model a text of one's own, and compare the two on pages that neither has read.

    python examples/own_text.py my-text/ not-read.txt

Needs wordgru[train]. Thirty small steps show that a field's words are learnt; more text and more steps bring more
(docs/training.md), and then int8, which checks that it loses nothing, makes a quarter of the size. What is left behind
is a bundle, bundles/own, that any wordgru program loads.
"""

import subprocess
import sys
from pathlib import Path

from wordgru import Predictor

STEPS = ("--steps", "30", "--batch-size", "8", "--window", "32", "--learning-rate", "0.001", "--threads", "1")


def wordgru(*arguments: str) -> None:
    """Run the program; what it prints is shown only if it fails."""
    done = subprocess.run([sys.executable, "-m", "wordgru", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)


def bits_a_word(predictor: Predictor, text: str) -> float:
    """Surprisal of the text, in bits for each word between white space."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    total = sum(score.bits for part in paragraphs for score in predictor.score(part))
    return total / len(text.split())


def main() -> None:
    """Train, export, compare."""
    own, unread = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8")
    wordgru("train", own, "-o", "runs/own", "--init-from", "en", *STEPS)
    wordgru("export", "runs/own", "-o", "bundles/own", "--overwrite", "--precision", "fp32")
    english, taught = Predictor.load(), Predictor.load("bundles/own")
    before, after = bits_a_word(english, unread), bits_a_word(taught, unread)
    print(f"English model: {before:.1f} bits a word; taught: {after:.1f}")
    print("better" if after < before else "no better: give more text or more steps")
    for context in ("the next", "the typing", "a list of"):
        print(f"{context} …  {english.suggest(context).words}  taught: {taught.suggest(context).words}")


if __name__ == "__main__":
    main()
