"""A process that loads one subject and prints its peak memory: `python -m bench.memory KIND FILE SIZES`.

KIND is nothing, onnx, torch, transformer or KenLM; it imports no more than that kind needs. SIZES is a `ModelConfig`
in JSON, or the shape of the transformer.
"""

import json
import sys
from pathlib import Path

import numpy as np

from wordgru.config import ModelConfig
from wordgru.search.model import LanguageModel, OnnxLanguageModel


def _peak_memory() -> int | None:
    """Bytes that this process held at most; None where the system does not tell (it takes Linux's /proc)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def _read_and_step(kind: str, file: Path, config: ModelConfig) -> None:
    model: LanguageModel
    if kind == "torch":
        from bench.eager import TorchLanguageModel

        model = TorchLanguageModel(file, config)
    else:
        model = OnnxLanguageModel(file, config)
    state = model.advance(np.arange(32) % config.vocab_size, model.initial_state())
    model.step(np.array([1]), state)


def _main(kind: str, file: str, sizes: str) -> None:
    """Load a subject, read 32 tokens, take a step, print the peak memory."""
    import onnxruntime  # noqa: F401  (of an empty process, all that is measured)
    import tokenizers  # noqa: F401

    if kind in ("onnx", "torch"):
        _read_and_step(kind, Path(file), ModelConfig(**json.loads(sizes)))
    elif kind == "transformer":
        from bench.transformer import Shape, Transformer

        transformer = Transformer(Path(file), Shape(**json.loads(sizes)), threads=1)
        _, cache = transformer.read(np.arange(32)[None])
        transformer.read(np.array([[1]]), cache)
    elif kind == "KenLM":
        from wordgru.evaluation.baselines import KenLMSubject

        KenLMSubject(Path(file)).field().offers("it is one of the ", 3)
    print(json.dumps(_peak_memory()))


if __name__ == "__main__":
    _main(*sys.argv[1:])
