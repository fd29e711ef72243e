"""Words typed with a finger that misses: how many are right as typed, and after correction. Seeded simulation.

Each word is typed in lower case; a finger lands by a Gaussian around the centre of each key, and the nearest key is
typed. Characters that are no key are typed as they are. No letter is left out or added. Or some words
are typed with slips of all kinds, as probable as a typing model says.
"""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from wordgru.config import Range
from wordgru.errors import TextError
from wordgru.evaluation.bench import Document
from wordgru.predictor import Predictor
from wordgru.session import Session
from wordgru.sources.personal import PersonalModel
from wordgru.text import words
from wordgru.text.alike import MUTE, SOUNDS, VOWELS
from wordgru.text.words import APOSTROPHES
from wordgru.typing.layout import Layout
from wordgru.typing.model import Touch, TypingModel, habits, letter_likelihoods

if TYPE_CHECKING:
    from symspellpy import SymSpell

_RATE = Range(0, 1)
_DRAWS = 1000  # of a word, until there is a slip in it
_SELDOM = 1e-6  # what the simulated finger never does
_SLIPS = (
    "anywhere", "vowel", "sound", "omitted", "mute", "undoubled", "extra", "doubled", "swapped", "apostrophe", "joined",
    "split",
)  # fmt: skip
_TENTHS = (0.5, 0.6, 0.7, 0.8, 0.9)  # least probabilities of the groups of the reliability table


@dataclass(frozen=True)
class Reliability:
    """Corrections that were made with about the same probability.

    Attributes:
        least: of their probabilities; they are below `least` + 0.1.
        corrections: how many there were.
        mean: of their probabilities.
        right: the share of them that was what was meant.
    """

    least: float
    corrections: int
    mean: float
    right: float

    def to_dict(self) -> dict[str, float]:
        """Percentages, and the number of corrections."""
        shares = {"probability": self.least, "mean": self.mean, "right": self.right}
        return {"corrections": self.corrections, **{name: round(100 * share, 6) for name, share in shares.items()}}


