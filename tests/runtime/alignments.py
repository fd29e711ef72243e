"""P(typed | word) as wordgru/typing/channel.py describes it, one happening after the other; what is typed at random."""

import math
from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from wordgru import Layout, TypingModel
from wordgru.text.alike import MUTE
from wordgru.typing.model import CARELESS, Touch, letter_likelihoods

SLOPPY = TypingModel(
    spread=0.4, anywhere=0.05, omitted=0.05, undoubled=0.2, extra=0.05, doubled=0.05, swapped=0.1, split=0.05,
    first=0.5, mute=0.1, careless=0.2,
)  # fmt: skip
FEW = ["a", "ad", "add", "as", "dad", "dads", "saw", "sad", "was", "wad", "ssd", "a's", "sddd", "wwas", "é", "ass"]


def alignments(model, touches, complete):
    """P(touches | word), of word after word, by each habit of spelling."""
    parts = [(share, of_habit(each, touches, complete)) for share, each in habits(model, complete)]
    return lambda word: sum(share * meant(word) for share, meant in parts)


def habits(model, complete):
    """How a word is spelled, and how often: with care, or not."""
    if not complete:
        return [(1.0, model)]
    return [(1 - model.careless, model), (model.careless, replace(model, **CARELESS))]


def of_habit(model, touches, complete, begins=True):
    """P(touches | word), of word after word: what two have in common at their ends is added up once.

    `begins`: whether the first letter is the first that was typed at all.
    """
    letters = "".join(touch.char for touch in touches)
    keys = Layout.load(model.layout).keys

    def rarer(i):
        return model.first if begins and i == 0 else 1.0

    @cache
    def hit(i, char):
        return float(letter_likelihoods(model, (char,), touches[i], begins and i == 0)[0])

    @cache
    def around(i):
        if touches[i].point is None:
            return 1.0
        squared = math.dist(touches[i].point, keys[letters[i]]) ** 2
        return math.exp(-squared / (2 * model.spread**2)) / (2 * math.pi * model.spread**2)

    @cache
    def extra(i):
        again = model.doubled * around(i) if i and letters[i] == letters[i - 1] else 0.0
        space = model.split if letters[i] == " " else 0.0
        return rarer(i) * ((model.extra / len(keys) if letters[i].lower() in keys else 0.0) + again + space)

    @cache
    def rest(i, before, left, fresh):
        """From i letters on, `left` of the word to come after `before`; `fresh`: an extra letter may come here."""
        if not complete and i == len(letters):
            return 1.0
        total = extra(i) * rest(i + 1, before, left, False) if fresh and i < len(letters) else 0.0
        if not left:
            return total + (complete and i == len(letters))
        char, after = left[0], left[1:]
        omitted = model.mute if char in MUTE else model.omitted
        omitted = 0.0 if char == " " else model.apostrophe if char in "'’-" else omitted
        if char == before:
            omitted = max(omitted, model.undoubled)
        total += rarer(i) * omitted * rest(i, char, after, True)
        if i < len(letters):
            total += (1 - omitted) * hit(i, char) * rest(i + 1, char, after, True)
        if i + 1 < len(letters) and after and letters[i] == after[0] and letters[i + 1] == char:
            total += rarer(i) * model.swapped * around(i) * around(i + 1) * rest(i + 2, after[0], after[1:], True)
        return total

    return lambda word, fresh=True: rest(0, "", word, fresh)


@st.composite
def touched(draw):
    """A typing model with a narrow or a wide finger, and what it touched of some word, or typed for certain."""
    model = TypingModel(
        spread=draw(st.sampled_from([0.12, 0.18, 0.34])), undoubled=draw(st.sampled_from([0.06, 0.5])),
        swapped=draw(st.sampled_from([0.0045, 0.3])), extra=draw(st.sampled_from([0.0045, 0.3])),
        careless=draw(st.sampled_from([0.0, 0.3])),
    )  # fmt: skip
    keys, off, touches = Layout.load("qwerty").keys, st.integers(-60, 60), []
    for char in draw(st.text("asddw", min_size=1, max_size=5)):
        x, y = keys[char]
        point = (x + draw(off) / 100, y + draw(off) / 100)
        certain = draw(st.integers(0, 4)) == 0
        touches.append(Touch(char) if certain else Touch(Layout.load("qwerty").nearest(*point), point))
    return model, touches
