"""Files of text that a person names: read, or told in a line why not."""

from pathlib import Path

from wordgru.config import check_path
from wordgru.errors import TextError
from wordgru.text.kinds import not_utf8


def read_text(path: str | Path, expected: str) -> str:
    """The text of a file, without a byte order mark.

    Args:
        path: the file.
        expected: what should be in it, for the message.

    Raises:
        TextError: it cannot be read, or is not UTF-8.
    """
    check_path("the file", path)
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TextError(f"{path}: cannot be read ({error.strerror}); expected {expected}.") from None
    except UnicodeDecodeError as error:
        raise not_utf8(str(path), error.object, expected, f"byte {error.start}") from None
    except ValueError:  # a NUL, or half a character
        raise TextError(f"{str(path)!r} is no name of a file; expected {expected}.") from None
