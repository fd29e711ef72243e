"""Every public name says what it is, and every quantity of one in what it is counted."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

import wordgru

UNITS = re.compile(
    r"probab|\bP\(|log P|share|sum to 1|nats|natural|bits|seconds|bytes|key widths|rows|cores|how many|counts?\b"
    r"|times\b|words\b|characters\b|phrases\b|ids\b|seed\b|posterior|temperature|more probable|once|factor",
    re.IGNORECASE,
)
"""What a docstring names as the unit of a number, or as what is counted."""
ELSEWHERE = re.compile(r"(?:as|of|see|for) `(\w+)\.(\w+)`")
"""Where a docstring says that another one tells it."""


def public() -> Iterator[tuple[str, Any]]:
    """Every public name, and the methods and properties of the classes, inherited ones too."""
    for name in wordgru.__all__:
        made = getattr(wordgru, name)
        if name.startswith("_"):
            continue
        yield name, made
        if issubclass(made, Exception):
            continue
        for member in dir(made):
            found = inspect.getattr_static(made, member)
            owner = next(each for each in made.__mro__ if member in vars(each))
            if not member.startswith("_") and owner.__module__.startswith("wordgru") and _is_method(found):
                yield f"{name}.{member}", found


def _is_method(found: Any) -> bool:
    return callable(found) or isinstance(found, (property, classmethod, staticmethod))


def function(found: Any) -> Callable[..., Any]:
    """What is called."""
    return found.fget if isinstance(found, property) else getattr(found, "__func__", found)


PUBLIC = dict(public())


def told(name: str) -> str:
    """The docstring of a name, and of those that it says tell the rest."""
    text = inspect.getdoc(function(PUBLIC[name])) or ""
    others = [f"{one}.{other}" for one, other in ELSEWHERE.findall(text)]
    return "\n".join([text, *(told(other) for other in others if other in PUBLIC and other != name)])


def is_number(annotation: Any) -> bool:
    """Whether something is a number, or an array of numbers."""
    return bool(re.search(r"\b(int|float|ndarray|NDArray)\b", str(annotation).replace("<class '", "").split("->")[-1]))


def quantities(name: str, found: Any) -> Iterator[tuple[str, str]]:
    """(what is a number, what the docstring says of it)."""
    text = told(name)
    if isinstance(found, type):
        for field in fields(found) if is_dataclass(found) else ():
            if is_number(field.type):
                yield f"{name}: {field.name}", entry(text, field.name)
        return
    signature = inspect.signature(function(found))
    for parameter in signature.parameters.values():
        if is_number(parameter.annotation):
            yield f"{name}: {parameter.name}", entry(text, parameter.name)
    if is_number(signature.return_annotation):
        yield f"{name} returns", text


def entry(text: str, name: str) -> str:
    """What a docstring says of an argument or attribute: the lines of its own, or the sentence that names it."""
    own = re.search(rf"^ *{name}: (.+(?:\n {{8,}}.+)*)", text, re.M)
    return own[1] if own else " ".join(re.findall(rf"[^.]*`{name}`[^.]*", text))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_says_what_it_is(name: str) -> None:
    text = inspect.getdoc(function(PUBLIC[name]))
    assert text
    assert re.match(r"[A-Z`].+", text)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_quantity_has_a_unit(name: str) -> None:
    missing = [what for what, said in quantities(name, PUBLIC[name]) if not UNITS.search(said)]
    assert not missing
