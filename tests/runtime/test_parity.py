"""The table of what each language and place can do is what the tests prove; TypeScript has the names of Python."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from wordgru import MixedPredictor, PersonalModel, Predictor, Session
from wordgru.mixture import MixedSession, MixedWords
from wordgru.sources.word_list import WordList

SCRIPT = Path(__file__).parents[2] / "scripts" / "parity.py"


def _parity():
    spec = importlib.util.spec_from_file_location("parity", SCRIPT)
    sys.modules["parity"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_mark_of_the_table_has_a_test_that_is_there():
    assert not _parity().lost()


def test_the_table_in_the_page_is_the_one_that_the_script_writes():
    parity = _parity()
    page = parity.PAGE.read_text(encoding="utf-8")
    assert parity.with_table(page) == page, "run python scripts/parity.py"


CORE = Path(__file__).parents[2] / "export" / "web" / "src" / "core"
TYPING = {"touch", "autocorrect", "corrections", "undo", "characters", "natsAfter"}
"""Of a session with a typing model."""

NOT_THERE = {
    Predictor: {"load", "logProbabilities"},  # `load` is that of a page or of Node; ids of tokens are not told
    Session: {"size", "landed"},  # the service bounds its memory by it; the finger is learnt in Python alone
    PersonalModel: {"finger", "learnTouches"},
    WordList: {"isStrange"},  # the bench asks it
    MixedPredictor: {"load", "factor"},  # the first as above; the second is of its word lists
    MixedSession: {"size", *TYPING},  # as of a session
}
"""What TypeScript may lack, in its own spelling."""


@pytest.mark.parametrize(
    ("python", "files"),
    [
        (Predictor, ["predictor", "asking"]),
        (Session, ["session", "text_field", "typing/field"]),
        (PersonalModel, ["personal"]),
        (WordList, ["word_list"]),
        (MixedPredictor, ["mixture", "asking"]),
        (MixedSession, ["mixture", "text_field"]),
        (MixedWords, ["mixture"]),
    ],
)
def test_what_python_can_be_asked_typescript_can_be_asked(python: type, files: list[str]):
    source = "".join((CORE / f"{name}.ts").read_text(encoding="utf-8") for name in files)
    there = set(
        re.findall(r"^  (?:(?:override|static|abstract|async|get) )*([a-z]\w*)(?:<\w+>)?\(", source, re.MULTILINE)
    )
    wanted = {re.sub("_(.)", lambda mark: mark[1].upper(), name) for name in dir(python) if not name.startswith("_")}
    assert wanted - there <= NOT_THERE.get(python, set())
