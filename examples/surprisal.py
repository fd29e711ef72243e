"""How expected is each word of a file? Bits, and a plot of them.

    python examples/surprisal.py letter.txt                     # bars in the terminal
    python examples/surprisal.py letter.txt --picture bits.png  # and a picture, if matplotlib is there

Surprisal is -log2 P(word | all before it). Where readers slow down, and where a text is wrong, it is high.
"""

import sys
from pathlib import Path

from wordgru import Predictor, Score


def picture(scores: list[Score], path: str) -> None:
    """A line of bits over the words."""
    import matplotlib.pyplot as plt

    plt.figure(figsize=(max(4, len(scores) / 3), 3), layout="constrained")
    plt.plot([score.bits for score in scores], marker="o")
    plt.xticks(range(len(scores)), [score.text for score in scores], rotation=90)
    plt.ylabel("bits")
    plt.savefig(path)


def main() -> None:
    """Score the file, print bars, draw if asked."""
    file, *rest = sys.argv[1:]
    scores = [score for score in Predictor.load().score(Path(file).read_text(encoding="utf-8").strip()) if score.text]
    for score in scores:
        print(f"{score.text:<12} {score.bits:5.1f}  {'█' * round(score.bits)}")
    total = sum(score.bits for score in scores)
    print(f"{len(scores)} words and marks, {total / len(scores):.1f} bits each")
    if rest[:1] == ["--picture"]:
        picture(scores, rest[1])
        print(f"drawn: {rest[1]}")


if __name__ == "__main__":
    main()
