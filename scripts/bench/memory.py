"""A process that loads one subject and prints its peak memory: `python -m bench.memory KIND FILE SIZES`.

KIND is nothing, onnx or torch; it imports no more than that kind needs. SIZES is a `ModelConfig` in JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np

from wordgru.config import ModelConfig
from wordgru.language_model import LanguageModel, OnnxLanguageModel


def _peak_memory() -> int | None:
    """Bytes that this process held at most; None where the system does not tell (it takes Linux's /proc)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def _main(kind: str, file: str, sizes: str) -> None:
    """Load a subject, read 32 pieces, take a step, print the peak memory."""
    import onnxruntime  # noqa: F401  (of an empty process, all that is measured)
    import tokenizers  # noqa: F401

    if kind != "nothing":
        config = ModelConfig(**json.loads(sizes))
        model: LanguageModel
        if kind == "torch":
            from bench.eager import TorchLanguageModel

            model = TorchLanguageModel(Path(file), config)
        else:
            model = OnnxLanguageModel(Path(file), config)
        state = model.advance(np.arange(32) % config.vocab_size, model.initial_state())
        model.step(np.array([1]), state)
    print(json.dumps(_peak_memory()))


if __name__ == "__main__":
    _main(*sys.argv[1:])
