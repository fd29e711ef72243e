"""Score or correct a corpus on every core of a machine, or of every machine of a Ray cluster.

    pip install wordgru 'ray[data]'
    python examples/ray/corpus.py score documents.jsonl scored/
    python examples/ray/corpus.py correct letters.parquet corrected/ --threshold 0.95

Each row is a document with a text; the rows that are written have more columns. `scores` holds what `wordgru score`
says of the document, `corrections` and `corrected` what `wordgru correct` does. Rows keep their order.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wordgru import Predictor, TypingModel
from wordgru.typing.correct import corrections


class Score:
    """How expected each word of some documents is. One for each core, with a model of its own."""

    def __init__(self, column: str, model: str | None = None, threshold: float = 0.9) -> None:
        self._column, self._predictor = column, Predictor.load(model)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Some rows, by column, with the scores of each document."""
        found = [self._predictor.score(text.rstrip()) for text in batch[self._column]]
        return batch | {
            "scores": [[asdict(item) | {"bits": item.bits} for item in scores] for scores in found],
            "bits": [sum(item.bits for item in scores) for scores in found],
        }


class Correct:
    """What was meant by the words of some documents. One for each core, with a model of its own."""

    def __init__(self, column: str, model: str | None = None, threshold: float = 0.9) -> None:
        self._column, self._predictor, self._threshold = column, Predictor.load(model), threshold

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Some rows, by column, with the corrections of each document, and its corrected text."""
        found = [self._corrections(text) for text in batch[self._column]]
        texts = [_corrected(text, each) for text, each in zip(batch[self._column], found, strict=True)]
        return batch | {"corrections": found, "corrected": texts}

    def _corrections(self, text: str) -> list[dict[str, Any]]:
        session = self._predictor.session(typing=TypingModel())
        return [asdict(each) for each in corrections(text, session, threshold=self._threshold)]


def _corrected(text: str, found: list[dict[str, Any]]) -> str:
    for each in reversed(found):
        text = text[: each["start"]] + each["word"] + text[each["end"] :]
    return text


WORK = {"score": Score, "correct": Correct}
_READING = 0.1  # of a core: with whole ones, those who work take all, and who reads for them waits for ever


def run(
    what: str, corpus: str, output: str, *, column: str, model: str | None, threshold: float, actors: int | None
) -> None:
    """Read, work and write, all at once. Ray must be started."""
    import ray.data

    ray.data.DataContext.get_current().execution_options.preserve_order = True
    readers = {".parquet": ray.data.read_parquet, ".txt": ray.data.read_text}
    actors = actors or int(ray.cluster_resources()["CPU"])
    documents = readers.get(Path(corpus).suffix, ray.data.read_json)(
        corpus, override_num_blocks=8 * actors, num_cpus=_READING
    )  # many blocks, so that no core waits for the last one long
    documents = documents.map_batches(
        WORK[what], fn_constructor_args=(column, model, threshold), batch_size=16,
        compute=ray.data.ActorPoolStrategy(size=actors), num_cpus=1 - _READING,
    )  # fmt: skip
    documents.write_parquet(output, ray_remote_args={"num_cpus": _READING})


def main() -> None:
    """Run the command line."""
    import ray

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=WORK)
    parser.add_argument("corpus", help="JSON lines, Parquet, or a text file with a document a line")
    parser.add_argument("output", help="folder of Parquet files")
    parser.add_argument("--column", default="text", help="that holds the text")
    parser.add_argument("--model", help="bundle, on every machine at the same place")
    parser.add_argument("--threshold", type=float, default=0.9, help="how probable a correction must be")
    parser.add_argument("--actors", type=int, help="how many work (one for each core of the cluster)")
    parser.add_argument("--address", help="of a cluster that runs; without it, this machine alone")
    asked = parser.parse_args()
    ray.init(address=asked.address, log_to_driver=False)
    run(
        asked.what, asked.corpus, asked.output, column=asked.column, model=asked.model, threshold=asked.threshold,
        actors=asked.actors,
    )  # fmt: skip
    print(f"the documents are in {asked.output}")


if __name__ == "__main__":
    main()
