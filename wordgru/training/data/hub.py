"""Text from the Hugging Face Hub, with an answer within seconds when the Hub, the name or the split is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import datasets
from datasets import Dataset, IterableDataset, load_dataset
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

from wordgru.errors import TextError, reason
from wordgru.training.data.local_files import meant
from wordgru.training.run.quiet import quiet

_PATIENCE = 5.0  # seconds for the first answer; `datasets` alone retries for 23 s


def load(
    source: str, *, name: str | None, split: str, revision: str | None, streaming: bool
) -> Dataset | IterableDataset:
    """The data set `source` ("owner/name" or "name") of the Hub; from the cache when the Hub is out of reach.

    Raises:
        TextError: the Hub is out of reach and nothing is cached, or the name, configuration, split or revision is
            unknown.
    """
    unreached = _probe(source, revision)
    try:
        with quiet(bars=True), _offline(unreached is not None):
            return load_dataset(source, name, split=split, revision=revision, streaming=streaming)
    except Exception as error:  # of `datasets`, its readers, or an HTTP client that differs between versions
        if unreached is not None:
            raise _out_of_reach(source, unreached) from error
        raise TextError(f"{source}: {_advice(error)}") from error


def _probe(source: str, revision: str | None) -> str | None:
    """Ask the Hub for `source`: None if it has it, the reason if it does not answer.

    Raises:
        TextError: the Hub answers that there is no such data set.
    """
    try:
        HfApi().dataset_info(source, revision=revision, timeout=_PATIENCE)
    except GatedRepoError:
        raise TextError(
            f"{source}: is gated; accept its terms on huggingface.co, then log in with `hf auth login`."
        ) from None
    except RevisionNotFoundError:
        raise TextError(f"{source}: has no revision {revision!r}; check it on the Hub, or leave it out.") from None
    except RepositoryNotFoundError:
        raise TextError(
            f"{source}: there is no such file or folder here, and no such data set on the Hub (or it is private). "
            f"{meant(source)} For a private one log in with `hf auth login`."
        ) from None
    except HFValidationError:
        raise TextError(
            f"{source}: there is no such file or folder, looked from {Path.cwd()}, nor is this a name of the Hub, "
            f"which is owner/name. {meant(source)}"
        ) from None
    except Exception as error:  # the HTTP client, and so its errors, differ between versions of huggingface_hub
        return reason(error)
    return None


def _out_of_reach(source: str, why: str) -> TextError:
    if constants.HF_HUB_OFFLINE:
        return TextError(
            f"{source}: there is no such file or folder here; as a data set of the Hub it is not cached, and "
            f"HF_HUB_OFFLINE is set. {meant(source)}"
        )
    return TextError(
        f"{source}: there is no such file or folder here, and the Hub at {constants.ENDPOINT} cannot be reached "
        f"({why}) nor is such a data set cached. {meant(source)}"
    )


@contextmanager
def _offline(wanted: bool) -> Iterator[None]:
    """Make `datasets` look in its cache alone inside the block, instead of retrying an unreachable Hub."""
    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    if wanted:
        constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def _advice(error: BaseException) -> str:
    """What `datasets` says in one line; its own messages list the configurations and splits there are."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = " ".join(lines[:2]) if lines else reason(error)
    if "scripts are no longer supported" in said:
        return (
            "is a data set script, which `datasets` no longer runs; "
            "try the revision refs/convert/parquet, or give its files."
        )
    if "Config name is missing" in said or "BuilderConfig" in said:
        return f"{said.rstrip('.')}. Choose one as its configuration (name)."
    if "split" in said:
        return f"{said.rstrip('.')}. Choose one of its splits (split)."
    return f"cannot be loaded: {said.rstrip('.')}. Check the name, or give local files."
