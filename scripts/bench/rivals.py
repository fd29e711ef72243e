"""What else offers words on a CPU: a transformer with its cache, and KenLM. Not the same weights, but the same work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.models import BATCH, LONG, SHORT, STEP
from bench.ngrams import type_ngrams, write_arpa
from bench.transformer import GPT2_82M, Transformer, write_transformer
from wordgru.evaluation.baselines import KenLMSubject
from wordgru.search.model import Ints

TRANSFORMER, KENLM = "transformer", "KenLM"
SHAPE = GPT2_82M

Calls = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Rival:
    """A program of another kind.

    Attributes:
        name: what its column is called.
        file: its weights on disk.
        calls: what each row calls; a row that it has not, it cannot do.
        weight_bytes: that one step must read; 0 where that cannot be said.
        types: seconds of keystrokes in texts; None where it offers no words.
        sizes: what the process that measures memory must know besides the file.
        note: what stands below the table.
    """

    name: str
    file: Path
    calls: Calls
    weight_bytes: int = 0
    types: Callable[..., list[float]] | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


def open_rivals(folder: Path, texts: Sequence[str], ids: Ints, *, vocab_size: int, threads: int) -> list[Rival]:
    """The rivals, their files made in `folder`; KenLM only where it is installed."""
    rivals = [_transformer(folder / "transformer.onnx", ids, threads)]
    if find_spec("kenlm"):
        rivals.append(_kenlm(folder / "trigrams.arpa", texts, vocab_size))
    return rivals


def _transformer(file: Path, ids: Ints, threads: int) -> Rival:
    write_transformer(file, SHAPE)
    model = Transformer(file, SHAPE, threads=threads)
    _, cache = model.read(ids[None, :32])
    eight = np.repeat(cache, 8, axis=1)
    calls: Calls = {
        STEP: partial(model.read, ids[None, :1], cache),
        BATCH: partial(model.read, ids[:8, None], eight),
        SHORT: partial(model.read, ids[None, :32]),
        LONG: partial(model.read, ids[None]),
    }
    parameters = (SHAPE.weight_bytes + SHAPE.positions * SHAPE.width) / 1e6
    note = (
        f"transformer: random weights, {parameters:.0f}M parameters, int8, {SHAPE.vocab_size:,} tokens; its steps have "
        "32 tokens in the cache."
    )
    return Rival(TRANSFORMER, file, calls, SHAPE.weight_bytes, sizes=asdict(SHAPE), note=note)


def _kenlm(file: Path, texts: Sequence[str], vocab_size: int) -> Rival:
    grams = write_arpa(file, texts, words=vocab_size)
    model = KenLMSubject(file)
    calls: Calls = {STEP: lambda: model.field().offers("it is one of the ", 3)}
    note = f"KenLM: {grams:,} n-grams (up to 3) of the same text; a step scores its {len(model.candidates):,} words."
    return Rival(KENLM, file, calls, types=partial(type_ngrams, model), note=note)
