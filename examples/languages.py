"""Two languages in one text field: after every word, what is offered, and in which language the text is thought to be.

    python examples/languages.py "See you at the Bahnhof. Ich freue mich auf dich."

A mixture of two models is exact: a word's probability is the sum over both, weighed by how well each foretold the text.
"""

import sys

from wordgru import Predictor


def main(text: str) -> None:
    """Type the text word by word."""
    session = Predictor.load(["en", "de"]).session()  # en and de are in the package; or folders of your own
    for word in text.split():
        found = session.suggest(k=3)
        share = " ".join(f"{name} {share:.2f}" for name, share in session.languages().items())
        print(f"{share}   {', '.join(found.words):<28} {word}")
        session.append(word + " ")


if __name__ == "__main__":
    main(*sys.argv[1:])
