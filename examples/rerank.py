"""Choose among what a recogniser of speech or print thinks it heard or saw.

    python examples/rerank.py examples/texts/hypotheses.jsonl

Each line has `hypotheses`: pairs of a text and the recogniser's own log-probability (nats). The best has the largest
sum of that and WEIGHT times the model's. Tune WEIGHT on text that you do not report; 0 trusts the recogniser alone.
"""

import json
import sys
from pathlib import Path

from wordgru import Predictor

WEIGHT = 0.5


def log_probability(predictor: Predictor, text: str) -> float:
    """Log P(the words of the text, and that it ends), in nats."""
    return sum(score.log_probability for score in predictor.score(text))


def main() -> None:
    """Print each choice, and what the recogniser alone would have said."""
    predictor = Predictor.load()
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        hypotheses = json.loads(line)["hypotheses"]
        heard = max(hypotheses, key=lambda pair: pair[1])[0]
        chosen = max(hypotheses, key=lambda pair: pair[1] + WEIGHT * log_probability(predictor, pair[0]))[0]
        print(f"{heard}\n  → {chosen}" if heard != chosen else f"{heard}\n  → kept")


if __name__ == "__main__":
    main()
