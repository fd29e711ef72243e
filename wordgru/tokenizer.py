r"""Byte-level BPE: the only owner of normalisation, of how a text and a word begin, and of the special piece.

One rule for beginnings: a space is put before every line (`"a\nb"` becomes `" a\n b"`), so the first word of a
text, of a line, and a word within a line are all spelled by the same pieces. Decoding takes the spaces out
again; the round trip is exact for any text in NFC.

Ids are in the order of the bytes that they spell, so the pieces that begin with given bytes are one range of ids:
the word search lives by it.

One special piece, id 0, ends every text and begins the next. It is in the vocabulary but no merge leads to it and
it is not an "added token", so no text a user types can become it, in any program that reads `tokenizer.json`.
"""

import itertools
import json
import operator
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from tokenizers import Regex
from tokenizers import Tokenizer as BackendTokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.decoders import Replace as ReplaceDecoder
from tokenizers.decoders import Sequence as Decoders
from tokenizers.decoders import Strip
from tokenizers.models import BPE
from tokenizers.normalizers import NFC, Prepend, Replace
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as PreTokenizers
from tokenizers.trainers import BpeTrainer

from wordgru import words
from wordgru.errors import WordgruError

END_OF_TEXT = 0
"""Id of the piece that ends a text and begins the next."""

SMALLEST_VOCABULARY = 257
"""256 bytes and the end of text."""

_END_OF_TEXT_NAME = "<|end_of_text|>"
_UNSPACED = "".join(f"{low}-{high}" for low, high in words.UNSPACED)
_LETTER = rf"(?:(?![{_UNSPACED}])[\p{{L}}\p{{N}}]\p{{M}}*)"
_PATTERN = "|".join(
    (
        rf" ?{_LETTER}+(?:[{words.INNER}]{_LETTER}+)*",  # a word, its space before it
        rf" ?[{_UNSPACED}]+",  # a run of a script without spaces
        r" ?[^\s\p{L}\p{N}]+",  # punctuation and symbols
        r"\s+(?!\S)",  # white space, but for the one before a word
        r"\s+",
    )
)


_TWINS = {
    **{"'": "’", "’": "'", "‘": "'’", "“": '"', "”": '"', "„": '"'},
    **{"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": "\N{NO-BREAK SPACE} "},
}
"""Marks that are written in several ways, and how else each may stand in the training text."""


