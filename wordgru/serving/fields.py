"""What a client sends, checked: one line for each way in which it can be wrong."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from wordgru.config import Range
from wordgru.errors import WordgruError

_DIGITS = 20  # of a number; longer ones are none that anything here counts


class RequestError(WordgruError):
    """A request that cannot be answered.

    Attributes:
        status: of HTTP.
        param: the field that is wrong, if it is one.
        headers: to send with the answer.
        id: of the edit, where it is one of a WebSocket and could be read.
    """

    id: int | None = None

    def __init__(
        self, message: str, *, status: int = 400, param: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.param, self.headers = status, param, dict(headers or {})


def error_body(message: str, *, status: int, param: str | None = None) -> dict[str, Any]:
    """An error as every answer of the service has it, OpenAI's clients among its readers."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": status}}


class Fields:
    """The fields of a JSON object. Ask for each, then for `end`; null stands for a field that is not there.

    Raises:
        RequestError: from every method, if a field is not what is asked for.
    """

    def __init__(self, data: bytes | str) -> None:
        self._values, self._known = _object(data), list[str]()

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, default: str | None = None, *, most: int) -> str:
        """A text of at most so many characters; without a default it must be there."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        return checked_text(value, name, most)

    def texts(self, name: str, default: tuple[str, ...], *, count: int, most: int) -> tuple[str, ...]:
        """A text or a list of at most `count` of them, each of at most `most` characters."""
        value = self._take(name)
        if value is None:
            return default
        values = value if isinstance(value, list) else [value]
        if len(values) > count:
            raise RequestError(f"{name} holds {len(values)} texts; expected at most {count}.", param=name)
        return tuple(checked_text(each, name, most) for each in values)

    def number(self, name: str, range_: Range, default: Any) -> Any:  # noqa: ANN401  (a number, or what stands for none)
        """A number in its range."""
        value = self._take(name)
        if value is None:
            return default
        if range_.whole and isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                range_.check(name, value)
            except WordgruError as error:
                raise RequestError(str(error), param=name) from None
            return value
        raise RequestError(f"{name} is {_kind(value)}; expected {range_}.", param=name)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            raise RequestError(f"{name} is {_kind(value)}; expected true or false.", param=name)
        return default if value is None else value

    def choice(self, name: str, choices: Sequence[str], default: Any) -> Any:  # noqa: ANN401  (a choice, or what stands for none)
        """One of some names."""
        value = self._take(name)
        if value is not None and value not in choices:
            raise RequestError(f"{name} is none of {', '.join(choices)}.", param=name)
        return default if value is None else value

    def object(self, name: str) -> "Fields | None":
        """An object in the object."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise RequestError(f"{name} is {_kind(value)}; expected an object.", param=name)
        inner = Fields.__new__(Fields)
        inner._values, inner._known = value, []
        return inner

    @property
    def known(self) -> Sequence[str]:
        """The fields that were asked for so far."""
        return tuple(self._known)

    def ignore(self, *names: str) -> None:
        """Fields that may be there though nobody asks for them."""
        self._known += names

    def refuse(self, name: str, why: str, *, but: tuple[Any, ...] = ()) -> None:
        """A field that others know and this service does not, unless its value is one that changes nothing."""
        value = self._take(name)
        if value is not None and value not in but:
            raise RequestError(f"{name} is not supported: {why}; leave it out.", param=name)

    def end(self) -> None:
        """Refuse what nobody asked for."""
        if unknown := sorted(self._values.keys() - set(self._known)):
            name = unknown[0][:40].encode("ascii", "backslashreplace").decode()
            raise RequestError(
                f"{name!r} is no field of this request; expected {', '.join(dict.fromkeys(self._known))}.", param=name
            )

    def _take(self, name: str) -> Any:  # noqa: ANN401  (any JSON)
        self._known.append(name)
        return self._values.get(name)


def checked_text(value: Any, name: str, most: int) -> str:  # noqa: ANN401  (any JSON)
    """A text of at most `most` characters that any file could hold.

    Raises:
        RequestError: it is none.
    """
    if not isinstance(value, str):
        what = "missing" if value is None else _kind(value)
        raise RequestError(f"{name} is {what}; expected a text.", param=name)
    if len(value) > most:
        raise RequestError(
            f"{name} has {len(value):,} characters; expected at most {most:,}. Send its end.", param=name, status=413
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RequestError(
            f"{name} holds a lone surrogate at character {error.start}; expected whole characters.", param=name
        ) from None
    return value


def _object(data: bytes | str) -> dict[str, Any]:
    try:
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(data), "surrogatepass")
        value = _DECODER.decode(text)
    except RequestError:
        raise
    except UnicodeDecodeError as error:
        raise RequestError(f"byte {error.start} of the body is not UTF-8; expected a JSON object in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise RequestError(f"not JSON: {error.msg} at character {error.pos}; expected a JSON object.") from None
    except RecursionError:
        raise RequestError("the JSON is nested too deeply; expected an object of plain fields.") from None
    if not isinstance(value, dict):
        raise RequestError(f"the JSON is {_kind(value)}; expected an object.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise RequestError(f"{name} is no JSON number; expected a finite one.")


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise RequestError(f"a number has {len(digits)} digits; expected at most {_DIGITS}.")
    return int(digits)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_whole)


def _kind(value: Any) -> str:  # noqa: ANN401  (any JSON)
    """What a JSON value is, without saying its content."""
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    names |= {list: "a list", dict: "an object"}
    return names.get(type(value), "null")
