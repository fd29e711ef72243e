"""A bundle: the folder that an app ships. The only module that knows its file names, its version and its hashes.

    config.json      format version, sizes, precision, hashes, how it was trained and how it scored
    tokenizer.json   the tokens, in the format of Hugging Face tokenizers
    model.onnx       the graph: `GRAPH_INPUTS` to `GRAPH_OUTPUTS`, state in and out
    README.md        the model card; not hashed, for people edit it
    known.bin        words that the language knows, if it says so (`wordgru/text/known.py`)
    blocked.txt      words that are never offered, if there are any: lower case, NFC, one a line, comments after #

It knows the base dependencies only, and opens neither the graph nor the tokenizer.
"""

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

from wordgru import __version__
from wordgru.config import Config, ModelConfig
from wordgru.errors import BundleError, WordgruError, reason
from wordgru.text import words
from wordgru.text.known import KnownWords

FORMAT_VERSION = 2
"""Changes only when a meaning does."""

Precision = Literal["fp32", "int8", "int4"]
PRECISIONS: tuple[str, ...] = get_args(Precision)

GRAPH_INPUTS = ("input_ids", "state", "positions")
"""int64 (batch, time); float32 (layers, batch, hidden); int64 (count,), time steps whose next token is wanted."""

GRAPH_OUTPUTS: tuple[str, str] = ("probabilities", "next_state")
"""float32 (batch, count, vocab); float32 (layers, batch, hidden)."""

_CONFIG, _TOKENIZER, _MODEL, _CARD = "config.json", "tokenizer.json", "model.onnx", "README.md"
_BLOCKED = "blocked.txt"
_KNOWN = "known.bin"
_OWN = (_CONFIG, _TOKENIZER, _MODEL, _CARD, _BLOCKED, _KNOWN)
_BETWEEN = re.compile("[,;、，]")  # what stands between the words of one line of a block list
_HUB_NAME = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>[\w./-]+))?")


