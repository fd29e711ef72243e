"""Where text comes from. It imports nothing that trains, so that the base install can print the help of `train`."""

from dataclasses import dataclass

from wordgru.config import Config
from wordgru.errors import TextError

_CUTS = ("line", "paragraph", "file")
_NAMED = {"tab": "\t", "\\t": "\t"}  # what a shell makes hard to type


@dataclass(frozen=True)
class TextConfig(Config):
    """Where text comes from; saved with a run.

    Attributes:
        sources: one Hub name, or local files, folders and globs; none for Python's own documentation.
        name: the configuration of a Hub data set.
        split: the split of a Hub data set.
        revision: branch, tag or commit of a Hub data set.
        column: the column that holds the text, in all but .txt files; lists of messages are text too.
        delimiter: what parts the cells of a .csv file; of a .tsv file it is a tab.
        documents: how .txt files are cut: by "line", "paragraph" (blank lines) or "file".
        streaming: read while training, for text larger than the disk.
    """

    sources: tuple[str, ...] = ()
    name: str | None = None
    split: str = "train"
    revision: str | None = None
    column: str = "text"
    delimiter: str = ","
    documents: str = "paragraph"
    streaming: bool = False

    def __post_init__(self) -> None:
        """Refuse an unknown cut; take a list, as JSON has it, for the sources."""
        sources: object = self.sources
        if isinstance(sources, str):
            raise TextError(f"sources is the text {sources!r}; expected a tuple of names.")
        object.__setattr__(self, "sources", tuple(str(source) for source in self.sources))
        delimiter = _NAMED.get(self.delimiter, self.delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise TextError(
                f"delimiter is {self.delimiter!r}; expected one character, such as ; or |, or the word tab."
            )
        object.__setattr__(self, "delimiter", delimiter)
        if self.documents not in _CUTS:
            raise TextError(f"documents is {self.documents!r}; expected one of {', '.join(_CUTS)}.")
