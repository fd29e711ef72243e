"""The bench counts what its definitions say; by hand on subjects with fixed offers, and through the command."""

import dataclasses
import gzip
import io
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from wordgru.cli import cli
from wordgru.cli.documents import TextOptions, read_documents
from wordgru.cli.evaluate import evaluate_command
from wordgru.errors import TextError, WordgruError
from wordgru.evaluation import table
from wordgru.evaluation.bench import Document, evaluate
from wordgru.evaluation.figures import Figure, difference
from wordgru.evaluation.predictor import Offers, PredictorSubject, token_ends
from wordgru.predictor import Predictor
from wordgru.text import words

HERE = Path(__file__).parent
TEXTS = ["The cat sat on the mat.", "It was a cold morning, and he wasn't in a hurry.", "it is cold, it and the cat."]
DOCUMENTS = [Document(text, f"group {at % 2}") for at, text in enumerate([*TEXTS, *TEXTS])]


class Fixed:
    """Offers the words of a list, those that begin as typed first to last; and remembers what it was asked."""

    def __init__(self, offered, nats=None):
        self.name, self.size, self.remembers = "fixed", None, False
        self.offered, self.total = offered, nats
        self.asked = []

    def field(self):
        return self

    def offers(self, text, k, *, start=None):
        self.asked.append((text, k))
        _, prefix = words.split_last(text) if start is None else (text[:start], text[start:])
        return Offers(tuple(word for word in self.offered if word.startswith(prefix))[:k])

    def cuts(self, text):
        return set(range(len(text) + 1))

    def nats(self, text):
        return self.total


class Sure:
    """The tiny model, surer of itself: its random weights alone make long searches."""

    def __init__(self, model):
        self.model = model
        self.initial_state, self.advance = model.initial_state, model.advance

    def step(self, tokens, states):
        probabilities, after = self.model.step(tokens, states)
        sharper = probabilities**4
        return sharper / sharper.sum(axis=1, keepdims=True), after

    def score(self, tokens, state):
        logs, after = self.model.score(tokens, state)
        return 4 * logs - np.log(np.exp(4 * logs).sum(axis=1, keepdims=True)), after


@pytest.fixture(scope="module")
def predictor():
    tiny = Predictor.load(HERE / "tiny")
    return Predictor(Sure(tiny.model), tiny.tokenizer)


@pytest.fixture(scope="module")
def result(predictor):
    return evaluate(DOCUMENTS, PredictorSubject(predictor), ks=(1, 2, 3, 5), timed_keystrokes=10)


def figures(text, offered, ks=(1, 3)):
    return evaluate([Document(text)], Fixed(offered), ks=ks).counts[0]


@pytest.mark.parametrize(
    ("text", "offered", "hits", "keystrokes"),
    [
        # "the" is first of all: 1 for "the ", then c, a, t (never offered)
        ("the cat", ["the"], (1, 1), (4, 4)),
        # "cat" is third: not among one before "c" is typed, then it is the only one; no space follows at the end
        ("a cat", ["the", "dog", "cat"], (0, 1), (2 + 2, 2 + 1)),
        ("a cat sat", ["the", "dog", "cat"], (0, 1), (2 + 2 + 3, 2 + 1 + 3)),
        # a full stop is no space: "cat" costs 1, "." and " " 1 each
        ("cat. cat", ["cat"], (2, 2), (4, 4)),
        # a newline is not typed by a choice
        ("cat\ncat", ["cat"], (2, 2), (3, 3)),
        # a word of one letter is worth choosing only with its space
        ("a", ["a"], (1, 1), (1, 1)),
        ("a a", ["a"], (2, 2), (2, 2)),
        # inner apostrophes and hyphens belong to the word; upper case is another word
        ("don't well-known", ["don't", "well-known"], (1, 2), (1 + 2, 1 + 1)),
        ("The the", ["the"], (1, 1), (4 + 1, 4 + 1)),
        # offered only when all but its last letter are typed: the space is still won
        ("abcd x", ["abe", "abf", "abg", "abcd"], (0, 0), (3 + 1 + 1, 3 + 1 + 1)),
        # in scripts without spaces the units here are characters; a choice saves nothing on one of them
        ("日本 x", ["日", "本"], (1, 2), (4, 3)),
    ],
)
def test_hits_and_keystrokes_are_those_counted_by_hand(text, offered, hits, keystrokes):
    counts = figures(text, offered)
    assert counts.hits == hits
    assert counts.keystrokes == keystrokes


