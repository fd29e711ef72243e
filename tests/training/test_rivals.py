"""An n-gram model of KenLM goes through the bench as a bundle does. The wheel has no lmplz: the model is by hand."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from wordgru.cli.evaluate import evaluate_command
from wordgru.errors import WordgruError
from wordgru.evaluation.bench import Document, evaluate

pytest.importorskip("kenlm", reason="kenlm is compiled at install; it is not here")

from wordgru.evaluation.baselines import KenLMSubject, arpa_words, read_words, tokens

ARPA = """\
\\data\\
ngram 1=9
ngram 2=5

\\1-grams:
-1.5\t<unk>
0\t<s>\t-0.3
-1.2\t</s>
-0.7\tthe\t-0.3
-1.0\tcat\t-0.3
-1.1\tcar\t-0.3
-1.3\tsat\t-0.3
-0.9\t.\t-0.3
-1.4\tdon't\t-0.3

\\2-grams:
-0.2\t<s> the
-0.4\tthe car
-0.5\tthe cat
-0.3\tcat sat
-0.2\tsat .

\\end\\
"""


@pytest.fixture
def arpa(tmp_path):
    path = tmp_path / "toy.arpa"
    path.write_text(ARPA, encoding="utf-8")
    return path


def test_tokens_are_words_and_marks():
    assert tokens("Well-known: don't, 42nd…  日本") == ["Well-known", ":", "don't", ",", "42nd", "…", "日", "本"]


def test_candidates_are_the_words_among_the_unigrams(arpa):
    assert list(arpa_words(arpa)) == ["<unk>", "<s>", "</s>", "the", "cat", "car", "sat", ".", "don't"]
    assert KenLMSubject(arpa).candidates == ["car", "cat", "don't", "sat", "the"]
    assert KenLMSubject(arpa, ["cat", "unknown", "."]).candidates == ["cat"]


def test_offers_are_ranked_by_the_models_probability(arpa):
    field = KenLMSubject(arpa).field()
    assert field.offers("", 2).words == ("the", "cat")
    assert field.offers("the ", 2).words == ("car", "cat")
    assert field.offers("the c", 5).words == ("car", "cat")
    assert field.offers("the cat", 5).words == ("cat",)
    assert field.offers("the x", 5).words == ()
    assert field.offers("the cat ", 1).words == ("sat",)
    assert field.offers("the cat\n", 1).words == ("the",)  # a line begins as a sentence


def test_a_rank_is_that_of_every_candidate_scored_alone(arpa):
    subject = KenLMSubject(arpa)
    for context in ("", "the", "the cat", "don't ."):
        alone = [
            (-subject.model.score(f"{context} {word}".strip(), bos=True, eos=False), word)
            for word in subject.candidates
        ]
        offered = subject.field().offers(f"{context} ".lstrip(), 5).words
        masses = {word: mass for mass, word in alone}
        assert np.all(np.diff([masses[word] for word in offered]) >= -1e-6)


def test_figures_are_those_counted_by_hand(arpa):
    row = evaluate([Document("the cat sat.")], KenLMSubject(arpa), ks=(1, 2)).all
    assert row.hits[1].value == pytest.approx(2 / 3)  # "car" stands before "cat"
    assert row.hits[2].value == 1
    assert row.savings[2].value == pytest.approx(1 - 4 / 12)  # a choice for each word, and the mark
    assert row.savings[1].value == pytest.approx(1 - (1 + 4 + 1 + 1) / 12)  # "car" first as long as it can be
    assert row.perplexity is None


def test_the_command_judges_it_too(arpa, tmp_path):
    (tmp_path / "a.txt").write_text("the cat sat.", encoding="utf-8")
    (tmp_path / "words").write_text("the\t12\ncat\t3\n", encoding="utf-8")
    arguments = [tmp_path / "a.txt", "--kenlm", arpa, "--kenlm-words", tmp_path / "words", "--json", "-"]
    result = CliRunner().invoke(evaluate_command, [*map(str, arguments)], env={"WORDGRU_MODEL": None})
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)["evaluations"]
    assert [each["name"] for each in values] == ["toy.arpa"]
    assert values[0]["rows"][-1]["hits"]["1"]["value"] == pytest.approx(2 / 3)
    assert read_words(tmp_path / "words") == ["the", "cat"]


@pytest.mark.parametrize(("name", "content"), [("no.arpa", None), ("bad.arpa", "not a model"), ("x.bin", "\0\1\2")])
def test_what_is_no_model_is_explained_in_a_line(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(WordgruError, match=name) as caught:
        KenLMSubject(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_no_known_candidate_is_explained(arpa):
    with pytest.raises(WordgruError, match="knows none of the candidates"):
        KenLMSubject(arpa, ["nothing"])


def test_a_picture_is_drawn(arpa, tmp_path):
    (tmp_path / "a.txt").write_text("the cat sat.", encoding="utf-8")
    arguments = [tmp_path / "a.txt", "--kenlm", arpa, "--picture", tmp_path / "a.png"]
    result = CliRunner().invoke(evaluate_command, [*map(str, arguments)], env={"WORDGRU_MODEL": None})
    assert result.exit_code == 0, result.output
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
