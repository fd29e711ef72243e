"""What a word is, and what a bundle must hold; `../README.md` says the same in words."""

import hashlib
import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
PICTURES = (
    "\u203c\u2049\u231a-\u231b\u23e9-\u23fa\u25fd-\u25fe\u2600-\u27bf\u2b1b-\u2b1c\u2b50-\u2b55"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001faff"
)
FLAGS = "\U0001f1e6-\U0001f1ff"

LETTER = rf"(?:(?![{UNSPACED}])[\p{{L}}\p{{N}}][\p{{M}}" + "\u200c\u200d]*)"
INNER = "(?:['’\\-·׳״]|(?<=[\u0591-\u05ea])\"(?=[\u05d0-\u05ea]))"
PICTURE = f"[{PICTURES}]\ufe0f?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
EMOJI = f"(?:{PICTURE}(?:\u200d{PICTURE})*|[{FLAGS}]{{2}})"
PATTERN = "|".join(
    [
        rf" ?{LETTER}+(?:{INNER}{LETTER}+)*(?:(?<=[sS])['’](?!\S))?",  # a word
        rf" ?[{UNSPACED}]+",  # a run of a script without spaces
        rf" ?{EMOJI}",
        rf" ?(?:(?!{EMOJI})[^\s\p{{L}}\p{{N}}])+",  # other marks
        r"\s+(?!\S)",  # white space, but for the space that belongs to what follows
        r"\s+",
    ]
)
SPLIT = Split(Regex(PATTERN), "isolated")

OPENING = "([{<“‘«‹¿¡/#@$£€_*~`|\\=+"
SIZES = {"vocab_size", "embedding_size", "hidden_size", "layers"}
KEYS = {"format_version", "model", "precision", "files", "training", "quality", "wordgru"}


class WordgruError(Exception):
    """Something that the caller can mend."""


class BundleError(WordgruError):
    """The bundle is missing, broken, foreign or too new."""


@lru_cache(maxsize=65536)
def kind(text: str) -> str:
    """What a pre-token is; empty if `text` is not just one."""
    if len(SPLIT.pre_tokenize_str(text)) != 1:
        return ""
    if text.isspace():
        return "space"
    first = text.removeprefix(" ")[0]
    if _within(first, PICTURES + FLAGS):
        return "emoji"
    category = unicodedata.category(first)[0]
    if _within(first, UNSPACED) and category in "LNM":
        return "unspaced"
    return "word" if category in "LN" else "marks"


def split_last(text: str) -> tuple[str, str]:
    """`text` before its unfinished last word, and that word: what a letter typed next would belong to."""
    line = max(map(text.rfind, " \n\t")) + 1
    letters = [char for char in text[line:] if unicodedata.category(char)[0] == "L"]
    letter = letters[-1] if letters and not _within(letters[-1], UNSPACED) else "a"
    last, (start, _) = SPLIT.pre_tokenize_str(text[line:] + letter)[-1]
    start += line + (last[0] == " ")
    return text[:start], text[start:]


def takes_space(text: str) -> bool:
    """Whether a space stands before a pre-token that follows a word; not before closing marks."""
    return kind(text) != "marks" or text.strip()[:1] in tuple("([{<“‘«‹¿¡#@$£€")


def wants_space(text: str) -> bool:
    """Whether a space is missing between `text` and a word that follows."""
    if not text or text[-1].isspace() or _within(text[-1], UNSPACED):
        return False
    before = text[-2:-1]
    if text[-1] in "'\"":
        return bool(before) and not before.isspace() and before not in OPENING
    return before.isspace() if text[-1] in "-–—" else text[-1] not in OPENING


def _within(char: str, ranges: str) -> bool:
    return bool(re.match(f"[{ranges}]", char))


def read_blocked(path: Path) -> set[str]:
    """The words of a block list, in lower case and with either apostrophe."""
    found = set()
    for entry in re.split("[,;、，\\n]", re.sub("#.*", "", path.read_text(encoding="utf-8-sig"))):
        text = unicodedata.normalize("NFC", entry.strip()).lower()
        parts = [part.removeprefix(" ") for part, _ in SPLIT.pre_tokenize_str(text)]
        named = [part for part in parts if kind(part) in ("word", "unspaced")]
        if len(named) != bool(text):
            raise BundleError(f"{path}: {entry.strip()!r} is not one word; expected one a line.")
        found |= {word.replace("’", "'").replace("'", mark) for word in named for mark in "'’"} | {*named}
    return found


def read_config(folder: Path) -> dict:
    """The checked `config.json` of a bundle whose files are those that it names."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        version, sizes, files = config["format_version"], config["model"], config["files"]
        if type(version) is not int or version != 2:
            raise BundleError(f"{folder}: format_version is {version!r}; expected 2.")
        if config["precision"] not in ("fp32", "int8", "int4") or config.keys() - KEYS or {"layers", *sizes} != SIZES:
            raise BundleError(f"{folder}: config.json is not of this format; export the bundle again.")
        if any(type(size) is not int or size < 1 for size in sizes.values()):
            raise BundleError(f"{folder}: the sizes are {sizes}; expected whole numbers of at least 1.")
        if files.keys() - {"blocked.txt", "known.bin"} != {"tokenizer.json", "model.onnx"}:
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
