"""What export/README.md and docs/word-search.md print is what the package does."""

import importlib.util
import json
import re
import sys

import numpy as np
import pytest

from tests.runtime.golden import ROOT
from wordgru.bundle import FORMAT_VERSION, GRAPH_INPUTS, GRAPH_OUTPUTS
from wordgru.search.search import WordSearch
from wordgru.search.suggestions import SearchOptions
from wordgru.text import words
from wordgru.text.tokenizer import VARIANTS
from wordgru.typing.model import TypingModel

CONTRACT = (ROOT / "export" / "README.md").read_text(encoding="utf-8")
SEARCH = (ROOT / "docs" / "word-search.md").read_text(encoding="utf-8")

FINAL, OPEN = (" cat", " cup", "r", "t"), (" c", " ca", "a")
ROWS = {
    (): {" cat": 0.30, " cup": 0.20, "r": 0.05, "t": 0.05, " c": 0.10, " ca": 0.25, "a": 0.05},
    (" ca",): {"r": 0.60, "t": 0.36, "a": 0.04},
    (" c",): {"r": 0.10, "t": 0.10, "a": 0.80},
    (" c", "a"): {"r": 0.55, "t": 0.40, "a": 0.05},
}
"""The toy of docs/word-search.md: P(next token) after tokens."""


class Toy:
    """A model that knows the toy's rows; its state is the number of a row. It notes what it is asked."""

    def __init__(self):
        self.names = ("", *FINAL, *OPEN)
        self.calls = []

    def step(self, tokens, states):
        """As a model."""
        histories = [list(ROWS)[int(state)] for state in states[0, :, 0]]
        pairs = zip(histories, tokens, strict=True)
        read = [(*history, self.names[token]) if token else () for history, token in pairs]
        self.calls.append(read)
        rows = [[ROWS[each].get(name, 0.0) for name in self.names] for each in read]
        numbers = [list(ROWS).index(each) for each in read]
        return np.array(rows, np.float32), np.array(numbers, np.float32)[None, :, None]


def code_after(page: str, heading: str) -> str:
    """The first block of code after a heading or a line."""
    return page.split(heading, 1)[1].split("```", 2)[1].split("\n", 1)[1]


def characters(text: str) -> str:
    r"""`text` with `\u{…}` as the characters."""
    return re.sub(r"\\u\{([0-9A-F]+)\}", lambda match: chr(int(match[1], 16)), text)


def test_the_rule_of_a_word_is_printed_literally():
    assert characters(code_after(CONTRACT, "**The rule of a word**").replace("\n", "")) == words.PATTERN


def test_the_reference_has_the_rule_of_a_word():
    spec = importlib.util.spec_from_file_location("rules", ROOT / "export" / "python" / "rules.py")
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    assert rules.PATTERN == words.PATTERN
    assert "rules" not in sys.modules


def test_invisible_marks_and_variants_are_those_of_the_page():
    assert characters(code_after(CONTRACT, "**Invisible marks**").strip()) == f"[{words.INVISIBLE}]"
    table = CONTRACT.split("**Variants of marks.", 1)[1].split("##")[0]
    rows = re.findall(r"^\| `(\S+)` \| (.*) \|$", table, re.MULTILINE)
    assert {characters(mark): characters("".join(re.findall("`([^`]+)`", others))) for mark, others in rows} == VARIANTS


def test_the_names_of_the_graph_and_the_version_are_those_of_the_page():
    for name in (*GRAPH_INPUTS, *GRAPH_OUTPUTS):
        assert f"| `{name}` |" in CONTRACT
    schema = json.loads(code_after(CONTRACT, "### config.json"))
    assert schema["properties"]["format_version"] == {"const": FORMAT_VERSION}


def test_the_defaults_of_the_options_are_those_of_the_page():
    for name, value in vars(SearchOptions()).items():
        assert f"| `{name}` | {str(value).lower()} |" in CONTRACT


def test_the_example_of_the_search_is_true():
    toy = Toy()
    search = WordSearch(toy, [name.encode() for name in toy.names], len(FINAL), spell=lambda text: ())
    options = SearchOptions(tolerance=0.01)
    answer = search(np.zeros((1, 1), np.float32), 0, b" c", 2, options, factor=lambda word: 1.0)
    assert toy.calls[0] == [()]
    assert {each for call in toy.calls[1:] for each in call} == {(" ca",), (" c",), (" c", "a")}
    assert (answer.exact, answer.rows, len(toy.calls)) == (True, 4, 3)
    shown = [(item.spelled.decode(), item.probability) for item in answer.words]
    assert shown == [(" cat", pytest.approx(0.4965, abs=5e-5)), (" cup", pytest.approx(0.2353, abs=5e-5))]
    assert answer.unexplored == pytest.approx(0.0165, abs=5e-5)
    for number in ("0.4965", "0.2353", "0.0165"):
        assert number in SEARCH
    for tokens, row in ROWS.items():
        cells = [f"{row[name]:.2f}" if name in row else "" for name in toy.names[1:]]
        printed = " ".join(f"`{token}`" for token in tokens) or "the context"
        assert re.search(rf"^\| {re.escape(printed)} \| *{' *[|] *'.join(cells)} *\|$", SEARCH, re.MULTILINE), tokens


@pytest.mark.parametrize(
    ("header", "pattern"),
    [
        ("export/c/wordgru.h", r"    double (\w+); +/\* (?:[^*]*; )?([\d.]+) \*/"),
        ("export/cpp/wordgru/typing/model.hpp", r"    double (\w+) = ([\de.-]+);"),
    ],
)
def test_a_typing_model_has_the_same_fields_and_defaults_in_c(header, pattern):
    struct = re.search(r"struct (?:wordgru_typing|TypingModel) \{.*?\n\}", (ROOT / header).read_text("utf-8"), re.S)[0]
    numbers = {name: value for name, value in vars(TypingModel()).items() if name != "layout"}
    assert {name: float(value) for name, value in re.findall(pattern, struct)} == numbers