class Tokenizer:
    """Text to pieces and back. Immutable: share it between threads.

    >>> tokenizer = Tokenizer.train(["the cat sat on the mat"], vocab_size=300)
    >>> tokenizer.decode(tokenizer.encode("the cat"))
    'the cat'
    """

    def __init__(self, backend: BackendTokenizer) -> None:
        self._backend = backend
        self._backend.no_padding()
        self._backend.no_truncation()

    @classmethod
    def train(cls, texts: Iterable[str], *, vocab_size: int, show_progress: bool = False) -> Self:
        """Learn `vocab_size` pieces from `texts`; fewer if the texts do not hold enough.

        Raises:
            WordgruError: `vocab_size` is below 257.
        """
        if vocab_size < SMALLEST_VOCABULARY:
            raise WordgruError(
                f"vocab_size is {vocab_size}; expected at least {SMALLEST_VOCABULARY} (every byte and the end of text)."
            )
        backend = BackendTokenizer(BPE())
        backend.normalizer = Normalizers([NFC(), Prepend(" "), Replace("\n", "\n ")])
        backend.pre_tokenizer = PreTokenizers(
            [Split(Regex(_PATTERN), behavior="isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
        )
        backend.decoder = Decoders([ByteLevelDecoder(), ReplaceDecoder("\n ", "\n"), Strip(" ", 1, 0)])
        trainer = BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=[_END_OF_TEXT_NAME],
            initial_alphabet=sorted(ByteLevel.alphabet()),
            show_progress=show_progress,
        )
        backend.train_from_iterator(_checked(texts), trainer)
        state = json.loads(backend.to_str())
        state["added_tokens"] = []  # text must never become the special piece
        state["model"]["vocab"] = _in_byte_order(state["model"]["vocab"])
        return cls.from_json(json.dumps(state, ensure_ascii=False))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read `tokenizer.json`.

        Raises:
            WordgruError: the file is missing, or is not a tokenizer of wordgru.
        """
        try:
            return cls.from_json(Path(path).read_bytes().decode("utf-8"))  # a third of the time of read_text
        except OSError as error:
            raise WordgruError(f"{path}: cannot be read ({error.strerror}); expected a tokenizer.json.") from None
        except UnicodeDecodeError:
            raise WordgruError(f"{path}: is not UTF-8 text; expected a tokenizer.json.") from None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make a tokenizer from the text of `tokenizer.json`."""
        try:
            backend = BackendTokenizer.from_str(text)
        except Exception as error:  # the library raises bare Exception
            raise WordgruError(f"tokenizer.json cannot be understood: {error}; write the bundle again.") from None
        if backend.id_to_token(END_OF_TEXT) != _END_OF_TEXT_NAME:
            raise WordgruError(
                f"tokenizer.json: piece {END_OF_TEXT} is {backend.id_to_token(END_OF_TEXT)!r}; expected "
                f"{_END_OF_TEXT_NAME!r}. It is not a tokenizer of wordgru; write the bundle again."
            )
        tokenizer = cls(backend)
        if not all(map(operator.lt, tokenizer.pieces, tokenizer.pieces[1:])):
            raise WordgruError(
                "tokenizer.json: the pieces are not in the order of their bytes; write the bundle again."
            )
        return tokenizer

    def to_json(self) -> str:
        """The text of `tokenizer.json`, the same for the same training."""
        return self._backend.to_str() + "\n"

    @property
    def vocab_size(self) -> int:
        """Number of pieces, the end of text among them."""
        return int(self._backend.get_vocab_size(with_added_tokens=False))

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """The bytes that each piece spells, by id; none for the end of text."""
        names = [self._backend.id_to_token(id_) or "" for id_ in range(1, self.vocab_size)]
        bytes_of = np.full(0x200, ord("?"), np.uint8)  # the last for all that are not in the alphabet
        bytes_of[[ord(char) for char in _byte_alphabet()]] = list(_byte_alphabet().values())
        characters = np.frombuffer("".join(names).encode("utf-32-le"), "<u4")
        spelled = bytes_of[np.minimum(characters, len(bytes_of) - 1)].tobytes()  # a byte for each character
        ends = list(itertools.accumulate(map(len, names)))
        return (b"", *(spelled[start:end] for start, end in itertools.pairwise([0, *ends])))

    @cached_property
    def twins(self) -> dict[str, str]:
        """Marks that were never learnt, and the mark to read in place of each.

        Telephones and word processors write ’ and “ where much text on disk has ' and ", or the other way round; text
        fields of a page hold no-break spaces. A mark was learnt if a piece of more than one byte holds it.
        """
        longer = b"\xff".join([piece for piece in self.pieces if len(piece) > 1])  # joined by a byte of no text
        learnt = {mark for mark in "".join([*_TWINS, *_TWINS.values()]) if mark.encode() in longer}
        others = {mark: twins for mark, twins in _TWINS.items() if mark not in learnt}
        chosen = {mark: next((twin for twin in twins if twin in learnt), twins[0]) for mark, twins in others.items()}
        return {mark: twin for mark, twin in chosen.items() if twin in learnt or twin.isascii()}

    def familiar(self, text: str) -> str:
        """`text`, as long as before, with the twins of marks that were never learnt."""
        for mark, twin in self.twins.items():
            text = text.replace(mark, twin)
        return text

    def encode(self, text: str) -> npt.NDArray[np.int64]:
        """Ids of `text`, without an end of text.  # (T,) int64

        Raises:
            WordgruError: `text` holds a lone surrogate.
        """
        return np.array(self._encode(text).ids, np.int64)

    def encode_batch(self, texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
        """Ids of each text, as `encode` gives them; several times faster for many."""
        encodings = self._backend.encode_batch_fast(list(_checked(texts)), add_special_tokens=False)
        return [np.array(encoding.ids, np.int64) for encoding in encodings]

    def encode_context(self, text: str) -> tuple[npt.NDArray[np.int64], bytes]:
        """Ids of what stands before a word that directly follows `text`, and the bytes held back for that word.

        A space before a word belongs to the word's first piece, so a trailing space is held back, and so is the
        one that begins every line. `text` must not end inside a word (`words.split_last` sees to it).
        """
        encoding = self._encode(text + "x")
        last = encoding.word_ids[-1]
        count = sum(1 for word in encoding.word_ids if word != last)
        spelled = b"".join(self.pieces[id_] for id_ in encoding.ids[count:])
        return np.array(encoding.ids[:count], np.int64), spelled[:-1]

    def units(self, text: str) -> list[tuple[int, int, int, int]]:
        """The words and marks of `text`: (start, end) in characters, white space before it included, and in pieces."""
        encoding = self._encode(text)
        of_piece, offsets = encoding.word_ids, encoding.offsets  # each made anew whenever it is asked for
        units: list[tuple[int, int, int, int]] = []
        start = low = 0
        for _, group in itertools.groupby(range(len(of_piece)), key=of_piece.__getitem__):
            high = list(group)[-1] + 1
            end = max(offsets[high - 1][1], start)
            if text[start:end].strip():
                units.append((start, end, low, high))
                start, low = end, high
        if low < len(of_piece):  # white space at the end goes to the last word
            begin, first = (units[-1][0], units[-1][2]) if units else (0, 0)
            units[-1:] = [(begin, len(text), first, len(of_piece))]
        return units

    @cached_property
    def punctuation(self) -> npt.NDArray[np.int64]:
        """Ids of the pieces that spell marks alone, without white space, letters or digits."""
        ids = []
        for id_, piece in enumerate(self.pieces):
            text = piece.decode("utf-8", errors="replace")
            if text and "\ufffd" not in text and all(words.is_mark(char) for char in text):
                ids.append(id_)
        return np.array(ids, np.int64)

    def decode(self, ids: Iterable[int]) -> str:
        """The text that `ids` spell; bytes that are not UTF-8 become U+FFFD."""
        text = b"".join(self.pieces[id_] for id_ in ids).decode("utf-8", errors="replace")
        return text.removeprefix(" ").replace("\n ", "\n")

    def _encode(self, text: str) -> Any:  # noqa: ANN401  (tokenizers.Encoding is not typed)
        return self._backend.encode(next(_checked([text])), add_special_tokens=False)


def normalize(text: str) -> str:
    """`text` in the form the tokenizer sees (NFC)."""
    return unicodedata.normalize("NFC", text)


def _checked(texts: Iterable[str]) -> Iterator[str]:
    """The same texts; a lone surrogate, which no file can hold, is refused."""
    for text in texts:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise WordgruError(
                f"the text holds a lone surrogate (U+{ord(text[error.start]):04X} at character {error.start}), "
                "which is not Unicode text; remove it or decode the text again with errors='replace'."
            ) from None
        yield text


def _in_byte_order(vocab: dict[str, int]) -> dict[str, int]:
    """The same pieces, numbered in the order of the bytes that they spell; the end of text stays first."""
    byte_of = _byte_alphabet()
    names = sorted(vocab.keys() - {_END_OF_TEXT_NAME}, key=lambda name: [byte_of[char] for char in name])
    return {name: id_ for id_, name in enumerate([_END_OF_TEXT_NAME, *names])}


@cache
def _byte_alphabet() -> dict[str, int]:
    """The character that stands for each byte in a byte-level vocabulary (GPT-2's table), inverted."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}
