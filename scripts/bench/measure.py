"""How the benchmark measures: calls in turn, keystrokes, processes, the speed of memory. Prints nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from wordgru.bundle import Bundle
from wordgru.errors import WordgruError
from wordgru.evaluation.predictor import CountedModel
from wordgru.predictor import Predictor
from wordgru.search.model import LanguageModel
from wordgru.text.tokenizer import Tokenizer

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
"""Seconds that pass, or seconds that the process computes: the latter is fair on a machine that is busy otherwise."""

_SCRIPTS = Path(__file__).parent.parent
PAUSE = 0.04
"""Seconds without a call, after which the weights are no longer in the processor's cache: a typist's regime."""

HOSTILE = (
    *(letter * count for letter in "abhreo" for count in (4, 8, 16, 60)),
    *("pleeeeeee", "goooooaa", "brrr", "supercalifragil", "antidisestablishmentarian", "hydroxychloroquin"),
    *("0f3c9a77e1", "a3f9c07bd2e84415", "e0b1ce69f4f928a9a9c2", "5f2a"),
    *("שלו", "שלום", "नमस", "안녕하", "Ｈｅｌ", "дщэлф"),
)
"""Beginnings of words that no text holds, or few: what a search must not choke on."""

_BLOCK = 25  # keystrokes of one subject before the next has its turn
_BARE = """
import sys, numpy, onnxruntime, tokenizers
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
tokenizers.Tokenizer.from_file(sys.argv[2])
"""

Seconds = list[float]


@dataclass
class Typing:
    """What one subject needed for the keystrokes of a text.

    Attributes:
        seconds: from each keystroke to the words.
        steps: seconds of single steps, taken between the keystrokes.
        calls: runs of the model.
        exact: answers that were proved.
        rows: of the model, for each keystroke.
        cold: seconds of keystrokes after a pause each.
        hostile: seconds of one-shot answers to `HOSTILE`.
    """

    seconds: Seconds
    steps: Seconds
    calls: int = 0
    exact: int = 0
    rows: list[int] = field(default_factory=list)
    cold: Seconds = field(default_factory=list)
    hostile: Seconds = field(default_factory=list)


def in_turn(
    calls: Mapping[str, Callable[[], object]], *, rounds: int, burst: int, clock: Callable[[], float], seed: int = 0,
    pause: float = 0.0,
) -> dict[str, Seconds]:  # fmt: skip
    """Time each of `calls`, `burst` times in a row, in `rounds` rounds, each in another order, a pause before each."""
    random = np.random.default_rng(seed)
    names = list(calls)
    seconds: dict[str, Seconds] = {name: [] for name in names}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for at in random.permutation(len(names)):
            call, found = calls[names[at]], seconds[names[at]]
            for _ in range(burst):
                time.sleep(pause)
                started = clock()
                call()
                found.append(clock() - started)
    return seconds


def type_text(
    models: Mapping[str, tuple[LanguageModel, Tokenizer]], texts: Sequence[str], *,
    keystrokes: int, clock: Callable[[], float],
) -> dict[str, Typing]:  # fmt: skip
    """Type `texts` character by character into a session of each model, and ask for the top 3 after each."""
    typists = {name: _Typist(model, tokenizer, clock) for name, (model, tokenizer) in models.items()}
    left = keystrokes
    for text in texts:
        typed = text[: max(left, 0)]
        left -= len(typed)
        for typist in typists.values():
            typist.begin()
        for start in range(0, len(typed), _BLOCK):
            for typist in typists.values():
                typist.type(typed, start, min(start + _BLOCK, len(typed)))
    for typist in typists.values():
        typist.type_cold(texts[0][:100] if texts else "")
        typist.type_hostile()
    return {name: typist.found for name, typist in typists.items()}


class _Typist:
    """One model behind the word search, its runs counted."""

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, clock: Callable[[], float]) -> None:
        self.found = Typing([], [])
        self._model = CountedModel(model)
        self._predictor = Predictor(self._model, tokenizer)
        self._clock = clock

    def begin(self) -> None:
        """Take an empty text field."""
        self._session = self._predictor.session()

    def type(self, text: str, start: int, end: int) -> None:
        """Type the characters of `text` from `start` to `end`."""
        clock, found, before = self._clock, self.found, self._model.calls
        for at in range(start, end):
            started = clock()
            self._session.set(text[: at + 1])
            words = self._session.suggest(k=3)
            found.seconds.append(clock() - started)
            found.exact += words.exact
            found.rows.append(words.rows)
        found.calls += self._model.calls - before
        for _ in range(5):
            started = clock()
            self._model.step(np.array([1]), self._model.initial_state())
            found.steps.append(clock() - started)

    def type_cold(self, text: str) -> None:
        """Type `text` with a pause before each character."""
        self.begin()
        for at in range(len(text)):
            time.sleep(PAUSE)
            started = self._clock()
            self._session.set(text[: at + 1])
            self._session.suggest(k=3)
            self.found.cold.append(self._clock() - started)

    def type_hostile(self) -> None:
        """Ask for words that begin as few do."""
        for prefix in HOSTILE:
            session = self._predictor.session("I saw ")
            session.suggest(k=3)
            session.append(prefix)
            started = self._clock()
            session.suggest(k=3)
            self.found.hostile.append(self._clock() - started)


def reader(size: int) -> Callable[[], object]:
    """What reads `size` bytes once, by the fastest means at hand: no step can be faster that must read as much."""
    data = torch.ones(max(size // 8, 1), dtype=torch.int64)  # written to, or all its pages would be one
    return data.sum


def cold_starts(bundle: Bundle, *, rounds: int, clock: str) -> tuple[Seconds, Seconds]:
    """Seconds of processes that suggest words, and of those that import and load the same files with no wordgru."""
    suggest = ["-m", "wordgru", "suggest", "the cat", "--model", str(bundle.folder)]
    bare = ["-c", _BARE, str(bundle.model_path), str(bundle.tokenizer_path)]
    found: tuple[Seconds, Seconds] = ([], [])
    with TemporaryDirectory(prefix="wordgru-benchmark-") as folder:
        for _ in range(rounds + 1):  # the first writes the byte code that the others find
            for arguments, seconds in zip((suggest, bare), found, strict=True):
                seconds.append(_process(arguments, clock, byte_code=folder)[0])
    return found[0][1:], found[1][1:]


def peak_memory(kind: str, file: Path, sizes: Mapping[str, int]) -> int | None:
    """Bytes that a process needs at most to load the model and take a step; None where the system does not tell."""
    arguments = ["-m", "bench.memory", kind, str(file), json.dumps(dict(sizes))]
    found: int | None = json.loads(_process(arguments, "wall")[1])
    return found


def _process(arguments: Sequence[str], clock: str, *, byte_code: str = "") -> tuple[float, str]:
    """Run Python to its end, its byte code kept in the folder `byte_code` if one is given: seconds, and its output."""
    environment = dict(os.environ)
    paths = [str(_SCRIPTS), str(_SCRIPTS.parent), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    if byte_code:
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = byte_code
    now = _children_seconds if clock == "cpu" else time.perf_counter
    started = now()
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    seconds = now() - started
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no word why"])[-1]
        raise WordgruError(f"`python {' '.join(arguments[:3])}` ended with {done.returncode} ({reason}).")
    return seconds, done.stdout


def _children_seconds() -> float:
    """Processor time of the processes that were started and have ended."""
    import resource  # not on Windows

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
