"""Personal words: what is learnt, what is offered, what is forgotten, and what a kill leaves."""

import json
import math
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from wordgru import Predictor
from wordgru.cli import cli, run
from wordgru.errors import WordgruError
from wordgru.sources.grams import Gram
from wordgru.sources.personal import HALF_LIFE, STRENGTHS, PersonalModel


@pytest.fixture
def predictor():
    return Predictor.load(TINY, personal=PersonalModel())


def counts(store):
    found = Counter()
    for gram in store.grams():
        found[gram.history, gram.word] += gram.count
    return found


def test_the_mixture_is_the_dirichlet_back_off_with_strengths_weighed_worked_by_hand():
    store = PersonalModel()
    store.learn("red car\nred cat")
    zero = [(1 + s * 0) / (4 + s) for s in STRENGTHS[0]]  # of a word that the model thinks impossible
    lefts = [[s / (count + s) for s in strengths] for strengths, count in zip(STRENGTHS, (4, 2, 2), strict=True)]
    share, one_left, two_left = (sum(each) / 3 for each in lefts)
    p0 = sum(zero) / 3
    p1 = sum(1 / (2 + s) for s in STRENGTHS[1]) / 3 + one_left * p0
    p2 = sum(1 / (2 + s) for s in STRENGTHS[2]) / 3 + two_left * p1
    # but for a decay over four words, and for the weights, which follow the words before by a little
    assert store.after("red ")["cat"] == pytest.approx(p2 / (share * one_left * two_left), rel=0.15)
    assert store.after("the ")["red"] == pytest.approx(2 * p0 / share, rel=0.02)
    assert not PersonalModel().after("red ")


def test_weights_of_strengths_follow_what_the_counts_foretell():
    """Worked by hand for one word: 4 times written of 4 (but for the decay), where the model gives it a tenth."""
    store = PersonalModel()
    for _ in range(4):
        store.learn("again")
    assert [row[:2] for row in weights(store)] == [(size, each) for size in (0, 1) for each in STRENGTHS[size]] + [
        (2, each) for each in STRENGTHS[2]
    ]
    grown = [weight for size, _, weight in weights(store) if size == 1]
    assert grown == sorted(grown, reverse=True)  # one who repeats is believed sooner: small strengths gain
    before = store.after("")["again"]
    for number in range(40):
        store.learn(f"x{number}x")  # after the begin of a line, "again" does not come again
    shrunk = [weight for size, _, weight in weights(store) if size == 1]
    assert shrunk == sorted(shrunk)
    assert store.after("")["again"] < before / 4


def test_weights_follow_the_field_too_and_keep_nothing_of_it():
    store = PersonalModel()
    store.learn("one two three four five six")
    kept = weights(store)
    fresh, along = store.after("five ")["six"], store.after("one two three four five ")["six"]
    assert along > 1.1 * fresh
    assert weights(store) == kept


def test_a_store_without_weights_is_read_and_gets_them(tmp_path):
    path = tmp_path / "words"
    with PersonalModel(path) as store:
        store.learn("one two one two")
    with sqlite3.connect(path) as file:
        file.execute("DROP TABLE strengths")
    with PersonalModel(path) as store:
        assert store.after("one ")["two"] > 0
        store.learn("one")
        assert len(weights(store)) == 9
        store.forget()
    with sqlite3.connect(path) as file:
        assert not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'strengths'").fetchone()


def weights(store):
    return store._store.execute("SELECT units, strength, weight FROM strengths ORDER BY units, strength").fetchall()


