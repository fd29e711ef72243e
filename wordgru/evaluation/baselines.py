"""Rivals for the bench. KenLM: an n-gram model over words and marks, judged by the same code as a bundle.

Needs `kenlm` (`pip install 'wordgru[kenlm]'`), imported when a model is opened. It must not know of tokens.
"""

import gzip
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from wordgru.errors import WordgruError
from wordgru.evaluation.predictor import Offers
from wordgru.search.model import Floats
from wordgru.text import words
from wordgru.text.files import read_text
from wordgru.text.words import normalize

_LAST = chr(0x10FFFF)  # sorts behind every text that begins with the letters before it


def tokens(line: str) -> list[str]:
    """Words and marks of a line, in natural case, as the n-gram model must have been trained on them.

    In a script without spaces each character is a token.

    >>> tokens("Well, don't!")
    ['Well', ',', "don't", '!']
    """
    found, at = [], 0
    for start, end, unspaced in words.spans(line := normalize(line)):
        found += line[at:start].split()
        found += list(line[start:end]) if unspaced else [line[start:end]]
        at = end
    return [*found, *line[at:].split()]


class KenLMSubject:
    """An n-gram model of KenLM as a subject of the bench.

    Every candidate is scored at every place, and the most probable are offered. The tokens before it are those of
    its line; each line begins as a sentence does.

    Args:
        path: an ARPA file, or a binary made of one.
        candidates: words that may be offered; without them, all words among the unigrams of the ARPA file.

    Raises:
        WordgruError: kenlm is not installed, a file cannot be read, or no candidate is known to the model.
    """

    remembers = False

    def __init__(self, path: str | Path, candidates: Iterable[str] | None = None) -> None:
        path = Path(path)
        self._kenlm, self.model = _open(path)
        self.name = path.name
        self.size: int | None = path.stat().st_size
        wanted = arpa_words(path) if candidates is None else candidates
        self.candidates = sorted(
            word for word in {normalize(word) for word in wanted} if _is_word(word) and word in self.model
        )
        if not self.candidates:
            raise WordgruError(f"{path}: knows none of the candidates; expected words in natural case, one a line.")

    def field(self) -> "_KenLMField":
        """A text field whose line is read anew for each word."""
        return _KenLMField(self._kenlm, self.model, self.candidates)

    def cuts(self, text: str) -> set[int]:
        """Between any two characters."""
        return set(range(len(text) + 1))

    def nats(self, text: str) -> None:
        """Not known: a word outside the vocabulary has no probability that could be compared."""


def arpa_words(path: Path) -> Iterator[str]:
    """The unigrams of an ARPA file.

    Raises:
        WordgruError: the file is no ARPA file.
    """
    try:
        with _text(path) as lines:
            inside = False
            for line in lines:
                if line.startswith("\\"):
                    if inside:
                        return
                    inside = line.strip() == "\\1-grams:"
                elif inside and len(cells := line.split("\t")) > 1:
                    yield cells[1].strip()
    except (OSError, UnicodeDecodeError, EOFError):
        inside = False
    if not inside:
        raise WordgruError(f"{path}: is no ARPA file in UTF-8; name the candidates of a binary one (--kenlm-words).")


def read_words(path: str | Path) -> list[str]:
    """The words of a file, one a line; what follows a tab, a count for instance, is passed over.

    Raises:
        TextError: the file cannot be read.
    """
    lines = read_text(path, "a file with a word in each line").splitlines()
    return [line.split("\t")[0].strip() for line in lines]


class _KenLMField:
    """Ranks the candidates once for each word, and filters them by the letters typed."""

    def __init__(self, kenlm: Any, model: Any, candidates: list[str]) -> None:  # noqa: ANN401  (kenlm has no types)
        self._kenlm, self._model, self._candidates = kenlm, model, candidates
        self._head: str | None = None
        self._scores: Floats = np.zeros(0, np.float32)

    def offers(self, text: str, k: int, *, start: int | None = None) -> Offers:
        """As `Field.offers`."""
        head, prefix = words.split_last(text) if start is None else (text[:start], text[start:])
        runs = int(head != self._head)
        if runs:
            self._head, self._scores = head, self._ranked(head)
        low = bisect_left(self._candidates, prefix)
        high = bisect_left(self._candidates, prefix + _LAST) if prefix else len(self._candidates)
        scores = self._scores[low:high]
        best = np.argpartition(-scores, k)[:k] if len(scores) > k else np.arange(len(scores))
        order = best[np.argsort(-scores[best], kind="stable")]
        return Offers(tuple(self._candidates[low + int(at)] for at in order), calls=runs)

    def _ranked(self, head: str) -> Floats:
        """The log-probability of every candidate after the line so far.  # (candidates,)"""
        state, after = self._kenlm.State(), self._kenlm.State()
        self._model.BeginSentenceWrite(state)
        for token in tokens(head[head.rfind("\n") + 1 :]):
            self._model.BaseScore(state, token, after)
            state, after = after, state
        score = self._model.BaseScore
        return np.array([score(state, word, after) for word in self._candidates], np.float32)


def _is_word(text: str) -> bool:
    return words.spans(text) in ([(0, len(text), False)], [(0, 1, True)])


def _text(path: Path) -> IO[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    return cast("IO[str]", opener(path, "rt", encoding="utf-8"))


def _open(path: Path) -> tuple[Any, Any]:
    """The module `kenlm`, and the model in `path`."""
    try:
        import kenlm
    except ImportError:
        raise WordgruError(f"{path}: n-gram models need kenlm; pip install 'wordgru[kenlm]'.") from None
    if not path.is_file():
        raise WordgruError(f"{path}: there is no such file; expected an ARPA file or a binary of KenLM.")
    config = kenlm.Config()
    config.show_progress = False
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    try:
        return kenlm, kenlm.Model(str(path), config)
    except (OSError, RuntimeError) as error:
        lines = str(error.__cause__ or error).strip().splitlines()
        raise WordgruError(
            f"{path}: KenLM cannot read it ({lines[-1] if lines else error}); expected an ARPA file or a binary."
        ) from None