@dataclass(frozen=True)
class TouchErrors:
    """Word error rates, out of 1.

    Attributes:
        words: how many words were typed.
        typed: as typed.
        letters: corrected, from the letters.
        points: corrected, from the points touched; None if there were none.
        learnt: the same, the finger's offset and spread being learnt on the way; None without.
        rivals: name → its rate; from the letters.
        reliability: "letters", "points" and "learnt" → of corrections made with a probability of 50 to 60 %, …, 90 to
            100 %, how many were right; of groups in which there was one.
    """

    words: int
    typed: float
    letters: float
    points: float | None
    learnt: float | None = None
    rivals: dict[str, float] = field(default_factory=dict)
    reliability: dict[str, tuple[Reliability, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Percentages, and the number of words."""
        rates = {"typed": self.typed, "letters": self.letters, "points": self.points, "learnt": self.learnt}
        rates |= self.rivals
        tables = {name: [each.to_dict() for each in groups] for name, groups in self.reliability.items()}
        percent = {name: 100 * rate for name, rate in rates.items() if rate is not None}
        return {"words": self.words, **percent, "reliability": tables}


def evaluate_touch(
    documents: Sequence[Document], predictor: Predictor, spread: float, *, offset: float = 0.0,
    layout: str = "qwerty", seed: int = 0, rivals: bool = True,
    others: Mapping[str, Callable[[str], str]] | None = None, progress: Callable[[int], None] | None = None,
) -> TouchErrors:  # fmt: skip
    """Type each line of the documents, with the context as it was corrected.

    Args:
        documents: the texts; a line is a text of its own.
        predictor: judges letters and points.
        spread: of the finger, in key widths; the typing model is told.
        offset: key widths that it lands right of where it aims, which nobody is told; not 0: learnt on the way, too.
        layout: of the keyboard.
        seed: the same seed misses the same keys.
        rivals: judge SymSpell and word frequencies too, if `symspellpy` is installed.
        others: more rivals, name → a function from what was typed to the word that is meant.
        progress: called with the number of words done since the last call.
    """
    keyboard = Layout.load(layout)
    never = dict.fromkeys(_SLIPS, _SELDOM) | {"careless": 0.0}
    model = TypingModel(layout=layout, spread=spread, lower=0.5, upper=0.5, **never)
    rng = random.Random(seed)
    ways = ("letters", "points", *(("learnt",) if offset else ()))
    return _judge(
        documents, predictor, model, lambda word: [_touch(char, keyboard, spread, rng, offset) for char in word],
        ways, {**(_rivals(model) if rivals else {}), **(others or {})}, progress,
    )  # fmt: skip


def evaluate_slips(
    documents: Sequence[Document], predictor: Predictor, rate: float, *, layout: str = "qwerty", seed: int = 0,
    rivals: bool = True, progress: Callable[[int], None] | None = None,
) -> TouchErrors:  # fmt: skip
    """Type each line of the documents with slips as `TypingModel` has them by default, and correct it from the letters.

    Args:
        documents: the texts; a line is a text of its own.
        predictor: judges letters.
        rate: share of the words in which there is a slip, out of 1.
        layout: of the keyboard.
        seed: the same seed makes the same slips.
        rivals: judge SymSpell too, if `symspellpy` is installed.
        progress: called with the number of words done since the last call.
    """
    _RATE.check("the rate of slips", rate)
    model, rng = TypingModel(layout=layout, lower=0.5, upper=0.5), random.Random(seed)

    def typist(word: str) -> list[Touch]:
        typed = mistyped(word, model, rng) if rng.random() < rate else word
        return [Touch(char) for char in typed]

    others = _rivals(model) if rivals else {}
    others.pop("frequency", None)  # it knows the length, which slips change
    return _judge(documents, predictor, model, typist, ("letters",), others, progress)


def mistyped(word: str, model: TypingModel, rng: random.Random) -> str:
    """A word with a slip or more, drawn from a typing model; the word itself if slips in it are too seldom."""
    keyboard = Layout.load(model.layout)
    for _ in range(_DRAWS):
        habit = habits(model, complete=True)[-1 if rng.random() < model.careless else 0][1]
        typed = _draw(word, habit, keyboard, rng)
        if typed and typed != word:
            return typed
    return word


def _draw(word: str, model: TypingModel, keyboard: Layout, rng: random.Random) -> str:
    """A word as it is typed once."""
    typed, at, keys = "", 0, sorted(keyboard.keys)
    while at < len(word):
        char, share = word[at], 1.0 if typed else model.first
        if at + 1 < len(word) and rng.random() < share * model.swapped:
            typed, at = typed + word[at + 1] + char, at + 2
        else:
            left = model.mute if char in MUTE else model.omitted
            left = model.apostrophe if char in APOSTROPHES or char == "-" else left
            left = max(left, model.undoubled) if word[:at].endswith(char) else left
            at += 1
            if rng.random() >= share * left:
                typed += _letter(char, model, keyboard, rng, share)
        if typed and rng.random() < model.doubled:
            typed += typed[-1]
        elif rng.random() < model.extra:
            typed += rng.choice(keys)
    return typed


def _letter(char: str, model: TypingModel, keyboard: Layout, rng: random.Random, share: float) -> str:
    """A character as the finger hits it, or as it is spelled, which is wrong by a share of what slips are worth."""
    plain = unicodedata.normalize("NFD", char)[0]
    if plain in keyboard.keys and plain != char and (char not in keyboard.keys or rng.random() < model.accent):
        char = plain
    if char in VOWELS and rng.random() < share * model.vowel:
        return rng.choice([vowel for vowel in VOWELS if vowel != char])
    if (alike := SOUNDS.get(char, "")) and rng.random() < share * model.sound * len(alike):
        return rng.choice(alike)
    if char in keyboard.keys and rng.random() < share * model.anywhere:
        return rng.choice(sorted(keyboard.keys))
    return _touch(char, keyboard, model.spread, rng).char


def _judge(
    documents: Sequence[Document], predictor: Predictor, model: TypingModel, typist: Callable[[str], Sequence[Touch]],
    ways: Sequence[str], others: Mapping[str, Callable[[str], str]], progress: Callable[[int], None] | None,
) -> TouchErrors:  # fmt: skip
    """Type each line with the context as it was corrected, from "letters", from "points", and "learnt" from these."""
    lines = [line for document in documents for line in document.text.lower().splitlines()]
    if all(unspaced for line in lines for *_, unspaced in words.spans(line)):
        raise TextError("the text holds no word to type; expected letters or digits. Check the source and its column.")
    wrong = dict.fromkeys(("typed", *ways, *others), 0)
    made: dict[str, list[tuple[float, bool]]] = {name: [] for name in ways}  # probability of a correction, right
    count, store = 0, PersonalModel()
    for line in lines:
        fields = {name: _field(predictor, model, store if name == "learnt" else None) for name in ways}
        for start, end, unspaced in words.spans(line):
            word = line[start:end]
            if unspaced:
                continue
            touches = typist(word)
            typed = "".join(touch.char for touch in touches)
            got = {}
            for name, session in fields.items():
                got[name], probability = _type(session, touches, points=name != "letters")
                if got[name] != typed.lower():
                    made[name].append((probability, got[name] == word))
            got |= {"typed": typed, **{name: correct(typed) for name, correct in others.items()}}
            for name, answer in got.items():
                wrong[name] += answer.lower() != word
            count += 1
            if progress:
                progress(1)
        if "learnt" in fields:
            store.learn_touches(fields["learnt"].landed())
    rates = {name: number / count for name, number in wrong.items()}
    tables = {name: reliability(each) for name, each in made.items()}
    of_others = {name: rates[name] for name in others}
    return TouchErrors(
        count, rates["typed"], rates["letters"], rates.get("points"), rates.get("learnt"), of_others, tables
    )


def reliability(made: Sequence[tuple[float, bool]]) -> tuple[Reliability, ...]:
    """Group corrections by their probability, (probability, whether it was right), in tenths from a half on."""
    groups = []
    for least in _TENTHS:
        among = [each for each in made if least <= each[0] < least + 0.1 or (least == _TENTHS[-1] <= each[0])]
        if among:
            mean, right = (float(np.mean(column)) for column in zip(*among, strict=True))
            groups.append(Reliability(least, len(among), mean, right))
    return tuple(groups)


def _touch(char: str, keyboard: Layout, spread: float, rng: random.Random, offset: float = 0.0) -> Touch:
    if char not in keyboard.keys:
        return Touch(char)
    x, y = keyboard.keys[char]
    point = (rng.gauss(x + offset, spread), rng.gauss(y, spread))
    return Touch(keyboard.nearest(*point), point)


def _field(predictor: Predictor, model: TypingModel, store: PersonalModel | None) -> Session:
    """An empty field of somebody whose finger `store` knows."""
    kept, predictor.personal = predictor.personal, store
    try:
        return predictor.session(typing=model)
    finally:
        predictor.personal = kept


def _type(session: Session, touches: Sequence[Touch], *, points: bool) -> tuple[str, float]:
    """Type a word and correct it; what is right stays in the field. The word, in lower case, and its probability."""
    before = session.text
    for touch in touches:
        if points and touch.point:
            session.touch(*touch.point)
        else:
            session.append(touch.char)
    found = session.corrections(k=3)
    word = found[0].word.lower() if found else "".join(touch.char for touch in touches)
    session.set(f"{before}{word} ")
    return word, (found[0].probability if found else 0.0) * (1.0 - found.unexplored)


@cache
def _symspell() -> "SymSpell":
    """SymSpell with its own words, which takes seconds."""
    from symspellpy import SymSpell

    symspell = SymSpell(max_dictionary_edit_distance=2)
    symspell.load_dictionary(str(files("symspellpy") / "frequency_dictionary_en_82_765.txt"), 0, 1)
    return symspell


def _rivals(model: TypingModel) -> dict[str, Callable[[str], str]]:
    """SymSpell with its own words, and these words' frequencies times the true Gaussian of letters, length known."""
    try:
        from symspellpy import Verbosity
    except ModuleNotFoundError:
        return {}
    symspell = _symspell()
    by_length: dict[int, list[str]] = defaultdict(list)
    for word in symspell.words:
        by_length[len(word)].append(word)
    tables: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # length → characters as codes, logs of frequencies

    def by_symspell(typed: str) -> str:
        found = symspell.lookup(typed, Verbosity.TOP, max_edit_distance=2, include_unknown=True)
        return str(found[0].term)

    def by_frequency(typed: str) -> str:
        if len(typed) not in by_length:
            return typed
        if len(typed) not in tables:
            same = by_length[len(typed)]
            letters = np.array([[ord(char) for char in word] for word in same])
            tables[len(typed)] = (letters, np.log([symspell.words[word] for word in same]))
        letters, logs = tables[len(typed)]
        scores = logs.copy()
        for at, char in enumerate(typed):
            alphabet = tuple(sorted({chr(code) for code in np.unique(letters[:, at])}))
            likelihoods = dict(zip(alphabet, np.log(letter_likelihoods(model, alphabet, Touch(char))), strict=True))
            scores += np.array([likelihoods[chr(code)] for code in letters[:, at]])
        return by_length[len(typed)][int(scores.argmax())]

    return {"symspell": by_symspell, "frequency": by_frequency}
