"""Any text in any argument of any public method or verb is answered, or refused in one line."""

import contextlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runtime.fixtures import TINY
from tests.runtime.test_public import PUBLIC, function
from wordgru import Layout, PersonalModel, Predictor, TypingModel, TypistOptions, WordgruError
from wordgru.cli import cli

ODD = "\ud800\udfff\0\x1b\r\n\u200b\u2028\ufeff"
TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from(ODD), max_size=40)
FEW = settings(
    max_examples=4, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
PREDICTOR = Predictor.load(TINY)
MIXED = Predictor.load([str(TINY), str(TINY.with_name("tiny-int8"))])
OWNERS: dict[str, Callable[[], Any]] = {
    "Layout": lambda: Layout.load("qwerty"),
    "MixedPredictor": lambda: MIXED,
    "MixedSession": lambda: MIXED.session("the ca"),
    "PersonalModel": PersonalModel,
    "Predictor": lambda: Predictor(PREDICTOR.model, PREDICTOR.tokenizer, personal=PersonalModel()),
    "Session": lambda: PREDICTOR.session("the ca", typing=TypingModel()),
    "TypistOptions": TypistOptions,
    "WordList": lambda: Predictor(PREDICTOR.model, PREDICTOR.tokenizer).words,
}
"""What has methods that take texts, each made anew."""

OTHERS = {"choices": ["cat", "cats"], "values": {}, "max_words": 3, "names": [str(TINY)], "path": str(TINY)}
"""What a method is given beside a text, where it must be given something."""

ARGUMENTS = {
    "text": "the ca", "file": "a.txt", "sources": "a.txt", "words": "cat", "bundle": str(TINY), "name": "jane/words",
}  # fmt: skip
"""What a verb is given where it must be given something."""

EXTRAS = {"train", "export", "serve", "lsp", "type", "demo"}
"""Verbs that go on without an end, or need what the base install has not."""


def texts() -> list[tuple[str, str]]:
    """(method, an argument of it that is a text)."""
    return [
        (name, parameter.name)
        for name, found in PUBLIC.items()
        if not isinstance(found, (type, property))
        for parameter in inspect.signature(function(found)).parameters.values()
        if re.search(r"\bstr\b", kind := str(parameter.annotation)) and not re.search("Mapping|Callable", kind)
        if name != "Session.load"  # it is given the parts of a predictor, by `Predictor.restore`
    ]


def verbs(command: click.Command = cli, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Parameter]]:
    """(verb, an argument or option of it that is a text or the name of a file)."""
    if isinstance(command, click.Group):
        names = [name for name in command.list_commands(click.Context(command)) if name not in EXTRAS]
        found = {name: command.get_command(click.Context(command), name) for name in names}
        return [each for name, verb in found.items() if verb for each in verbs(verb, (*path, name))]
    kinds = (click.types.StringParamType, click.Path, click.DateTime)
    return [(path, each) for each in command.params if isinstance(each.type, kinds)]


VERBS = verbs()


def test_there_are_methods_and_verbs_to_ask() -> None:
    assert {name.partition(".")[0] for name, _ in texts()} == set(OWNERS)
    assert len(texts()) > 35
    assert {path[0] for path, _ in VERBS} >= {"suggest", "phrases", "generate", "score", "correct", "words", "evaluate"}


@pytest.mark.parametrize(("name", "argument"), texts(), ids=lambda each: each)
@FEW
@given(text=TEXT)
def test_a_method_answers_any_text_or_refuses_it_in_one_line(
    name: str, argument: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    owner, _, method = name.partition(".")
    asked = getattr(OWNERS[owner](), method)
    must = [each for each in inspect.signature(asked).parameters.values() if each.default is each.empty]
    given = {each.name: OTHERS.get(each.name, "cat") for each in must if each.kind is not each.VAR_KEYWORD}
    given |= {each: OTHERS[each] for each in ("max_words", "path") if each in inspect.signature(asked).parameters}
    many = "Sequence" in str(inspect.signature(asked).parameters[argument].annotation)
    with contextlib.suppress(WordgruError):
        asked(**given | {argument: [text] if many else text})


@pytest.mark.parametrize(
    ("path", "parameter"), VERBS, ids=lambda each: "-".join(each) if isinstance(each, tuple) else each.name
)
@FEW
@given(text=TEXT.map(lambda text: text.replace("\0", "")))  # no shell gives a NUL
def test_a_verb_answers_any_text_or_refuses_it_in_one_line(
    path: tuple[str, ...], parameter: click.Parameter, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("WORDGRU_MODEL", str(TINY))  # which an empty name means
    (tmp_path / "a.txt").write_text("the cat sat\n", encoding="utf-8")
    with contextlib.chdir(tmp_path):
        result = CliRunner().invoke(cli, command(path, parameter, text), input="the cat\n")
    if isinstance(result.exception, Exception):
        assert isinstance(result.exception, WordgruError), repr(result.exception)
        assert len(str(result.exception).splitlines()) == 1  # which `main` prints
    assert result.exit_code in (0, 1, 2)


def command(path: tuple[str, ...], parameter: click.Parameter, text: str) -> list[str]:
    """A verb with a text in one place, and in the others what it must have."""
    options, arguments = [], []
    verb: click.Command | None = cli
    for name in path:
        assert isinstance(verb, click.Group)
        verb = verb.get_command(click.Context(verb), name)
    assert verb is not None
    names = {each.name: each for each in verb.params}
    defaults = {"model": str(TINY), "models": str(TINY), "personal": "my.words", "max_words": "3", "limit": "3"}
    for each in names.values():
        if each is parameter and isinstance(each, click.Argument):
            arguments.append(text)
        elif each is parameter:
            options.append(f"{each.opts[-1]}={text}" if each.opts[-1].startswith("--") else f"{each.opts[0]}{text}")
        elif isinstance(each, click.Argument):
            arguments.append(ARGUMENTS[str(each.name)])
        elif each.name in defaults and path[0] != "push":
            options.append(f"--{str(each.name).removesuffix('s').replace('_', '-')}={defaults[str(each.name)]}")
    if path[0] == "push":
        options.append("--dry-run")
    return [*path, *options, "--", *arguments]
