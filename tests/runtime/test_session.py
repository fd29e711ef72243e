"""A session answers what one shot answers, however the text came about."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.fixtures import TINY, TINY_INT8
from wordgru import PersonalModel, Predictor, Session, WordgruError
from wordgru.search.suggestions import SearchOptions

TOLERANCE = SearchOptions().tolerance
PREDICTORS = {"fp32": Predictor.load(TINY), "int8": Predictor.load(TINY_INT8)}
TEXT = 'The cat sat on the mat.\n"Don\'t know," said a well-known dog — 日本 is  far.'
TYPED = st.text(alphabet="the cat'-.\n 日é", max_size=12)
EDITS = st.lists(st.tuples(st.sampled_from(["append", "delete", "set"]), TYPED, st.integers(0, 9)), max_size=8)


def same(one: Session, other: Session) -> None:
    """Alike, up to what the tolerance leaves open: rows remembered from before prove more."""
    found, expected = one.suggest(k=3), other.suggest(k=3)
    assert found.space == expected.space
    if not (found.exact and expected.exact):
        return  # a budget ended one of them, and rows remembered lead further
    assert len(found) == len(expected)
    for mine, its in zip(found, expected, strict=True):
        assert mine.probability == pytest.approx(its.probability, abs=1.1 * TOLERANCE)
    certain = {item.word for item in expected if item.probability > expected[-1].probability + 2 * TOLERANCE}
    assert certain <= set(found.words)


@pytest.mark.parametrize("name", PREDICTORS)
def test_character_by_character_equals_one_shot(name: str) -> None:
    predictor, session = PREDICTORS[name], PREDICTORS[name].session()
    for end in range(len(TEXT) + 1):
        session.append(TEXT[end - 1 : end])
        same(session, predictor.session(TEXT[:end]))


@pytest.mark.parametrize("name", PREDICTORS)
def test_what_a_search_remembers_changes_no_answer(name: str) -> None:
    typed = PREDICTORS[name].session()
    for end in range(len(TEXT) + 1):
        typed.append(TEXT[end - 1 : end])
        same(typed, Predictor(PREDICTORS[name].model, PREDICTORS[name].tokenizer).session(TEXT[:end]))


@given(EDITS)
@settings(deadline=None, max_examples=60)
def test_any_edits_equal_one_shot(edits: list[tuple[str, str, int]]) -> None:
    predictor = PREDICTORS["fp32"]
    session = predictor.session("the cat sat on the mat and then the cat sat on the mat and " * 3)
    for what, text, count in edits:
        if what == "append":
            session.append(text)
        elif what == "delete":
            session.delete(count)
        else:
            session.set(session.text[: count * 15] + text)
        same(session, predictor.session(session.text))


CURLED = str.maketrans("'\"", "’”")


@given(EDITS)
@settings(deadline=None, max_examples=40)
def test_marks_of_a_telephone_are_read_like_those_of_the_model(edits: list[tuple[str, str, int]]) -> None:
    assert {"’", "”"} <= PREDICTORS["fp32"].tokenizer.variants.keys()
    straight, curled = PREDICTORS["fp32"].session(), PREDICTORS["fp32"].session()
    for what, text, count in edits:
        if what == "append":
            straight.append(text), curled.append(text.translate(CURLED))
        elif what == "delete":
            straight.delete(count), curled.delete(count)
        else:
            straight.set(straight.text[:count] + text)
            curled.set(curled.text[:count] + text.translate(CURLED))
        assert curled.text == straight.text.translate(CURLED)  # what was typed stays as it was typed
        one, other = straight.suggest(k=5), curled.suggest(k=5)
        expected = [item.probability for item in one]
        assert [item.probability for item in other] == pytest.approx(expected, abs=1.1 * TOLERANCE)
        typed = "'" in straight.text
        expected_words = [word.translate(CURLED) if typed else word for word in one.words]
        for word, item in zip(expected_words, other, strict=True):  # words as probable may change places
            last = other[-1].probability + 2 * TOLERANCE
            assert word in other.words or item.probability <= last
        assert not any("'" in word for word in other.words) or not typed


def test_words_are_offered_with_the_apostrophe_that_was_typed_last() -> None:
    session = PREDICTORS["fp32"].session("the cat ")
    offers = {text: session.suggest(prefix=text, k=1).words for text in ("don'", "don’")}
    assert all(word.startswith(prefix) for prefix, words in offers.items() for word in words)
    assert [word.replace("’", "'") for word in offers["don’"]] == offers["don'"] != []
    session.append("don’t don'")
    assert session.suggest(k=1).words == offers["don'"]
    copied = PREDICTORS["fp32"].restore(session.copy().save())
    assert copied.text == "the cat don’t don'"
    assert copied.suggest(k=1).words == session.suggest(k=1).words


def test_completion_needs_no_prefix() -> None:
    session = PREDICTORS["fp32"].session("the ca")
    found = session.suggest(k=3)
    assert found.items == PREDICTORS["fp32"].complete("the ca", k=3).items
    assert PREDICTORS["fp32"].session("the").suggest(prefix="ca", k=3).items == found.items


def test_copies_and_sessions_are_independent() -> None:
    session = PREDICTORS["fp32"].session("the cat ")
    before = session.suggest()
    copy, other = session.copy(), PREDICTORS["fp32"].session("a dog ")
    copy.append("sat on ")
    copy.suggest()
    other.suggest()
    assert session.suggest().items == before.items
    session.reset()
    assert session.text == ""
    same(session, PREDICTORS["fp32"].session())
    same(copy, PREDICTORS["fp32"].session("the cat sat on "))


@pytest.mark.parametrize("name", PREDICTORS)
def test_a_saved_session_goes_on(name: str) -> None:
    session = PREDICTORS[name].session(TEXT * 5)
    session.suggest()
    data = session.save()
    assert len(data) < 8192
    restored = PREDICTORS[name].restore(data)
    assert restored.text == session.text
    same(restored, session)
    restored.delete(3)
    session.delete(3)
    same(restored, session)


def test_a_broken_or_foreign_saved_session_is_refused() -> None:
    data = PREDICTORS["fp32"].session("the cat").save()
    for broken in (b"", b"nothing", data[: len(data) // 2]):
        with pytest.raises(WordgruError, match="cannot be read"):
            PREDICTORS["fp32"].restore(broken)
    with pytest.raises(WordgruError, match="of another model"):
        PREDICTORS["int8"].restore(data)  # the same tokens and sizes, other weights


class Counting:
    """A language model that counts the tokens it reads."""

    def __init__(self, model: object) -> None:
        self.model, self.read = model, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)

    def advance(self, tokens: np.ndarray, state: np.ndarray) -> np.ndarray:
        self.read += len(tokens)
        return self.model.advance(tokens, state)  # type: ignore[attr-defined]


def test_editing_costs_only_what_it_touches() -> None:
    plain = PREDICTORS["fp32"]
    counting = Counting(plain.model)
    predictor = Predictor(counting, plain.tokenizer)  # type: ignore[arg-type]
    session = predictor.session("the cat sat on the mat and the dog. " * 60)
    session.suggest()
    whole = counting.read
    for edit in (
        lambda: session.append("the "),
        lambda: session.delete(1),
        lambda: session.delete(9),
        lambda: session.append("dog"),
    ):
        before = counting.read
        edit()
        session.suggest()
        assert counting.read - before < whole / 10
    assert session._reading.snapshots <= 13


def test_a_session_stays_below_64_kilobytes() -> None:
    plain = PREDICTORS["fp32"]

    class Large:  # as two layers of 512, which a session keeps 4 kB a snapshot of
        def initial_state(self) -> np.ndarray:
            return np.zeros((2, 1, 512), np.float32)

        def advance(self, tokens: np.ndarray, state: np.ndarray) -> np.ndarray:
            return state.copy()

    session = Session(Large(), plain.tokenizer, plain.search)  # type: ignore[arg-type]
    for _ in range(700):
        session.append("the cat sat. ")
        session._reading.read(session.text)
    assert 8_000 < session.size < 64_000


@pytest.mark.parametrize("ignore_case", [False, True])
def test_letters_given_apart_and_letters_in_the_text_are_the_same(ignore_case: bool) -> None:
    context, prefix = ("He is WELL-", "K") if ignore_case else ("He is well-", "k")
    apart = PREDICTORS["fp32"].suggest(context, prefix=prefix, ignore_case=ignore_case, tolerance=1e-4, max_rows=500)
    together = PREDICTORS["fp32"].complete(context + prefix, ignore_case=ignore_case, tolerance=1e-4, max_rows=500)
    assert apart.words == together.words
    assert all(word.lower().startswith("well-k") for word in apart.words)
    assert [item.probability for item in apart] == pytest.approx([item.probability for item in together], abs=1e-3)


def test_words_passed_over_give_way_and_come_back_when_letters_are_deleted():
    plain, session = Predictor.load(TINY).session("the "), Predictor.load(TINY).session("the ")
    first = session.suggest(k=3, attention=0.9)
    assert first.words == plain.suggest(k=3).words
    letter = first[0].word[:1]
    plain.append(letter)
    session.append(letter)
    truth = {item.word: item.probability for item in plain.suggest(k=40)}
    found = session.suggest(k=3, attention=0.9)
    passed = set(first.words) & truth.keys()
    whole = 1 - sum(0.9 * truth[word] for word in passed)
    expected = {word: share * (0.1 if word in passed else 1) / whole for word, share in truth.items()}
    assert found.exact
    assert [item.probability for item in found] == pytest.approx(sorted(expected.values(), reverse=True)[:3], abs=0.01)
    assert session.suggest(k=3, attention=0.9).items == found.items  # asked again, nothing was passed over
    session.delete()
    assert session.suggest(k=3, attention=0.9).words == first.words
    session.append(letter)
    assert session.suggest(k=3).words == plain.suggest(k=3).words  # and without attention nothing is


@pytest.mark.parametrize("following", [" the cat", ", and the", ". It is", ""])
def test_what_follows_a_word_is_read_as_the_text_that_it_is(following: str) -> None:
    predictor = Predictor.load(TINY)
    session = predictor.session("the c")
    choices = ["cat", "dog"]
    found = session.nats_after(choices, following)
    for word, nats in zip(choices, found, strict=True):
        whole, before = (predictor.score(f"the {text}")[:-1] for text in (word + following, word))
        expected = sum(each.log_probability for each in whole[len(before) :])
        assert nats == pytest.approx(expected, abs=1e-3)


def test_a_text_is_read_after_what_was_committed_before_it_and_a_saved_session_knows_that():
    predictor = Predictor.load(TINY, personal=PersonalModel())
    first = "The cat sat at the Krakenhaus.\nSo did a dog"
    session = predictor.session(first)
    session.commit()
    session.reset()
    session.append("the ")
    assert session.text == "the "
    whole = predictor.session(first + "\nthe ").suggest(k=5, tolerance=1e-6)
    after = session.suggest(k=5, tolerance=1e-6)
    alone = predictor.session("the ").suggest(k=5, tolerance=1e-6)
    assert [s.probability for s in after] != pytest.approx([s.probability for s in alone], rel=1e-4)
    reads = Predictor.load(TINY)  # personal words see the field alone; the model sees it all
    assert_alike(reads.session("the ", before=first), reads.session(first + "\nthe "))
    assert whole.exact
    assert predictor.restore(session.save()).suggest(k=5, tolerance=1e-6).items == after.items
    assert session.copy().suggest(k=5, tolerance=1e-6).items == after.items
    session.reset(before="")
    session.append("the ")
    assert session.suggest(k=5, tolerance=1e-6).items == alone.items


def test_what_was_not_committed_is_not_read_and_what_was_is_bounded():
    predictor = Predictor.load(TINY, personal=PersonalModel())
    session = predictor.session("The cat sat at the Krakenhaus.")
    session.reset()
    session.append("the ")
    assert session.suggest(k=3).items == predictor.suggest("the ", k=3).items
    size = session.size
    for _ in range(60):
        session.reset()
        session.append("and so on, and so on, and so on")
        session.commit()
        assert session.size < size + 200_000
    session.reset(before="x" * 5000)
    assert session.append("the ") is None
    assert session.suggest(k=1)


def assert_alike(one, other):
    first, second = (each.suggest(k=5, tolerance=1e-6) for each in (one, other))
    assert first.words == second.words
    assert [s.probability for s in first] == pytest.approx([s.probability for s in second], rel=1e-4)


def test_a_word_that_a_search_has_read_is_not_read_again(monkeypatch):
    predictor = Predictor.load(TINY)
    session = predictor.session("the cat ")
    session.suggest()
    read = list[int]()
    advance = predictor.model.advance
    monkeypatch.setattr(predictor.model, "advance", lambda tokens, state: read.extend(tokens) or advance(tokens, state))
    for char in "sat on ":
        session.append(char)
        found = session.suggest()
    assert not read
    assert found == Predictor.load(TINY).complete("the cat sat on ")
    session.append("mats and mice ")  # nobody asked inside these words
    session.suggest()
    assert read


def test_half_a_surrogate_has_a_size_and_is_refused_when_it_is_asked_about() -> None:
    for session in (Predictor.load(TINY).session("the "), Predictor.load(["en", "de"]).session("the ")):
        session.append("\ud800")
        assert session.size > 0
        with pytest.raises(WordgruError, match="surrogate"):
            session.suggest()