def test_offers_are_asked_with_the_text_as_it_stands():
    subject = Fixed(["no"])
    evaluate([Document('He said: "it')], subject, ks=(1,))
    asked = {text for text, _ in subject.asked}
    assert {"", "H", "He ", 'He said: "', 'He said: "i'} <= asked


def test_likelihood_counts_words_between_white_space_and_bytes():
    row = evaluate([Document("naïve, isn't it?")], Fixed([], nats=6.0)).all
    assert row.perplexity.value == pytest.approx(math.exp(6 / 3))
    assert row.bits_per_byte.value == pytest.approx(6 / math.log(2) / 17)  # ï is two bytes
    assert evaluate([Document("a")], Fixed([])).all.perplexity is None


def test_the_reciprocal_rank_is_of_the_most_words_offered():
    row = evaluate([Document("one two three")], Fixed(["two", "x", "y", "one", "three"]), ks=(1, 4)).all
    assert row.reciprocal_rank.value == pytest.approx((1 / 4 + 1 + 0) / 3)


def test_figures_grow_with_k_and_lie_in_their_intervals(result):
    for row in result.rows:
        for shares in (row.hits, row.savings):
            values = [figure.value for figure in shares.values()]
            assert values == sorted(values)
            assert 0 <= values[0] <= values[-1] < 1
    every = [*result.all.hits.values(), *result.all.savings.values(), result.all.perplexity, result.all.bits_per_byte]
    assert all(figure.low <= figure.value <= figure.high for figure in every)
    assert result.all.hits[5].value > 0  # else the rest says nothing
    assert 0 < result.exact <= 1
    assert result.latency.calls > 0


def test_groups_add_up_to_all(result):
    *groups, whole = result.rows
    assert [row.name for row in groups] == ["group 0", "group 1"]
    for total in ("documents", "words", "characters"):
        assert sum(getattr(row, total) for row in groups) == getattr(whole, total)
    hits = sum(row.hits[3].value * row.words for row in groups)
    assert hits == pytest.approx(whole.hits[3].value * whole.words)


def test_the_order_of_documents_does_not_matter(predictor, result):
    backwards = evaluate(DOCUMENTS[::-1], PredictorSubject(predictor), ks=(1, 2, 3, 5), timed_keystrokes=10)
    for one, other in zip(result.counts, backwards.counts[::-1], strict=True):
        assert dataclasses.replace(one, nats=0) == dataclasses.replace(other, nats=0)
        assert one.nats == pytest.approx(other.nats)


@pytest.mark.parametrize("text", [TEXTS[1], "今日は良い天気です。 I said", 'a "b" l\'été\n\nx - y'])
def test_a_field_answers_what_one_shot_answers(predictor, text):
    field = PredictorSubject(predictor).field()
    for end in range(len(text) + 1):
        assert list(field.offers(text[:end], 3).words) == predictor.session(text[:end]).suggest(k=3).words


def test_perplexity_is_that_of_the_predictors_scores(predictor):
    row = evaluate([Document(TEXTS[0])], PredictorSubject(predictor), timed_keystrokes=1).all
    nats = -sum(score.log_probability for score in predictor.score(TEXTS[0]))
    assert row.perplexity.value == pytest.approx(math.exp(nats / 6), rel=1e-5)


@pytest.mark.parametrize(
    "text", ["今日は良い天気です。", "a\n今日は b 良い\n\n天気です", "“今日は” it’s 良い", "naïve\nÉté", "x"]
)
def test_tokens_end_where_their_text_ends(predictor, text):
    ends = token_ends(predictor.tokenizer, text)
    spelled = [predictor.tokenizer.decode(predictor.tokenizer.encode(text)[:count]) for count in range(1, 99)]
    seen = predictor.tokenizer.normalize(text)  # as long as the text
    whole = {len(part) for part in spelled if "\ufffd" not in part and seen.startswith(part)}
    assert len(text) in ends
    assert ends <= whole


