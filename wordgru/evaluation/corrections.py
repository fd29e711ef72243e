"""How often the word that was meant is found: real slips with their message, from the left alone and from the whole."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wordgru.errors import TextError, WordgruError
from wordgru.predictor import Predictor
from wordgru.search.named import NamedWords
from wordgru.text import words
from wordgru.text.files import read_text
from wordgru.typing.channel import Typed
from wordgru.typing.correct import CANDIDATES, Candidate, meant
from wordgru.typing.model import Touch, TypingModel
from wordgru.typing.named import NamedMasses
from wordgru.typing.standing import stranger

_NEGLIGIBLE = 1e-3  # of what was typed as a word that nobody knows


@dataclass(frozen=True)
class Slip:
    """A word typed wrongly.

    Attributes:
        typed: the word.
        intended: what was meant.
        context: the message with what was typed; may be empty.
        group: what its figures count in.
    """

    typed: str
    intended: str
    context: str = ""
    group: str = ""

    def around(self) -> tuple[str, str]:
        """The context before and after the word: where it stands as a word, else where it is found; else none."""
        at = next((at for at in _places(self.context, self.typed) if _stands(self.context, at, len(self.typed))), -1)
        if at < 0:
            return "", ""
        return self.context[:at], self.context[at + len(self.typed) :]


@dataclass(frozen=True)
class Found:
    """How often the word meant was first, and among three; out of 1.

    Attributes:
        group: of the slips, "all" of all.
        count: how many slips.
        left: shares (first, among three) from what stands before.
        whole: and from the whole message.
        frequency: and from no context, word frequencies being in the model's place; None without them.
    """

    group: str
    count: int
    left: tuple[float, float]
    whole: tuple[float, float]
    frequency: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Percentages."""
        ways = {"left": self.left, "whole": self.whole, "frequency": self.frequency}
        shares = {name: share for name, share in ways.items() if share}
        return {
            "slips": self.count,
            **{name: {"first": 100 * first, "among_3": 100 * three} for name, (first, three) in shares.items()},
        }


def read_slips(path: str | Path) -> list[Slip]:
    """The slips of a file of JSON lines with `typed`, `intended` and perhaps `context` and `source`.

    Raises:
        TextError: the file cannot be read, or a line is no slip.
    """
    return parse_slips(read_text(path, "JSON lines with typed and intended"), str(path))


def parse_slips(text: str, path: str) -> list[Slip]:
    """The slips of the text of such a file, which is called `path`."""
    slips = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            values = None
        names = ("typed", "intended", "context", "source")
        texts = [values.get(name, "") for name in names] if isinstance(values, dict) else []
        if not texts or not all(isinstance(text, str) for text in texts) or not texts[0] or not texts[1]:
            raise TextError(f'{path}, line {number}: expected an object with the texts "typed" and "intended".')
        try:
            words.check("".join(texts))
        except WordgruError as error:
            raise TextError(f"{path}, line {number}: {error}") from None
        slips.append(Slip(*texts))
    if not slips:
        raise TextError(f"{path}: holds no line; expected JSON lines with typed and intended.")
    return slips


def evaluate_corrections(
    slips: Sequence[Slip], predictor: Predictor, typing: TypingModel, *, frequencies: Mapping[str, float] | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Found]:  # fmt: skip
    """Look for the word meant by each slip; what was typed is a candidate too, for nobody says that it is wrong.

    Args:
        slips: what was typed, and what was meant.
        predictor: gives the words.
        typing: how their writers are taken to type.
        frequencies: word → how often it is written in a million words; judged beside the predictor.
        progress: called with the number of slips done since the last call.

    Returns:
        The figures of each group, and last those of all.
    """
    ranks: list[tuple[str, tuple[int, ...]]] = []
    by_frequency = _by_frequency(frequencies, typing) if frequencies else None
    for slip in slips:
        before, after = slip.around()
        session = predictor.session(typing=typing)
        left = _rank(meant(before, slip.typed, "", session), slip.intended)
        whole = _rank(meant(before, slip.typed, after, session), slip.intended) if after else left
        others = (_rank(by_frequency(slip.typed), slip.intended),) if by_frequency else ()
        ranks.append((slip.group, (left, whole, *others)))
        if progress:
            progress(1)
    groups = list(dict.fromkeys(group for group, _ in ranks))
    found = [_found(name, [each for group, each in ranks if group == name]) for name in groups if len(groups) > 1]
    return [*found, _found("all", [each for _, each in ranks])]


def _by_frequency(frequencies: Mapping[str, float], typing: TypingModel) -> Callable[[str], list[Candidate]]:
    """What was meant by a word, from word frequencies × the typing model; what was typed stays a candidate."""
    known = NamedWords({word.encode(): count / 1e6 for word, count in frequencies.items()})

    def by_frequency(letters: str) -> list[Candidate]:
        typed = Typed(typing, [Touch(char) for char in letters], complete=True)
        stands = stranger(typing, letters) * typed.of(letters)
        named = NamedMasses(typed, known, 1.0, _NEGLIGIBLE * stands)
        heaviest, _ = named.heaviest(CANDIDATES)
        masses = {word: named.mass(word) for word in (letters.encode(), *heaviest)}
        masses[letters.encode()] += stands
        best = sorted(masses.items(), key=lambda item: -item[1])[:CANDIDATES]
        whole = max(named.total + stands, 1e-300)  # of hundreds of letters both are less than any number
        return [Candidate(word.decode(), mass / whole) for word, mass in best]

    return by_frequency


def _rank(found: Sequence[Candidate], intended: str) -> int:
    wanted = intended.lower().replace("’", "'")
    kinds = list(dict.fromkeys(each.word.lower().replace("’", "'") for each in found))
    return kinds.index(wanted) if wanted in kinds else len(kinds) + 9


def _found(name: str, ranks: Sequence[tuple[int, ...]]) -> Found:
    ways = zip(*ranks, strict=True)
    return Found(name, len(ranks), *((_share(at < 1 for at in way), _share(at < 3 for at in way)) for way in ways))


def _share(values: Iterable[bool]) -> float:
    kept = list(values)
    return sum(kept) / len(kept)


def _places(text: str, word: str) -> Iterable[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _stands(text: str, at: int, size: int) -> bool:
    return not text[max(at - 1, 0) : at].isalnum() and not text[at + size : at + size + 1].isalnum()
