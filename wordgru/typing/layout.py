"""Keyboards as data: where the centre of each key is."""

import json
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from wordgru.config import Range
from wordgru.errors import WordgruError

_FOLDER = Path(__file__).with_name("layouts")
_PLACE = Range(-100, 100)  # key widths from the first key: whatever lies beyond is a mistake of units


@dataclass(frozen=True)
class Layout:
    """The keys of a keyboard that type letters.

    Attributes:
        name: of the keyboard.
        keys: character → centre of its key (x, y), in key widths, y downwards.
    """

    name: str
    keys: Mapping[str, tuple[float, float]]

    @property
    def letters(self) -> list[str]:
        """The characters of words that its keys type, the apostrophe with them."""
        return ["'", *(key for key in self.keys if key.isalpha())]

    @classmethod
    def load(cls, layout: str | Path) -> "Layout":
        """A layout by its name (`Layout.names`), or from a JSON file of one's own.

        The file holds `rows`, each with `x` and `y` of its first key's centre and `keys`, a string with one character a
        key, a key width apart; docs/typing.md shows one. Capitals stand for small letters, as they do on keys.

        Raises:
            WordgruError: there is no such layout, or the file is none.
        """
        path = _FOLDER / f"{layout}.json"
        return _read(path if str(layout) in cls.names() else Path(layout))

    @classmethod
    @cache  # a folder that is read for each letter takes 0.1 ms
    def names(cls) -> list[str]:
        """The layouts that come with the package."""
        return sorted(path.stem for path in _FOLDER.glob("*.json"))

    def nearest(self, x: float, y: float) -> str:
        """The character of the key whose centre is nearest to (`x`, `y`), in key widths.

        Raises:
            WordgruError: the point is no pair of finite numbers.
        """
        check_point(x, y)
        return min(self.keys, key=lambda char: math.dist(self.keys[char], (x, y)))


def check_point(x: float, y: float) -> None:
    """Refuse what is no place on or near a keyboard.

    Raises:
        WordgruError: a number is not finite, or far away.
    """
    for name, value in (("x", x), ("y", y)):
        if not _PLACE.holds(value):
            raise WordgruError(
                f"{name} of the touch is {value!r}; expected key widths from the centre of the first key, "
                f"{_PLACE.least:g} to {_PLACE.most:g}."
            )


@lru_cache(maxsize=16)
def _read(path: Path) -> Layout:
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise WordgruError(
            f"{path}: there is no such layout ({error.strerror}); expected {', '.join(Layout.names())}, or a JSON file."
        ) from None
    except (ValueError, RecursionError) as error:
        raise WordgruError(f"{path}: is no JSON ({error}); expected a layout with rows of keys.") from None
    keys: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(_rows(data, path), 1):
        x, y, chars = (row.get(name) if isinstance(row, dict) else None for name in ("x", "y", "keys"))
        if not isinstance(chars, str) or not chars or not all(_PLACE.holds(each) for each in (x, y)):
            raise WordgruError(f"{path}, row {number}: expected the numbers x and y, and keys, a string of characters.")
        for at, char in enumerate(_typed(chars)):
            if "\ud800" <= char <= "\udfff":
                raise WordgruError(f"{path}, row {number}: a key types U+{ord(char):04X}, half a character.")
            if char in keys:
                raise WordgruError(f"{path}, row {number}: the key {char!r} is there twice.")
            keys[char] = (float(x) + at, float(y))  # type: ignore[arg-type]
    if not any(char.isalpha() for char in keys):
        raise WordgruError(f"{path}: has no key with a letter; expected a keyboard.")
    name = data.get("name", path.stem)
    return Layout(str(name), keys)


def _typed(keys: str) -> list[str]:
    """What each key of a row types, without shift."""
    return [char.lower() if len(char.lower()) == 1 else char for char in unicodedata.normalize("NFC", keys)]


def _rows(data: Any, path: Path) -> list[Any]:  # noqa: ANN401  (what a file holds)
    rows = data.get("rows") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise WordgruError(f'{path}: has no list "rows"; expected rows with x, y and keys.')
    return rows
