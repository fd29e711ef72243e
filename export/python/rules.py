"""What a word is, and what a bundle must hold. The standard library alone; `../README.md` has the same in words."""

import hashlib
import json
import unicodedata
from functools import lru_cache
from pathlib import Path

OPENING = "([{<“‘«‹¿¡/#@$£€_*~`|\\=+"
UNSPACED = [
    *("\u0e00\u0eff", "\u0f00\u0fff", "\u1000\u109f", "\u1780\u17ff", "\u3005\u3007"),
    *("\u3040\u30ff", "\u3400\u9fff", "\uf900\ufaff", "\U00020000\U0003ffff"),
]
TWINS = {"'": "’", "’": "'", "‘": "'’", "“": '"', "”": '"', "„": '"', "\u00a0": " ", "\u202f": "\u00a0 "}
SIZES = {"vocab_size", "embedding_size", "hidden_size", "layers"}
KEYS = {"format_version", "model", "precision", "files", "training", "quality", "wordgru"}


class WordgruError(Exception):
    """Something that the caller can mend."""


class BundleError(WordgruError):
    """The bundle is missing, broken, foreign or too new."""


@lru_cache
def kind(char: str) -> str:
    """The part that one character plays in words."""
    if char in "'’-":
        return "inner"
    category = unicodedata.category(char)[0]
    if category in "LNM" and any(low <= char <= high for low, high in UNSPACED):
        return "unspaced"
    return "letter" if category in "LN" else "combining" if category == "M" else "other"


def word_end(text: str, at: int = 0) -> tuple[int, bool]:
    """Where the word that begins at `at` ends (`at` if none does), and whether more text may yet change that."""
    if at == len(text):
        return at, True
    first, end = kind(text[at]), at + 1
    if first not in ("letter", "unspaced"):
        return at, False
    while end < len(text):
        here = kind(text[end])
        if here == first or (first == "letter" and here == "combining"):
            end += 1
        elif first == "letter" and here == "inner" and end + 1 == len(text):
            return end, True
        elif first == "letter" and here == "inner" and kind(text[end + 1]) == "letter":
            end += 2
        else:
            return end, False
    return end, True


def split_last(text: str) -> tuple[str, str]:
    """`text` before its unfinished last word, and that word: what a letter typed next would go on with."""
    start = at = max(text.rfind(" "), text.rfind("\n")) + 1
    while at <= len(text):
        start, at = at, max(word_end(text + "a", at)[0], at + 1)
    return text[:start], text[start:]


def wants_space(text: str) -> bool:
    """Whether a space is missing between `text` and a word that follows."""
    if not text or text[-1].isspace() or kind(text[-1]) == "unspaced":
        return False
    before = text[-2:-1]
    if text[-1] in "'\"":
        return bool(before) and not before.isspace() and before not in OPENING
    return before.isspace() if text[-1] in "-–—" else text[-1] not in OPENING


def unlearnt(pieces: list[bytes]) -> dict[str, str]:
    """Marks that no piece of more than one byte holds, and the mark to read in place of each."""
    longer = b"\xff".join(piece for piece in pieces if len(piece) > 1)
    learnt = {mark for mark in "".join([*TWINS, *TWINS.values()]) if mark.encode() in longer}
    chosen = {mark: next((twin for twin in twins if twin in learnt), twins[0]) for mark, twins in TWINS.items()}
    return {mark: twin for mark, twin in chosen.items() if mark not in learnt and (twin in learnt or twin.isascii())}


def read_config(folder: Path) -> dict:
    """The checked `config.json` of a bundle whose files are those that it names."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        version, sizes, files = config["format_version"], config["model"], config["files"]
        if type(version) is not int or version != 1:
            raise BundleError(f"{folder}: format_version is {version!r}; expected 1.")
        if config["precision"] not in ("fp32", "int8") or config.keys() - KEYS or {"layers", *sizes} != SIZES:
            raise BundleError(f"{folder}: config.json is not of this format; export the bundle again.")
        if any(type(size) is not int or size < 1 for size in sizes.values()):
            raise BundleError(f"{folder}: the sizes are {sizes}; expected whole numbers of at least 1.")
        if files.keys() - {"blocked.txt"} != {"tokenizer.json", "model.onnx"}:
            raise BundleError(f"{folder}: files names {sorted(files)}; expected tokenizer.json and model.onnx.")
        for name, expected in files.items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
                raise BundleError(f"{folder / name}: is not the file that was exported; copy the bundle again.")
    except FileNotFoundError as error:
        raise BundleError(f"{error.filename}: is missing; copy or export the bundle again.") from None
    except OSError as error:
        raise BundleError(f"{error.filename}: cannot be read ({error.strerror}); expected a bundle's file.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"{folder}: is no bundle ({error!r}); copy or export it again.") from None
    return config
