"""A bundle to the Hugging Face Hub; `wordgru.bundle` reads from there. Needs huggingface_hub, the hub extra."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wordgru.bundle import Bundle, open_bundle
from wordgru.errors import BundleError, WordgruError, reason
from wordgru.shipped import front_matter

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_CARD = "README.md"
_PLACE = "path/or/owner/name"  # what an exported card loads


@dataclass(frozen=True)
class Pushed:
    """What went to the Hub.

    Attributes:
        url: of the commit; empty for a dry run.
        files: bytes of each, by name.
        remarks: what its owner may want to change, a line each.
    """

    url: str
    files: dict[str, int]
    remarks: tuple[str, ...]


def push_bundle(
    folder: str | Path, name: str, *, private: bool = False, revision: str | None = None,
    message: str = "wordgru push", dry_run: bool = False,
) -> Pushed:  # fmt: skip
    """Put a bundle on the Hub, its own files and nothing else, in one commit: all of it or nothing.

    The card that goes there loads the model by its name on the Hub; the one in the folder stays as it is.

    Args:
        folder: the bundle; its hashes are checked first.
        name: owner/name of the repository, which is made where there is none.
        private: make it private, where it is new.
        revision: branch, made where there is none; None for main.
        message: what the commit says.
        dry_run: ask nothing of the Hub.

    Raises:
        BundleError: the folder holds no sound bundle, or has no card.
        WordgruError: huggingface_hub is not installed, the name is none, or the Hub refuses; it says why.
    """
    if not _NAME.fullmatch(name):
        raise WordgruError(f"{name!r} is no name on the Hub; expected OWNER/NAME, of letters, digits and - _ .")
    if not Path(folder).is_dir():
        raise BundleError(f"{folder}: there is no such folder; expected a bundle written by `wordgru export`.")
    bundle = open_bundle(folder)
    contents = _contents(bundle, name)
    files = {file: len(content) for file, content in contents.items()}
    url = "" if dry_run else _commit(contents, name, private=private, revision=revision, message=message)
    return Pushed(url, files, tuple(_remarks(bundle)))


def _contents(bundle: Bundle, name: str) -> dict[str, bytes]:
    """What goes to the Hub, by name."""
    contents = {path.name: path.read_bytes() for path in bundle.files}
    if _CARD not in contents:
        raise BundleError(
            f"{bundle.folder}: has no {_CARD}; expected the card that `wordgru export` writes. Export it again."
        )
    contents[_CARD] = bundle.card().replace(_PLACE, name).encode("utf-8")
    return contents


def _remarks(bundle: Bundle) -> list[str]:
    front = front_matter(bundle.card())
    remarks = []
    if front.get("license", ["other"]) == ["other"]:
        remarks.append("the card names no licence; export with --license, and --about for the data's.")
    if not front.get("language"):
        remarks.append("the card names no language; export with --language.")
    return remarks


def _commit(contents: dict[str, bytes], name: str, *, private: bool, revision: str | None, message: str) -> str:
    """One commit with all files; its address."""
    try:
        from huggingface_hub import CommitOperationAdd, HfApi, constants, errors
    except ImportError:
        raise WordgruError("the Hub needs huggingface_hub; install it with `pip install 'wordgru[hub]'`.") from None
    api = HfApi(library_name="wordgru")
    try:
        api.create_repo(name, private=private or None, exist_ok=True)
        if revision:
            api.create_branch(name, branch=revision, exist_ok=True)
        additions = [CommitOperationAdd(file, content) for file, content in contents.items()]
        return _url(api, name, additions, revision, message)
    except errors.LocalTokenNotFoundError:
        why = "nobody is logged in; log in with `hf auth login`, or set HF_TOKEN"
    except errors.HfHubHTTPError as error:
        why = _refusal(error)
    except Exception as error:  # the HTTP client, and so its errors, differ between versions of huggingface_hub
        why = reason(error)
    raise WordgruError(f"{name}: the Hub at {constants.ENDPOINT} did not take it ({why}); nothing was changed there.")


def _url(api: "HfApi", name: str, additions: list, revision: str | None, message: str) -> str:  # type: ignore[type-arg]
    done = api.create_commit(name, additions, commit_message=message, revision=revision)
    return str(done.commit_url)


def _refusal(error: Exception) -> str:
    """What the Hub answered, in plain words."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    words = {
        401: "the token is not known there, or nobody is logged in; log in with `hf auth login`, or set HF_TOKEN",
        403: "the token may not write there; make one that may write, and check the owner's name",
        404: "there is no such owner or branch",
        409: "somebody else wrote there at the same time; push again",
        413: "a file is too large",
        429: "too many requests; wait and push again",
    }
    if status in words:
        return words[status]
    return f"it answers {status}; try again later" if status else reason(error)