def test_a_unit_of_a_script_without_spaces_is_what_its_tokens_spell(predictor):
    text = "今日は良い"
    result = evaluate([Document(text)], PredictorSubject(predictor), timed_keystrokes=1)
    assert result.all.words == len(token_ends(predictor.tokenizer, text) - {0})


def test_a_subject_differs_from_itself_by_nothing(result):
    same = difference(("a", "b"), result.counts, result.counts, (1, 2, 3, 5))
    assert all((each.value, each.low, each.high) == (0, 0, 0) for each in (*same.hits.values(), *same.savings.values()))


def test_few_documents_have_no_interval():
    row = evaluate([Document("one two")] * 4, Fixed(["one"])).all
    assert row.hits[1].low is None


@pytest.mark.parametrize("texts", [[], [""], ["  \n"], ["?! …"]])
def test_text_without_a_word_is_refused(texts):
    with pytest.raises(TextError, match="no word"):
        evaluate([Document(text) for text in texts], Fixed([]))


def test_numbers_out_of_range_are_refused():
    with pytest.raises(WordgruError, match="at least 1"):
        evaluate(DOCUMENTS, Fixed([]), ks=(0,))


# -- reading ---------------------------------------------------------------------------------------------------


def read(path, **options):
    return [(document.text, document.group) for document in read_documents([str(path)], TextOptions(**options))]


def test_plain_text_is_cut_into_documents(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\r\ntwo\n \n\nthree\n".encode())
    assert read(path) == [("one\ntwo", "a"), ("three", "a")]
    assert [text for text, _ in read(path, documents="line") if text.strip()] == ["one", "two", "three"]
    assert len(read(path, documents="file")) == 1


def test_lines_of_json_have_columns_and_groups(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    rows = [{"body": "one", "kind": 1}, {"body": None, "kind": 1}, {"body": "two", "kind": "b"}]
    path.write_bytes(gzip.compress("\n\n".join(map(json.dumps, rows)).encode()))
    assert read(path, column="body", by="kind") == [("one", "1"), ("", "1"), ("two", "b")]


def test_each_source_is_a_group(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"text of {name}", encoding="utf-8")
    found = read_documents([str(tmp_path / "a.txt"), str(tmp_path / "b.txt")], TextOptions())
    assert [(document.text, document.group) for document in found] == [("text of a", "a"), ("text of b", "b")]


def test_words_are_limited_in_each_group(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [{"text": "a b. c", "by": "x"}, {"text": "d e, f! g", "by": "x"}, {"text": "h", "by": "y"}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read(path, words=5, by="by") == [("a b. c", "x"), ("d e", "x"), ("h", "y")]
    assert read(path, words=2) == [("a b", "a")]
    assert read(path, words=3) == [("a b. c", "a")]


def test_standard_input_is_text(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"one\n\ntwo"), encoding="utf-8"))
    assert [text for text, _ in read("-")] == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "content", "options", "sentence"),
    [
        ("a.jsonl", b'{"body": "x"}', {}, r"line 1 has no column 'text'; it has body. Name one \(--column\)"),
        ("a.jsonl", b'{"text": "x"}', {"by": "kind"}, r"no column 'kind'; it has text. Name one \(--by\)"),
        ("a.jsonl", b'{"text": 3}', {}, "holds 3, not text"),
        ("a.jsonl", b'{"text": "x"}\n[1]', {}, "line 2 holds a list"),
        ("a.jsonl", b"\nno", {}, "line 2 is not JSON"),
        ("a.txt", b"caf\xe9", {}, "a.txt: byte 0xe9 in line 1 is not UTF-8; convert it to UTF-8 first"),
        ("a.txt", b"x", {"by": "kind"}, "leave --by out"),
        ("a.txt.gz", b"no gzip", {}, "a.txt.gz: cannot be read"),
    ],
)
def test_text_that_cannot_be_read_is_explained_in_a_line(tmp_path, name, content, options, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TextError, match=sentence) as caught:
        read(tmp_path / name, **options)
    assert "\n" not in str(caught.value)


# -- the command -----------------------------------------------------------------------------------------------


