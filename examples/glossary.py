"""A hospital's words: offered more where they may be meant, and a word that is never offered.

    python examples/glossary.py examples/texts/ward.txt

The list has a word a line, if you wish with a tab and a weight. The letters typed decide; a list pushes no common word
aside. Blocked words can still be typed.
"""

import sys

from wordgru import Predictor

NOTES = ["The patient was sent home after a Bron", "She takes metop", "No sign of a Pneu", "Please repeat the sp"]


def main() -> None:
    """Print the offers without the list and with it."""
    plain, ward = Predictor.load(), Predictor.load()
    count = ward.words.read(sys.argv[1])
    ward.words.block("spit", reason="not in a letter")
    print(f"{count} words read")
    for note in NOTES:
        with_list = ward.session(note).suggest(k=3, ignore_case=True)
        marked = [f"{offer.word}*" if "glossary" in offer.sources else offer.word for offer in with_list]
        print(f"{note}…\n  without: {', '.join(plain.session(note).suggest(k=3, ignore_case=True).words)}")
        print(f"  with:    {', '.join(marked)}")


if __name__ == "__main__":
    main()
