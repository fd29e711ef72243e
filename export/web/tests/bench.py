"""The bench's keystrokes in Python: `bench.ts` runs it; what to type comes as JSON on standard input, times go out."""

import json
import sys
import time
from typing import Any

import numpy as np

from wordgru import Predictor
from wordgru.search.model import OnnxLanguageModel


def main() -> None:
    """Type all texts once to warm up and then once a round; time every keystroke and every run of the graph."""
    asked = json.load(sys.stdin)
    calls: list[dict[str, float]] = []
    run = OnnxLanguageModel._run

    def timed(model: OnnxLanguageModel, tokens: np.ndarray, *others: Any) -> Any:  # noqa: ANN401
        at, started = 1000 * time.time(), time.perf_counter()
        answer = run(model, tokens, *others)
        milliseconds = 1000 * (time.perf_counter() - started)
        calls.append({"at": at, "milliseconds": milliseconds, "tokens": tokens.size})
        return answer

    OnnxLanguageModel._run = timed
    predictor = Predictor.load(asked["bundle"])
    typed = [keystrokes(predictor, asked["texts"]) for _ in range(asked["rounds"] + 1)][1:]
    json.dump({"typed": typed, "calls": calls}, sys.stdout)


def keystrokes(predictor: Predictor, texts: list[str]) -> list[dict[str, Any]]:
    """One round: when each keystroke began, how long it took, whether its answer was proved."""
    found = []
    for text in texts:
        session = predictor.session()
        for character in text:
            at, started = 1000 * time.time(), time.perf_counter()
            session.append(character)
            exact = session.suggest(k=3).exact
            found.append({"at": at, "milliseconds": 1000 * (time.perf_counter() - started), "exact": exact})
    return found


if __name__ == "__main__":
    main()
