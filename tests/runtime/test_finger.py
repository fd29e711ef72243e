"""The finger: what is learnt of touches on keys that were meant, and what follows from it. Seeded."""

import math
import random
import sqlite3
from pathlib import Path

import pytest

from wordgru import Layout, PersonalModel, Predictor, TypingModel, WordgruError
from wordgru.sources.finger import FARTHEST, HALF_LIFE, Finger

TINY = Path(__file__).with_name("tiny")
KEYS = Layout.load("phone").keys
TYPING = TypingModel(layout="phone", spread=0.3)


def landing(count, x, y, spread, seed=1):
    rng = random.Random(seed)
    return [(rng.gauss(x, spread), rng.gauss(y, spread)) for _ in range(count)]


def test_offset_and_spread_of_a_finger_are_found():
    finger = Finger().after(landing(3000, 0.25, -0.1, 0.2))
    assert finger.offset == pytest.approx((0.25, -0.1), abs=0.03)
    assert finger.spread(0.34) == pytest.approx(0.2, abs=0.03)


def test_few_touches_say_little_and_old_ones_less():
    assert Finger().offset == (0.0, 0.0)
    assert Finger().spread(0.34) == pytest.approx(0.34)
    assert 0 < Finger().after([(0.4, 0.0)]).offset[0] < 0.05
    moved = Finger().after(landing(2000, 0.4, 0, 0.1)).after(landing(5 * HALF_LIFE, -0.4, 0, 0.1))
    assert moved.offset[0] == pytest.approx(-0.4, abs=0.05)


def test_a_touch_far_from_the_key_is_no_touch_of_it():
    assert Finger().after([(FARTHEST + 0.1, 0.0), (0.0, -9.0)]) == Finger()


def field(store):
    predictor = Predictor.load(TINY, personal=store)
    return predictor.session(typing=TYPING)


def press(session, word, x=0.0, y=0.0):
    for char in word:
        session.touch(KEYS[char][0] + x, KEYS[char][1] + y)


def test_what_is_committed_teaches_the_finger_once():
    store = PersonalModel()
    session = field(store)
    press(session, "the", x=0.2)
    assert store.finger.count == 0
    session.commit()
    assert store.finger.count == pytest.approx(3, abs=0.01)
    assert store.finger.x == pytest.approx(0.6, abs=0.01)
    session.commit()
    session.append(" cat")  # letters typed for certain
    session.commit()
    assert store.finger.count == pytest.approx(3, abs=0.01)


def test_the_word_put_in_place_of_letters_says_which_were_meant():
    session = field(PersonalModel())
    press(session, "tye")
    session.set("the ")
    (_, missed, _) = session.landed()
    assert missed == pytest.approx(tuple(one - other for one, other in zip(KEYS["y"], KEYS["h"], strict=True)))
    assert session.landed() == []
    for text in ("there ", "t", "at the ", ""):  # of another length, or another text
        session.set("")
        press(session, "tye")
        session.set(text)
        assert len(session.landed()) <= 1


def test_a_finger_that_was_learnt_types_the_key_that_it_means(tmp_path):
    path = tmp_path / "own.db"
    with PersonalModel(path) as store:
        store.learn_touches([(0.6, 0.0)] * 400)
        assert store.finger.offset[0] == pytest.approx(0.6, abs=0.05)
    session = field(PersonalModel(path))  # in another process
    press(session, "cat", x=0.6)
    assert session.text == "cat"
    plain = field(None)
    press(plain, "cat", x=0.6)
    assert plain.text != "cat"


def test_all_that_is_forgotten_is_the_finger_too():
    store = PersonalModel()
    store.learn_touches(landing(50, 0.2, 0, 0.1))
    store.forget("the")
    assert store.finger.count > 0
    store.forget()
    assert store.finger == Finger()


@pytest.mark.parametrize("row", [("x", 0, 0, 0), (math.inf, 0, 0, 0), (-1, 0, 0, 0), (1, 0, 0, -1)])
def test_a_finger_that_another_program_broke_is_explained_in_a_line(tmp_path, row):
    path = tmp_path / "own.db"
    with PersonalModel(path) as store:
        store.learn_touches([(0.1, 0.1)])
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM finger")
        file.execute("INSERT INTO finger VALUES (?, ?, ?, ?)", row)
    with pytest.raises(WordgruError, match="touches") as raised:
        _ = PersonalModel(path).finger
    assert "\n" not in str(raised.value)