def test_counts_halve_with_the_words_written_since():
    store = PersonalModel()
    store.learn("krakenhaus")
    for _ in range(10):
        store.learn(" ".join(["word"] * (HALF_LIFE // 10)))
    assert counts(store)["", "krakenhaus"] == pytest.approx(0.5, rel=0.01)


def test_a_new_word_is_offered_after_its_first_use_and_says_who_gives_it(predictor):
    session = predictor.session("meet me at the Krakenhaus")
    assert session.commit() == 5
    session.reset()
    session.append("be at the Kra")
    offer = session.suggest()[0]
    assert (offer.word, offer.sources) == ("Krakenhaus", ("personal",))
    assert b"".join(offer.tokens) == b" Krakenhaus"
    assert predictor.suggest("meet me at the")[0].word == "Krakenhaus"


@pytest.mark.parametrize("text", ["the cat", "the ca", "", "a (", "x.", "the Kr"])
def test_a_mixture_answers_with_proof_and_sums_to_one_at_most(predictor, text):
    predictor.personal.learn("the cat sat at the Krakenhaus (again) and the cat slept")
    found = predictor.complete(text, k=20, max_rows=2000)
    assert found.exact
    assert sum(item.probability for item in found) <= 1 + 1e-6
    assert [item.probability for item in found] == sorted((item.probability for item in found), reverse=True)


def test_a_store_without_words_changes_no_answer(predictor):
    plain = Predictor.load(TINY)
    for text in ("the ", "the ca", "It was a", "", "("):
        assert predictor.complete(text, k=5) == plain.complete(text, k=5)


def test_nothing_is_learnt_before_it_is_committed_and_a_correction_takes_it_back(predictor):
    session = predictor.session("see you at the krakenhose")
    session.suggest()
    assert not counts(predictor.personal)
    session.commit()
    session.commit()  # nothing new
    assert counts(predictor.personal)["the", "krakenhose"] == pytest.approx(1, rel=0.01)
    session.set("see you at the Krakenhaus")
    session.commit()
    assert not any("krakenhose" in pair for pair in counts(predictor.personal))
    assert counts(predictor.personal)["", "see"] == pytest.approx(1, rel=0.01)


def test_a_correction_takes_back_its_own_text_though_others_wrote_since_then(predictor):
    session = predictor.session("the the the the krakenhose")
    session.commit()
    predictor.personal.learn("and so on " * 300)
    before = counts(predictor.personal)
    restored = predictor.restore(session.save())
    restored.set("the")
    restored.commit()
    after = counts(predictor.personal)
    assert not any("krakenhose" in pair for pair in after)
    assert after["", "and"] == pytest.approx(before["", "and"], rel=0.01)


def test_what_could_not_be_learnt_is_not_taken_back(predictor, monkeypatch):
    session = predictor.session("to the Krakenhaus")
    with monkeypatch.context() as patch:
        patch.setattr(predictor.personal, "learn", lambda text: (_ for _ in ()).throw(WordgruError("full")))
        with pytest.raises(WordgruError, match="full"):
            session.commit()
    predictor.personal.learn("to the Krakenhaus")
    session.commit()
    assert counts(predictor.personal)["the", "Krakenhaus"] == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("word", ["", " ", "\u200b"])
def test_to_forget_no_word_forgets_nothing(word):
    store = PersonalModel()
    store.learn("at the Krakenhaus")
    before = counts(store)
    assert store.forget(word) == 0
    assert counts(store) == before


def test_what_is_imported_is_bounded_too(tmp_path):
    path = tmp_path / "my.words"
    with PersonalModel(path, max_bytes=100_000) as store:
        store.add(Gram("", f"word{number}", 1 + number) for number in range(8000))
        kept = {word for _, word in counts(store)}
    assert "word7999" in kept
    assert "word0" not in kept
    assert path.stat().st_size < 400_000


def test_a_copy_takes_nothing_back_that_the_first_learnt_and_an_empty_field_begins_anew(predictor):
    session = predictor.session("to the Krakenhaus")
    session.commit()
    copy = session.copy()
    copy.reset()
    copy.append("the")
    copy.commit()
    assert counts(predictor.personal)["the", "Krakenhaus"] == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize(
    "text",
    ["mail ann@example.org", "see www.example.org/x", "at https://example.org", "pin 4821", "card 4929 1234", "3-4-5-6",
     "key sk1ABCDEFGHIJ", "iban DE44500105175407"],
)  # fmt: skip
def test_addresses_and_what_looks_like_a_secret_is_not_learnt(text):
    store = PersonalModel()
    store.learn(text)
    kept = {word for pair in counts(store) for word in pair}
    assert kept <= {"", "\n", *text.split()[:1]}


def test_case_and_marks_of_a_telephone_are_learnt_as_they_are_read(predictor):
    session = predictor.session("Ruairí’s iPhone")
    session.commit()
    assert {"Ruairí's", "iPhone"} <= {word for _, word in counts(predictor.personal)}


def test_a_blocked_word_is_not_offered_from_the_store_either():
    predictor = Predictor(
        *(lambda other: (other.model, other.tokenizer))(Predictor.load(TINY)), blocked=frozenset({"krakenhaus"}),
        personal=PersonalModel(),
    )  # fmt: skip
    predictor.personal.learn("the Krakenhaus")
    assert "Krakenhaus" not in predictor.suggest("the", k=20).words


def test_a_file_keeps_the_words_and_two_processes_may_write_it(tmp_path):
    path = tmp_path / "my.words"
    with PersonalModel(path) as one, PersonalModel(path) as other:
        one.learn("Krakenhaus one")
        assert "Krakenhaus" in other.after("")
        other.learn("Krakenhaus two")
        assert one.after("krakenhaus ").keys() >= {"one", "two"}
    with PersonalModel(path) as again:
        assert counts(again)["", "Krakenhaus"] == pytest.approx(2, rel=0.01)


def test_of_what_is_forgotten_no_byte_stays_in_the_file(tmp_path):
    path = tmp_path / "my.words"
    with PersonalModel(path) as store:
        store.learn("\n".join(f"the secretword{letter} of KRAKENHAUS and Zbigniew" for letter in "abcdefgh"))
        assert store.forget("krakenhaus") > 0
        assert b"krakenhaus" not in path.read_bytes().lower()
        assert b"zbigniew" in path.read_bytes().lower()
        store.forget()
    assert not any(word in path.read_bytes().lower() for word in (b"secretword", b"zbigniew"))
    assert [each.name for each in tmp_path.iterdir()] == ["my.words"]


def test_days_are_forgotten_and_no_byte_of_them_stays(tmp_path):
    path, first = tmp_path / "my.words", date(2026, 11, 1)
    with PersonalModel(path) as store:
        for number, name in enumerate(("Aarhus", "Krakenhaus", "Zbigniew")):
            store.learn(f"at the {name} again", day=first + timedelta(number))
        assert {gram.day for gram in store.grams() if gram.word == "again"} == {first + timedelta(n) for n in range(3)}
        assert counts(store)["", "again"] == pytest.approx(3, rel=0.02)
        offered = store.after("at the ").keys()
        assert {"Aarhus", "Krakenhaus", "Zbigniew"} <= offered
        second = first + timedelta(1)
        assert store.forget("again", since=second, until=second) > 0
        assert counts(store)["", "again"] == pytest.approx(2, rel=0.02)
        assert store.forget(since=second, until=second) > 0
        assert "Krakenhaus" not in store.after("at the ")
        assert counts(store)["at the", "Aarhus"] == pytest.approx(1, rel=0.02)
        assert b"krakenhaus" not in path.read_bytes().lower()
        assert store.forget(since=second + timedelta(1)) > 0
        assert store.forget(until=first - timedelta(1)) == 0
        assert {gram.day for gram in store.grams()} == {first}
        with pytest.raises(WordgruError, match="expected the first one first"):
            store.forget(since=second, until=first)
        today = date.today()
        store.learn("the tower")
    with PersonalModel(path) as store:
        assert store.forget(since=today) == len({"the", "tower"}) + len({"begin the", "the tower", "begin the tower"})


def test_what_is_taken_back_is_taken_from_the_last_day_first():
    store = PersonalModel()
    for number in (1, 2, 3):
        store.learn("again", day=date(2026, 11, number))
    store.unlearn("again")
    assert {gram.day.day for gram in store.grams()} == {1, 2}


def test_a_store_without_days_is_read_as_learnt_before_all_others(tmp_path):
    path = tmp_path / "words"
    with sqlite3.connect(path) as file:
        file.executescript(
            "CREATE TABLE grams (history TEXT, word TEXT, score REAL NOT NULL, PRIMARY KEY (history, word)) "
            "WITHOUT ROWID; CREATE TABLE clock (words REAL NOT NULL); INSERT INTO clock VALUES (1);"
            "INSERT INTO grams VALUES ('', 'Krakenhaus', 0.00125); PRAGMA user_version = 1"
        )
    file.close()
    with PersonalModel(path) as store, PersonalModel(path) as other:
        assert [(gram.word, gram.day) for gram in other.grams()] == [("Krakenhaus", date.min)]
        store.learn("Krakenhaus")
        assert counts(store)["", "Krakenhaus"] == pytest.approx(2, rel=0.01)
        assert store.forget(until=date.today() - timedelta(1)) == 1


def test_the_file_stays_small_though_each_day_has_counts_of_its_own(tmp_path):
    path, draw = tmp_path / "my.words", random.Random(1)
    with PersonalModel(path, max_bytes=200_000) as store:
        for number in range(60):
            text = " ".join("".join(draw.choices("abcde", k=2)) for _ in range(100))
            store.learn(text, day=date(2026, 1, 1) + timedelta(number))
            assert path.stat().st_size < 300_000
        assert min(gram.day for gram in store.grams()) > date(2026, 1, 1)


def test_the_file_stays_small_and_the_oldest_go_first(tmp_path):
    path, draw = tmp_path / "my.words", random.Random(1)
    with PersonalModel(path, max_bytes=200_000) as store:
        store.learn("Krakenhaus")
        for _ in range(60):
            store.learn(" ".join("".join(draw.choices("abcdefghij", k=4)) for _ in range(100)))
        assert path.stat().st_size < 300_000
        assert ("", "Krakenhaus") not in counts(store)
        assert len(counts(store)) > 1000


def test_what_is_exported_is_imported_and_counts_of_devices_add(tmp_path):
    one, other = PersonalModel(), PersonalModel()
    one.learn("at the Krakenhaus")
    other.learn("to the Krakenhaus")
    assert other.add(one.grams()) == len(counts(one))
    assert counts(other)["the", "Krakenhaus"] == pytest.approx(2, rel=0.01)
    before = counts(other)
    with pytest.raises(WordgruError, match="a count above 0"):
        other.add([Gram("", "good", 1.0), Gram("", "bad", math.nan)])
    assert counts(other) == before


@pytest.mark.parametrize("kind", ["broken", "foreign", "newer", "folder", "nowhere"])
def test_a_store_that_cannot_be_used_is_said_in_a_line(kind, tmp_path):
    path = tmp_path / "my.words"
    if kind == "broken":
        path.write_bytes(b"no database" * 500)
    elif kind == "folder":
        path.mkdir()
    elif kind == "nowhere":
        path = tmp_path / "none" / "my.words"
    else:
        with sqlite3.connect(path) as store:
            store.execute("CREATE TABLE other (x)" if kind == "foreign" else "PRAGMA user_version = 99")
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(WordgruError, match="personal words") as error:
        PersonalModel(path)
    assert "\n" not in str(error.value)
    assert (path.read_bytes() if path.is_file() else None) == before


ODD = ["'text'", "9e999", "x'ff'", "CAST(x'ff' AS TEXT)"]


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM clock", *(f"UPDATE clock SET words = {value}" for value in ODD)]
    + [f"UPDATE grams SET score = {value}" for value in ODD]
    + [f"UPDATE OR REPLACE grams SET day = {value}" for value in (*ODD, "-1", "0.5", "4000000")]
    + [
        "UPDATE OR REPLACE grams SET word = x'ff'",
        "UPDATE OR REPLACE grams SET history = CAST(x'ff' AS TEXT)",
        "DROP TABLE clock",
    ]
    + ["DROP TABLE grams; CREATE TABLE grams (other)", "ALTER TABLE grams RENAME COLUMN score TO points"],
)
def test_a_store_with_odd_content_is_said_in_a_line_and_kept(change, tmp_path):
    path = tmp_path / "my.words"
    with PersonalModel(path) as store:
        store.learn("at the Krakenhaus")
    with sqlite3.connect(path) as store:
        store.executescript(change)
    store.close()
    uses = [
        lambda store: Predictor.load(TINY, personal=store).suggest("the "),
        lambda store: list(store.grams()),
        lambda store: store.learn("at the Krakenhaus"),
        lambda store: store.forget("at"),
    ]
    said = [_said(use, path) for use in uses]
    assert any(said)
    assert all("personal words" in line and "\n" not in line for line in said if line)


def _said(use, path):
    """What a use of a store complains of; nothing of the file has changed then."""
    before = path.read_bytes()
    try:
        with PersonalModel(path) as store:
            use(store)
    except WordgruError as error:
        return str(error) if path.read_bytes() == before else "changed"
    return ""


def test_a_full_disk_is_named_and_what_was_learnt_stays(tmp_path):
    with PersonalModel(tmp_path / "my.words") as store:
        store.learn("at the Krakenhaus")
        store._store.execute(f"PRAGMA max_page_count = {store._pragma('page_count')}")
        with pytest.raises(WordgruError, match="full"):
            store.learn(" ".join(one + other for one in "abcdefghijklmnop" for other in "abcdefghijklmnop"))
        assert "Krakenhaus" in store.after("")


def test_a_locked_store_is_read_and_says_why_it_learns_nothing(tmp_path, monkeypatch):
    path = tmp_path / "my.words"
    with PersonalModel(path) as store:
        store.learn("Krakenhaus")
        store._store.execute("PRAGMA busy_timeout = 50")
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(WordgruError, match="locked"):
                store.learn("another")
            assert "Krakenhaus" in store.after("")


KILLED = """
import sys
from wordgru.sources.personal import PersonalModel
letters = str.maketrans("0123456789", "abcdefghij")  # long numbers are not learnt
store = PersonalModel(sys.argv[1])
number = int(sys.argv[2])
while True:
    store.learn("sentence w" + str(number).translate(letters))
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_a_kill_at_any_time_loses_no_sentence_that_was_learnt(tmp_path):
    path, draw, number = tmp_path / "my.words", random.Random(2), 100
    PersonalModel(path).close()
    for _ in range(12):
        program = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), str(number)], stdout=subprocess.PIPE, text=True
        )
        first = program.stdout.readline()
        time.sleep(draw.uniform(0, 0.15))
        program.send_signal(signal.SIGKILL)
        printed = [first, *program.stdout.read().splitlines(keepends=True)]
        program.wait()
        last = max(int(line) for line in printed if line.endswith("\n"))
        with PersonalModel(path) as store:
            kept = {word for _, word in counts(store)}
        letters = str.maketrans("0123456789", "abcdefghij")
        assert {"w" + str(n).translate(letters) for n in range(max(number, last - 50), last + 1)} <= kept
        number = last + 10


def test_the_verb_keeps_a_store(tmp_path, monkeypatch):
    monkeypatch.setenv("WORDGRU_PERSONAL", str(tmp_path / "my.words"))

    def call(*arguments, text=None):
        return CliRunner().invoke(cli, arguments, input=text)

    assert call("words", "learn", "-", text="meet at the Krakenhaus\n").exit_code == 0
    assert "Krakenhaus\t1.00" in call("words", "list").stdout.splitlines()
    assert call("words", "list", "-n", str(10**30)).stdout == call("words", "list").stdout
    offers = json.loads(call("suggest", "meet at the Kra", "--complete", "--json", "-m", str(TINY)).stdout)[
        "suggestions"
    ]
    assert (offers[0]["word"], offers[0]["sources"]) == ("Krakenhaus", ["personal"])
    exported = call("words", "export").stdout
    assert call("words", "forget", "krakenhaus").exit_code == 0
    assert "Krakenhaus" not in call("words", "list").stdout
    assert call("words", "forget", "--all").exit_code == 0
    assert call("words", "import", "-", text=exported).exit_code == 0
    assert call("words", "forget", "--until", "2020-01-31").stderr == "0 counts forgotten\n"
    assert call("words", "forget", "--all", "--since", "2020-01-31").exit_code != 0
    assert call("words", "forget", "--since", "2020-01-31").exit_code == 0
    assert not call("words", "list").stdout
    assert call("words", "import", "-", text=exported).exit_code == 0
    assert call("words", "export").stdout.count("\n") == exported.count("\n")


def test_the_store_is_named_before_or_after_the_verb_and_help_needs_none(tmp_path):
    store = str(tmp_path / "my.words")
    assert CliRunner().invoke(cli, ["words", "learn", "--personal", store, "-"], input="Krakenhaus").exit_code == 0
    assert "Krakenhaus" in CliRunner().invoke(cli, ["words", "--personal", store, "list"]).stdout
    assert "Usage" in CliRunner().invoke(cli, ["words", "list", "--help"]).stdout
    with pytest.raises(WordgruError, match="no store is named"):
        CliRunner().invoke(cli, ["words", "list"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "text", "says"),
    [
        (["forget"], None, "expected words to forget, days (--since, --until), or --all"),
        (["forget", "a", "--all"], None, "expected words to forget, days (--since, --until), or --all"),
        (["import", "-"], '{"word": "a"}\n', "line 1"),
        (["import", "-"], '{"history": "", "word": "a", "count": 1}\nx\n', "line 2"),
    ],
)
def test_the_verb_says_what_it_expected(arguments, text, says, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["wordgru", "words", "--personal", str(tmp_path / "my.words"), *arguments])
    PersonalModel(tmp_path / "my.words").close()
    if text is not None:
        (tmp_path / "in").write_text(text)
        monkeypatch.setattr(sys, "argv", [*sys.argv[:-1], str(tmp_path / "in")])
    output = []
    monkeypatch.setattr("click.echo", lambda *message, **_: output.append(" ".join(map(str, message))))
    assert run(cli) == 1
    assert says in output[-1]
    assert not counts(PersonalModel(tmp_path / "my.words"))


def test_a_file_that_stays_too_large_whatever_is_dropped_is_damaged_and_ends_no_program_in_a_loop(tmp_path):
    path = tmp_path / "my.words"
    with PersonalModel(path) as store:
        store.learn("at the Krakenhaus")
    with sqlite3.connect(path) as raw:  # pages that no entry holds
        raw.execute("CREATE TABLE other (text)")
        raw.executemany("INSERT INTO other VALUES (?)", [(f"{number:0500}",) for number in range(5000)])
    raw.close()
    with PersonalModel(path) as store, pytest.raises(WordgruError, match="nothing in it can be dropped") as caught:
        store.learn("the Krakenhaus again")
    assert "\n" not in str(caught.value)


def test_weights_that_another_program_broke_are_refused(tmp_path):
    path = tmp_path / "words"
    with PersonalModel(path) as store:
        store.learn("one two one two")
    for weight in (1e308, -1.0, "a"):
        with sqlite3.connect(path) as file:
            file.execute("UPDATE strengths SET weight = ?", (weight,))
        with PersonalModel(path) as store, pytest.raises(WordgruError, match="the weight of a strength is"):
            store.after("one ")


def test_a_text_that_was_forgotten_is_not_taken_back_from_another():
    store = PersonalModel()
    store.learn("what was before it")
    since = store.clock
    store.learn("one two")
    store.forget()
    store.learn("one two")
    kept = list(store.grams())
    store.unlearn("one two", since=since)
    assert list(store.grams()) == kept
    store.unlearn("one two", since=0)
    assert not list(store.grams())


@pytest.mark.slow
def test_a_name_that_was_used_once_is_offered_after_three_letters():
    predictor, draw = Predictor.load(personal=PersonalModel()), random.Random(7)
    offered = 0
    for _ in range(100):
        name = "".join(draw.choice("bdfgklmnprstvz") + draw.choice("aeiou") for _ in range(draw.randint(2, 4))).title()
        predictor.personal.forget()
        predictor.personal.learn(f"dinner with {name} at eight?")
        offered += name in predictor.complete(f"I will ask {name[:3]}").words
    assert offered >= 90