@dataclass(frozen=True)
class BundleConfig(Config):
    """What `config.json` says.

    Attributes:
        format_version: version of the bundle's format.
        model: sizes of the model.
        precision: "fp32", "int8" or "int4".
        files: sha256 of each other file, in hexadecimal.
        training: how the model was trained; free of form.
        quality: how it scored; free of form, perplexities and the like.
        wordgru: the version that wrote it.
    """

    format_version: int
    model: ModelConfig
    precision: str
    files: dict[str, str]
    training: dict[str, Any] = field(default_factory=dict)
    quality: dict[str, Any] = field(default_factory=dict)
    wordgru: str = ""

    def __post_init__(self) -> None:
        """Refuse what this version cannot read."""
        if self.precision not in PRECISIONS:
            raise BundleError(
                f"precision is {self.precision!r}; expected {', '.join(PRECISIONS[:-1])} or {PRECISIONS[-1]}."
            )
        for name in ("files", "training", "quality"):
            if not isinstance(getattr(self, name), dict):
                raise BundleError(f"{name} is {getattr(self, name)!r}; expected an object.")
        if set(self.files) - {_BLOCKED, _KNOWN} != {_TOKENIZER, _MODEL}:
            raise BundleError(f"files names {sorted(self.files)}; expected the hashes of {_TOKENIZER} and {_MODEL}.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str) -> Self:
        """As `Config.from_dict`, with the version looked at first, for all else depends on it."""
        version = values.get("format_version")
        if "format_version" not in values:
            raise BundleError(
                f"{where}: has no format_version, so wordgru did not write it; expected a wordgru bundle."
            )
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise BundleError(f"{where}: format_version is {version!r}; expected a whole number of at least 1.")
        if version < FORMAT_VERSION:
            raise BundleError(
                f"{where}: format_version is {version}, which no release ever wrote; expected {FORMAT_VERSION}. "
                "Train and export the model again."
            )
        if version > FORMAT_VERSION:
            raise BundleError(
                f"{where}: format_version is {version}; this wordgru reads up to {FORMAT_VERSION}. Upgrade wordgru."
            )
        model = values.get("model")
        if not isinstance(model, dict):
            raise BundleError(f"{where}: model is {model!r}; expected an object with the model's sizes.")
        try:
            return super().from_dict({**values, "model": ModelConfig.from_dict(model, where)}, where)
        except WordgruError as error:
            text = str(error)
            raise BundleError(text if text.startswith(where) else f"{where}: {text}") from None


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk whose files were all found and whose hashes agree.

    Attributes:
        folder: where it lies.
        config: what its `config.json` says.
    """

    folder: Path
    config: BundleConfig

    @property
    def tokenizer_path(self) -> Path:
        """The file for `Tokenizer.load`."""
        return self.folder / _TOKENIZER

    @property
    def model_path(self) -> Path:
        """The ONNX graph."""
        return self.folder / _MODEL

    @property
    def size(self) -> int:
        """Bytes of the files that an app needs, the model card not among them."""
        return sum((self.folder / name).stat().st_size for name in (_CONFIG, *self.config.files))

    @property
    def files(self) -> tuple[Path, ...]:
        """The bundle's own files, the card among them if there is one; what else lies in the folder is not."""
        card = (_CARD,) if (self.folder / _CARD).is_file() else ()
        return tuple(self.folder / name for name in (_CONFIG, *self.config.files, *card))

    def card(self) -> str:
        """The text of the model card; empty where there is none, or none in UTF-8."""
        try:
            return (self.folder / _CARD).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def blocked(self) -> frozenset[str]:
        """The words that are never offered, in lower case; none where the bundle holds no such list."""
        if _BLOCKED not in self.config.files:
            return frozenset()
        return read_blocked(self.folder / _BLOCKED)

    def known(self) -> KnownWords | None:
        """The words that its language knows; None where the bundle does not say."""
        path = self.folder / _KNOWN
        return KnownWords.from_bytes(path.read_bytes(), str(path)) if _KNOWN in self.config.files else None


def open_bundle(path_or_name: str | Path) -> Bundle:
    """The bundle in a folder, or under a name of the Hugging Face Hub: `owner/name` or `owner/name@revision`.

    A folder goes before a Hub name. What came from the Hub once is found again without a network.

    Raises:
        BundleError: it is missing, broken, foreign, or newer than this version of wordgru.
    """
    folder = Path(path_or_name)
    if not folder.exists() and (hub := _HUB_NAME.fullmatch(str(path_or_name))):
        folder = _download(hub["name"], hub["revision"])
    config = _read_config(folder)
    for name, expected in config.files.items():
        _check_file(folder / name, expected)
    return Bundle(folder, config)


def is_bundle(folder: Path) -> bool:
    """Whether the files of a bundle lie in a folder, broken or not."""
    return (folder / _MODEL).is_file() and (folder / _CONFIG).is_file()


def read_blocked(path: Path) -> frozenset[str]:
    """The words of a block list, in the form in which they are offered: NFC and lower case.

    One word a line, or several with commas or semicolons between them; `#` begins a comment. Marks around a word are no
    part of it, and a word with an apostrophe is meant with either one, ' or ’.

    Raises:
        BundleError: it cannot be read as UTF-8, or a line holds what is not one word.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: cannot be read ({error}); expected words in UTF-8, one a line.") from None
    found: set[str] = set()
    for number, line in enumerate(lines, 1):
        for entry in _BETWEEN.split(line.partition("#")[0]):
            if entry.strip():
                found |= _offered(entry.strip(), f"{path}: line {number}")
    return frozenset(found)


def _offered(entry: str, where: str) -> set[str]:
    """How the one word of an entry is offered: with each apostrophe, if it has one."""
    text = unicodedata.normalize("NFC", entry).lower()
    spans = words.spans(text)
    if len(spans) != 1:
        what = "holds several words" if len(spans) > 1 else "holds no letter or digit"
        raise BundleError(f"{where}: {entry!r} {what}; expected one word a line, or commas between the words.")
    start, end, _ = spans[0]
    word = text[start:end]
    plain = word.replace(words.APOSTROPHES[1], words.APOSTROPHES[0])
    return {word, *(plain.replace(words.APOSTROPHES[0], mark) for mark in words.APOSTROPHES)}


def check_destination(folder: Path, *, overwrite: bool = False) -> None:
    """Refuse a place where no bundle can be written: one that exists, unless it is empty or a bundle to overwrite.

    Raises:
        BundleError: `folder` is something else.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not is_bundle(folder):
        raise BundleError(f"{folder}: exists and is not a bundle; expected a new folder. Choose another name.")
    if not overwrite:
        raise BundleError(f"{folder}: a bundle is already there; choose another name, or overwrite it (--overwrite).")


def write_bundle(
    folder: str | Path,
    *,
    model: bytes,
    tokenizer_json: str,
    sizes: ModelConfig,
    precision: str,
    card: str,
    training: Mapping[str, Any] | None = None,
    quality: Mapping[str, Any] | None = None,
    blocked: Iterable[str] = (),
    known: bytes | None = None,
    overwrite: bool = False,
) -> Bundle:
    """Write a bundle, all of it or nothing: it is made beside `folder` and renamed.

    Args:
        folder: where it goes.
        model: the serialized ONNX graph.
        tokenizer_json: text of `tokenizer.json`.
        sizes: the model's sizes.
        precision: "fp32", "int8" or "int4".
        card: text of the model card.
        training: how the model was trained; plain values for JSON.
        quality: how it scored; plain values for JSON.
        blocked: words that are never offered.
        known: the words that its language knows, as `KnownWords.to_bytes` gives them.
        overwrite: replace the files of a bundle that is already there; what else lies beside them stays.

    Raises:
        BundleError: `folder` is taken, or cannot be written.
    """
    import tempfile  # with what it brings, 3 ms of every start that only reads a bundle

    folder = Path(folder)
    check_destination(folder, overwrite=overwrite)
    contents = {_TOKENIZER: tokenizer_json.encode("utf-8"), _MODEL: model}
    if refused := sorted({unicodedata.normalize("NFC", word).lower() for word in blocked}):
        contents[_BLOCKED] = "\n".join([*refused, ""]).encode("utf-8")
    if known is not None:
        contents[_KNOWN] = known
    config = BundleConfig(
        format_version=FORMAT_VERSION,
        model=sizes,
        precision=precision,
        files={name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        training=dict(training or {}),
        quality=dict(quality or {}),
        wordgru=__version__,
    )
    contents[_CONFIG] = (json.dumps(config.to_dict(), indent=2, ensure_ascii=False) + "\n").encode("utf-8")
    contents[_CARD] = card.encode("utf-8")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
            _write_files(Path(beside) / "new", contents)
            if folder.exists():
                _keep_others(folder, Path(beside) / "new")
            _swap(Path(beside) / "new", folder, Path(beside) / "old")
    except OSError as error:
        raise BundleError(
            f"{folder}: cannot be written ({error.strerror or error}); nothing was changed. Make room or choose "
            "another place."
        ) from None
    return Bundle(folder, config)


def _read_config(folder: Path) -> BundleConfig:
    """The checked `config.json` of a folder that may be anything."""
    path = folder / _CONFIG
    if not folder.exists():
        raise BundleError(f"{folder}: no such folder; expected a bundle written by `wordgru export`, or owner/name.")
    if not folder.is_dir():
        raise BundleError(f"{folder}: is a file; expected the folder of a bundle.")
    if (folder / "checkpoints").is_dir() or (folder / "best").is_dir():
        raise BundleError(
            f"{folder}: is a training run; write a bundle of it with `wordgru export {folder} -o BUNDLE`."
        )
    _check_plain(path)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"{folder}: has no {_CONFIG}; expected a bundle written by `wordgru export`.") from None
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from None
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: is not JSON in UTF-8 ({error}); copy or export the bundle again.") from None
    if not isinstance(values, dict):
        raise BundleError(f"{path}: holds a {type(values).__name__}; expected an object. Export the bundle again.")
    return BundleConfig.from_dict(values, str(path))


def _check_plain(path: Path) -> None:
    """Refuse a pipe, a device or a link to one, from which one could read for ever."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise BundleError(f"{path}: is no plain file; expected one. Copy or export the bundle again.")


def _check_file(path: Path, expected: str) -> None:
    """Refuse a file that is missing or is not the one that was exported."""
    _check_plain(path)
    try:
        with path.open("rb") as file:
            beginning = file.read(40)
            file.seek(0)
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise BundleError(f"{path}: is missing from the bundle; copy or export the bundle again.") from None
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from None
    if found != expected:
        if beginning.startswith(b"version https://git-lfs"):
            raise BundleError(f"{path}: is a Git LFS pointer, not the file; fetch it with `git lfs pull`.")
        raise BundleError(
            f"{path}: its sha256 is {found[:12]}…, expected {str(expected)[:12]}…; the file was changed or cut short. "
            "Copy or export the bundle again."
        )


def _download(name: str, revision: str | None) -> Path:
    """The folder in the Hub's cache that holds the bundle `name`."""
    try:
        import huggingface_hub as hub
    except ImportError:
        raise BundleError(
            f"{name}: no such folder, and Hub names need huggingface_hub; install it with `pip install 'wordgru[hub]'`."
        ) from None
    files = list(_OWN)
    try:
        return Path(hub.snapshot_download(name, revision=revision, allow_patterns=files, etag_timeout=5))
    except hub.errors.GatedRepoError:
        why = "its owner asks to accept terms on the Hub first; then log in with `hf auth login`"
    except hub.errors.RepositoryNotFoundError:
        why = "there is no such model, or it is private: then log in with `hf auth login`"
    except hub.errors.RevisionNotFoundError:
        why = f"it has no revision {revision!r}"
    except (hub.errors.HfHubHTTPError, hub.errors.LocalEntryNotFoundError, OSError, ValueError) as error:
        why = reason(error)
    raise BundleError(
        f"{name}: no such folder, and the Hub did not give it ({why}); check the name and the network, or give a local "
        "folder."
    )


def _write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in contents.items():
        with (folder / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _keep_others(folder: Path, new: Path) -> None:
    """Bring what lies in `folder` beside the bundle's own files into `new`; it stays in `folder` too until the swap."""
    import shutil

    for path in folder.iterdir():
        if path.name in _OWN:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, new / path.name, symlinks=True, copy_function=_link)
        else:
            _link(path, new / path.name)


def _link(path: str | Path, to: str | Path) -> None:
    """The same file under another name; a copy where the disk knows no such thing."""
    import shutil

    try:
        os.link(path, to, follow_symlinks=False)
    except OSError:
        shutil.copy2(path, to, follow_symlinks=False)


def _swap(new: Path, folder: Path, old: Path) -> None:
    """Put `new` in the place of `folder`; what was there is moved to `old`, and back if that fails."""
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
