"""Word lists at run time: words of a field that are offered, and words that never are."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from wordgru.config import Range
from wordgru.errors import TextError, WordgruError
from wordgru.search.named import Named, NamedWords
from wordgru.text import alike, words
from wordgru.text.files import read_text
from wordgru.text.known import KnownWords, folded

STRENGTH = 10_000.0
"""Words of the model's text that a list is held against: a word of weight 1 gains as much probability as one has that
is written once in so many words."""

STRANGE = 0.01
"""What a word counts that the language does not know: most of them are slips, or put together from tokens."""

_NEAR, _CUT = 4, 5  # letters that a blocked word, and one cut short, has at least to block unknown ones like it
_WEIGHT = Range(0, 1e6)
_REMEMBERED = 65_536  # words of which the factor is kept

_MOST = 1_000_000
"""Words of a list; more of them would take minutes, and gigabytes."""


class WordList:
    """Words to offer, each with a weight, and words never to offer. Changes count from the next keystroke on.

    Args:
        normalize: the form in which the model reads text.
        blocked: words in lower case that are never offered.
        known: the words of the language; None where nobody says.
    """

    def __init__(
        self, normalize: Callable[[str], str] = words.normalize, blocked: frozenset[str] = frozenset(),
        known: KnownWords | None = None,
    ) -> None:  # fmt: skip
        self._known = known
        self._normalize = normalize
        self._weights: dict[bytes, float] = {}
        self._blocked = dict.fromkeys(blocked, "")
        self._named: NamedWords | None = None
        self._cut: set[str] | None = None  # beginnings of the blocked words
        self._factors: dict[str, float] = {}  # of the words asked for since the last change

    @property
    def weights(self) -> Mapping[str, float]:
        """The words that were added, and their weights."""
        return {word.decode(): weight for word, weight in self._weights.items()}

    @property
    def blocked(self) -> Mapping[str, str]:
        """The words that are never offered, in lower case, and the reason that was given."""
        return dict(self._blocked)

    def add(self, word: str, weight: float = 1.0) -> None:
        """Offer `word` as if it were written `weight` times more often in 10,000 words; 0 takes it off the list.

        Raises:
            WordgruError: it is not one word, the weight is below 0, above a million, or no number, or the list is full.
        """
        _WEIGHT.check(f"the weight of {word!r}", weight)
        key = self._one(word).encode()
        if weight and len(self._weights) >= _MOST and key not in self._weights:
            raise WordgruError(f"a list holds {_MOST:,} words at most; take some off, or name fewer.")
        if weight:
            self._weights[key] = float(weight)
        else:
            self._weights.pop(key, None)
        self._named, self._factors = None, {}

    def block(self, word: str, reason: str = "") -> None:
        """Never offer `word`, in whatever case and with either apostrophe; it can still be typed, and scores as ever.

        Raises:
            WordgruError: it is not one word.
        """
        self._blocked |= dict.fromkeys(_marked(self._one(word)), reason)
        self._cut, self._factors = None, {}

    def allow(self, word: str) -> None:
        """Take `word` off the words that are never offered, those of the bundle too.

        Raises:
            WordgruError: it is not one word.
        """
        for form in _marked(self._one(word)):
            self._blocked.pop(form, None)
        self._cut, self._factors = None, {}

    def near(self, word: str, letters: Iterable[str]) -> list[str]:
        """The language's words, in lower case, that `word` may be a slip of (`alike.near`), typed with `letters`."""
        return self._known.among(alike.near(folded(word), letters)) if self._known else []

    def knows(self, word: str) -> bool:
        """Whether the language is said to know `word`."""
        return self._known is not None and word in self._known

    def factor(self, word: str) -> float:
        """What `word` counts: nothing if it is blocked, `STRANGE` if it is not known, else 1.

        Known are the words of the language and of the list; so is every word where nobody says. An unknown word that
        a blocked one begins or ends early is blocked too.
        """
        factors = self._factors  # of a change in between, this word is not remembered
        factor = factors.get(word)
        if factor is None:
            if len(factors) >= _REMEMBERED:
                factors.clear()
            factor = factors[word] = self._find_factor(word)
        return factor

    def _find_factor(self, word: str) -> float:
        lower = word.lower()
        if lower in self._blocked or lower.replace(words.APOSTROPHES[1], "'").removesuffix("'s") in self._blocked:
            return 0.0
        if not self.is_strange(word):
            return 1.0
        return 0.0 if self._is_near_blocked(lower) else STRANGE

    def is_strange(self, word: str) -> bool:
        """Whether neither the language nor the list knows `word`; no word is strange where nobody says."""
        return self._known is not None and word not in self._known and word.encode() not in self._weights

    def _is_near_blocked(self, word: str) -> bool:
        """Whether an unknown word begins with a blocked one, or is one cut short."""
        if self._cut is None:
            self._cut = {each[:size] for each in self._blocked for size in range(_CUT, len(each))}
        return word in self._cut or any(word[:size] in self._blocked for size in range(_NEAR, len(word)))

    def read(self, path: str | Path) -> int:
        r"""Add the words of a file: one a line, if you wish with a tab and a weight; return how many.

        Line ends of any kind, a byte order mark, decomposed accents and ’ are read as they are meant; empty lines and
        what follows a `#` at a line's begin or after white space are left out.

        Raises:
            TextError: the file cannot be read, or a line is no word; then none of it is added.
        """
        lines = read_text(path, "words in UTF-8, one a line").splitlines()
        before = dict(self._weights)
        count = 0
        for number, line in enumerate(lines, 1):
            entry = _without_comment(line)
            if not entry.strip():
                continue
            word, _, weight = entry.strip().partition("\t")
            try:
                self.add(word, _number(weight))
            except WordgruError as error:
                self._weights, self._named, self._factors = before, None, {}
                raise TextError(f"{path}, line {number}: {error}") from None
            count += 1
        return count

    def named(self, start: bytes) -> Named | None:
        """The words for a search, in which each begins with `start`, a space or nothing; None if there are none."""
        if not self._weights:
            return None
        if self._named is None:
            self._named = NamedWords({word: weight / STRENGTH for word, weight in self._weights.items()})
        return Named(start, common=self._named, source="glossary")

    def _one(self, word: str) -> str:
        """`word` as it is offered."""
        text = self._normalize(word).strip()
        spans = words.spans(text)
        if len(spans) != 1 or spans[0][:2] != (0, len(text)):
            raise WordgruError(f"{word!r} is not one word; expected letters or digits, with single ' ’ or - inside.")
        return text


def _marked(word: str) -> set[str]:
    """A word in lower case with each apostrophe, if it has one."""
    plain = word.lower().replace(words.APOSTROPHES[1], words.APOSTROPHES[0])
    return {plain.replace(words.APOSTROPHES[0], mark) for mark in words.APOSTROPHES}


def _without_comment(line: str) -> str:
    places = [at for at, mark in enumerate(line) if mark == "#" and (at == 0 or line[at - 1].isspace())]
    return line[: places[0]] if places else line


def _number(text: str) -> float:
    try:
        return float(text) if text.strip() else 1.0
    except ValueError:
        raise WordgruError(f"the weight is {text!r}; expected a number after the tab.") from None
