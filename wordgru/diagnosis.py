"""What is installed here, which model answers, and whether it answers well: what belongs in a report of a fault.

Nothing of it says where files lie or what the user is called, unless paths are asked for.
"""

import getpass
import importlib.metadata
import locale
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime

from wordgru import __version__
from wordgru.bundle import FORMAT_VERSION, Bundle, open_bundle
from wordgru.errors import WordgruError
from wordgru.predictor import MODEL_VARIABLE, SHIPPED, Predictor, find_model
from wordgru.session import Session

_BASE = ("numpy", "onnxruntime", "tokenizers", "click", "rich")
_EXTRAS = (
    *("huggingface_hub", "torch", "datasets", "onnx", "safetensors", "starlette", "uvicorn", "websockets"),
    *("pygls", "prompt_toolkit", "kenlm", "symspellpy"),
)
_VARIABLES = (
    *(MODEL_VARIABLE, "WORDGRU_PERSONAL", "WORDGRU_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT"),
    *("OMP_NUM_THREADS", "PYTHONIOENCODING", "TERM"),
)
_PRIVATE = ("WORDGRU_PERSONAL", MODEL_VARIABLE, "WORDGRU_CACHE", "HF_ENDPOINT")  # told to be set, not to what
_TYPED = "I would like to know when you will be there tomorrow, and what we are going to have for dinner. "
_ROUNDS = 3
_TOLERANCE = 0.1  # nats; int8 sums depend a little on how many tokens are read at once


def diagnose(model: str | Path | None = None, *, threads: int = 1, paths: bool = False) -> dict[str, Any]:
    """Look at everything, and type a line with the model.

    Args:
        model: as `find_model` takes it.
        threads: cores that one step may use.
        paths: say where files lie.

    Returns:
        Plain values, ready for JSON: "versions", "system", "onnxruntime", "environment", "model", "self_test" and
        "problems", a line for each thing that is wrong; none where all is well.
    """
    problems: list[str] = []
    hidden = (lambda text: text) if paths else _without_paths(model)
    packages = _versions((*_BASE, *_EXTRAS, "onnxruntime-gpu"))
    if "onnxruntime" in packages and "onnxruntime-gpu" in packages:
        problems.append("onnxruntime and onnxruntime-gpu are both installed and share a folder; uninstall one.")
    found: dict[str, Any] = {
        "versions": {"wordgru": __version__, "python": platform.python_version(), **packages},
        "system": _system(paths),
        "onnxruntime": {"providers": onnxruntime.get_available_providers(), "threads": threads},
        "environment": {
            name: value if paths or name not in _PRIVATE else "(set)"
            for name in _VARIABLES
            if (value := os.environ.get(name)) is not None
        },
        "model": None,
        "self_test": None,
        "problems": problems,
    }
    try:
        place = find_model(model)
        found["model"] = _model(bundle := open_bundle(place), place, paths)
        found["self_test"] = _self_test(bundle, threads, problems)
    except WordgruError as error:
        problems.append(hidden(str(error)))
    except Exception as error:  # a report must come out of whatever is broken
        problems.append(hidden(f"{type(error).__name__}: {error}".splitlines()[0]))
    return found


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    """Of those that are installed; without importing any."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _system(paths: bool) -> dict[str, Any]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    values: dict[str, Any] = {
        "platform": platform.platform(),
        "machine": platform.machine(),
        "implementation": platform.python_implementation(),
        "cores": os.cpu_count(),
        "usable_cores": usable,
        "output_encoding": getattr(sys.stdout, "encoding", None),
        "locale": ".".join(part or "?" for part in locale.getlocale()),
    }
    return values | ({"python": sys.executable, "package": str(Path(__file__).parent)} if paths else {})


def _model(bundle: Bundle, place: str | Path, paths: bool) -> dict[str, Any]:
    """What is told of a model: of one in the package its name, of another one only where it is from."""
    of_package = Path(place).parent == SHIPPED.parent
    of_hub = not Path(place).exists()
    config = bundle.config
    return {
        "from": f"{Path(place).name}, in the package" if of_package else "the Hub" if of_hub else "a folder",
        **({"folder": str(bundle.folder)} if paths else {}),
        "bytes": bundle.size,
        "precision": config.precision,
        "format": config.format_version,
        "newest_format": FORMAT_VERSION,
        "written_by": config.wordgru,
        **config.model.to_dict(),
        "sha256": config.files["model.onnx"][:12],
    }


def _self_test(bundle: Bundle, threads: int, problems: list[str]) -> dict[str, Any]:
    """Load, type a line letter by letter, and compare what is offered at its end with the line read at once."""
    start = time.perf_counter()
    predictor = Predictor.load(bundle.folder, threads=threads)
    loaded = time.perf_counter()
    predictor.suggest("", k=1)
    first = time.perf_counter()
    milliseconds, exact = [], []
    for _ in range(_ROUNDS):
        session = predictor.session()
        for letter in _TYPED:
            before = time.perf_counter()
            session.append(letter)
            exact.append(session.suggest(k=3).exact)
            milliseconds.append(1000 * (time.perf_counter() - before))
    difference = _difference(predictor, session)
    if not difference < _TOLERANCE:
        problems.append(
            f"the model contradicts itself: a word's probability differs by {difference:.3f} nats between a line typed "
            f"letter by letter and the line read at once; expected less than {_TOLERANCE}. Report it, with this page."
        )
    return {
        "load_milliseconds": round(1000 * (loaded - start), 1),
        "first_suggestion_milliseconds": round(1000 * (first - loaded), 1),
        "keystrokes": len(milliseconds),
        "keystroke_milliseconds_p50": round(statistics.median(milliseconds), 2),
        "keystroke_milliseconds_p99": round(statistics.quantiles(milliseconds, n=100)[98], 2),
        "exact_percent": round(100 * statistics.fmean(exact), 1),
        "typed_against_read_nats": round(difference, 4),
    }


def _difference(predictor: Predictor, session: Session) -> float:
    """The largest between log-probabilities of offers in a line that was typed, and in the same line read at once."""
    typed, read = session.suggest(k=3), predictor.complete(session.text, k=3)
    probabilities = {item.word: item.probability for item in read}
    both = [(item.probability, probabilities[item.word]) for item in typed if item.word in probabilities]
    if not both or not all(0 < probability <= 1 for pair in both for probability in pair):
        return math.inf
    return max(abs(math.log(one / other)) for one, other in both)


def _without_paths(model: str | Path | None) -> Callable[[str], str]:
    """A text without the folders of this machine and without the user's name."""
    named = model or os.environ.get(MODEL_VARIABLE) or ""
    folders = {str(Path(named).parent), str(Path(named).absolute().parent), str(Path.cwd()), str(Path.home())}
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody has this number
        user = ""

    def hidden(text: str) -> str:
        for folder in sorted(folders - {".", "/", ""}, key=len, reverse=True):
            text = text.replace(folder, "…")
        return text.replace(f"{os.sep}{user}", f"{os.sep}…") if user else text

    return hidden