def run(*arguments, **options):
    return CliRunner().invoke(cli, ["evaluate", *map(str, arguments)], **options)


def test_the_command_judges_bundles_side_by_side(tmp_path):
    path, report = tmp_path / "a.txt", tmp_path / "report.json"
    path.write_text("\n\n".join(TEXTS * 2), encoding="utf-8")
    result = run(path, "-m", HERE / "tiny", "-m", HERE / "tiny-int8", "--json", report, "--words", 6)
    assert result.exit_code == 0, result.output
    assert "hit@3, %" in result.output
    assert "1 - keystrokes / characters" in " ".join(result.output.split())
    values = json.loads(report.read_text(encoding="utf-8"))
    assert [each["name"] for each in values["evaluations"]] == ["tiny", "tiny-int8"]
    assert values["differences"][0]["baseline"] == "tiny"
    first = values["evaluations"][0]
    assert first["rows"][-1]["words"] == 6
    assert set(first["rows"][-1]["savings"]) == {"1", "3", "5"}
    assert first["milliseconds"]["p99"] >= first["milliseconds"]["p50"] > 0
    assert first["bytes"] == Predictor.load(HERE / "tiny").bundle.size
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_json_on_standard_output_stands_alone():
    result = run("-", "-m", HERE / "tiny", "-k", 2, "--json", "-", input="The cat")
    assert set(json.loads(result.stdout)["evaluations"][0]["rows"][-1]["hits"]) == {"2"}


@pytest.mark.extras
def test_the_command_needs_the_base_dependencies_alone():
    code = "import sys, wordgru.cli.evaluate; print([m for m in sys.modules if m in %r])"
    heavy = ["torch", "datasets", "onnx", "matplotlib", "kenlm", "pyarrow"]
    done = subprocess.run([sys.executable, "-c", code % heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["noise.dat"], "noise.dat: is no text; expected one of *.txt, *.jsonl,"),
        (["noise.txt"], "noise.txt: is no text; expected text in UTF-8. Name another file."),
        (["notes.md"], "notes.md: unknown kind of file; expected one of *.txt, *.jsonl,"),
        (["a.txt", "--picture", "a.gif"], "unknown kind of picture"),
        (["a.txt", "--model", "nowhere/at/all"], "no such folder"),
    ],
)
def test_a_wrong_command_says_one_line(tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("one", encoding="utf-8")
    Path("notes.md").write_text("# Müde" * 30_000, encoding="utf-8")
    for name in ("noise.dat", "noise.txt"):
        Path(name).write_bytes(bytes([255, 0, 254]))
    result = CliRunner().invoke(evaluate_command, ["-m", str(HERE / "tiny"), *arguments])
    assert isinstance(result.exception, WordgruError)
    assert sentence in str(result.exception)
    assert "\n" not in str(result.exception)


def test_a_typist_who_takes_what_is_offered_is_judged_for_each_k_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("the cat sat on the mat. it was a cold morning.", encoding="utf-8")
    flags = ["-m", str(HERE / "tiny"), "-k", "1", "-k", "3", "--json", "-"]
    without, attentive = (
        json.loads(CliRunner().invoke(cli, ["evaluate", str(path), *flags, "--attention", share]).stdout)
        for share in ("0", "0.9")
    )
    row, other = (each["evaluations"][0]["rows"][-1] for each in (without, attentive))
    assert row["hits"] == other["hits"]  # before the first letter nothing was passed over
    assert other["savings"]["3"]["value"] >= row["savings"]["3"]["value"]


def test_a_group_without_a_word_has_no_row() -> None:
    predictor = Predictor.load(HERE / "tiny")
    found = evaluate([Document("the cat", "one"), Document("…", "two")], PredictorSubject(predictor), ks=[1])
    assert [row.name for row in found.rows] == ["one", "all"]


def test_a_perplexity_without_bounds_is_told_in_short() -> None:
    assert table._cell(Figure(2_345_678.0), 1, 1) == "2.3e+06"
    assert table._cell(Figure(23.4567), 1, 1) == "23.5"
    assert table._cell(Figure(0.5, 0.25, 0.75), 100, 1, sign="+") == "+50.0  (+25.0 … +75.0)"
