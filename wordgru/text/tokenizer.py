r"""Byte-level BPE whose tokens say where a word ends (bundle format 2): text to token ids and back.

The one owner of normalisation, of how a text begins, and of the order of the ids.

- **Normalisation**: CR LF and CR become LF, invisible marks are dropped, NFC, and variants of a mark that the training
  text did not hold become the one that it held (`’` to `'`, …). All of it stands in `tokenizer.json`.
- **Beginnings**: a space is put before every line, so the first word of a text, of a line, and a word inside a line are
  spelled by the same tokens.
- **Final tokens**: each pre-token (`words.PATTERN`) is spelled by tokens of which the last, and only the last, is
  *final*: it says that the pre-token ends. The others are *open*. In `tokenizer.json` a final token has the suffix
  `</w>`. Every byte is there in both kinds, so no text is ever unknown.
- **Ids**: 0 ends every text and begins the next; then come the final tokens, then the open ones, each in the order of
  their bytes, so those that begin with given bytes are one range of each kind.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise
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
from tokenizers.normalizers import NFC, Normalizer, Prepend, Replace
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as PreTokenizers
from tokenizers.trainers import BpeTrainer

from wordgru.errors import WordgruError
from wordgru.text import words

END_OF_TEXT = 0
"""Id of the token that ends a text and begins the next."""

SMALLEST_VOCABULARY = 513
"""256 bytes, open and final, and the end of text."""

SUFFIX = "</w>"
"""What the name of a final token ends with. No token holds it otherwise: letters and marks are never in one."""

_END_OF_TEXT_NAME = "<|end_of_text|>"

VARIANTS = {
    **{"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "‐": "-", "‑": "-"},
    **{"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": "\N{NO-BREAK SPACE} "},
}
"""Marks that are written in several ways, and what each may be read as, the best first."""


class Tokenizer:
    """Text to token ids and back. Immutable: share it between threads.

    >>> tokenizer = Tokenizer.train(["the cat sat on the mat"], vocab_size=600)
    >>> tokenizer.decode(tokenizer.encode("the cat"))
    'the cat'

    Attributes:
        finals: how many tokens are final; their ids are 1 to `finals`, those of the open tokens follow.
        token_bytes: what each token spells, by id; nothing for the end of text.
        variants: marks that are read as another one: variant to mark.
    """

    def __init__(self, backend: BackendTokenizer) -> None:
        self._backend = backend
        self._backend.no_padding()
        self._backend.no_truncation()
        names = [backend.id_to_token(id_) or "" for id_ in range(1, self.vocab_size)]
        self.finals = sum(name.endswith(SUFFIX) for name in names)
        if backend.id_to_token(END_OF_TEXT) != _END_OF_TEXT_NAME:
            raise _foreign(f"token 0 is {backend.id_to_token(END_OF_TEXT)!r}, not {_END_OF_TEXT_NAME!r}")
        if not all(name.endswith(SUFFIX) == (at < self.finals) for at, name in enumerate(names)):
            raise _foreign("its tokens do not say where words end, final ones first")
        table = {ord(char): byte for char, byte in _byte_alphabet().items()}
        spelled = [name.removesuffix(SUFFIX).translate(table) for name in names]
        self.token_bytes: tuple[bytes, ...] = (b"", *(name.encode("latin-1", "replace") for name in spelled))
        kinds = (self.token_bytes[1 : self.finals + 1], self.token_bytes[self.finals + 1 :])
        if not all(low < high for kind in kinds for low, high in pairwise(kind)):
            raise _foreign("its tokens are not in the order of their bytes")
        if any(sum(len(token) == 1 for token in kind) != 256 for kind in kinds):
            raise _foreign("a byte is missing")
        if backend.get_added_tokens_decoder():
            raise _foreign("it has tokens beside those of its vocabulary")
        if backend.model.dropout:
            raise _foreign("it leaves tokens to chance")
        if _part(backend.pre_tokenizer) != _part(_pre_tokenizer()):
            raise _foreign("its rule of a word is another one")
        state = _part(backend.normalizer)["normalizers"]
        replaced = [each for each in state if each["type"] == "Replace" and "String" in each["pattern"]]
        self.variants = {each["pattern"]["String"]: each["content"] for each in replaced if each["content"] != "\n "}
        if {"normalizers": state, "type": "Sequence"} != _part(_normalizer(self.variants)):  # a pattern may never end
            raise _foreign("its normalizer is another one")

    @classmethod
    def train(cls, texts: Iterable[str], *, vocab_size: int, show_progress: bool = False) -> Self:
        """Learn `vocab_size` tokens from `texts`; fewer if the texts do not hold enough.

        Raises:
            WordgruError: `vocab_size` is below 513.
        """
        if vocab_size < SMALLEST_VOCABULARY:
            raise WordgruError(
                f"vocab_size is {vocab_size}; expected at least {SMALLEST_VOCABULARY} (every byte, open and final, and "
                "the end of text)."
            )
        backend = BackendTokenizer(BPE(end_of_word_suffix=SUFFIX))
        backend.normalizer = _normalizer({})
        backend.pre_tokenizer = _pre_tokenizer()
        backend.decoder = Decoders(
            [ReplaceDecoder(SUFFIX, ""), ByteLevelDecoder(), ReplaceDecoder("\n ", "\n"), Strip(" ", 1, 0)]
        )
        finals = [char + SUFFIX for char in _byte_alphabet()]  # there from the start, for ties go by number
        trainer = BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=[_END_OF_TEXT_NAME, *finals],
            initial_alphabet=sorted(ByteLevel.alphabet()),
            end_of_word_suffix=SUFFIX,
            show_progress=show_progress,
        )
        backend.train_from_iterator(_checked(texts), trainer)
        backend.normalizer = _normalizer(_unlearnt(backend.get_vocab(with_added_tokens=False)))
        state = json.loads(backend.to_str())
        state["added_tokens"] = []  # text must never become the special token
        state["model"]["vocab"] = _numbered(state["model"]["vocab"])
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
        try:
            return cls(backend)
        except (LookupError, TypeError, ValueError) as error:
            raise _foreign(f"its normalizer or its pre-tokenizer is another one ({error!r})") from None

    def to_json(self) -> str:
        """The text of `tokenizer.json`, the same for the same training."""
        return self._backend.to_str() + "\n"

    @property
    def vocab_size(self) -> int:
        """Number of tokens, the end of text among them."""
        return int(self._backend.get_vocab_size(with_added_tokens=False))

    def normalize(self, text: str) -> str:
        """`text` as the model sees it, without the spaces that begin its lines."""
        seen = self._backend.normalizer.normalize_str(next(_checked([text])))
        return str(seen.removeprefix(" ").replace("\n ", "\n"))

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

        A space before a word belongs to the word, so a trailing space is held back, and so is the one that begins
        every line. `text` must not end inside a word (`words.split_last` sees to it).
        """
        encoding = self._encode(text + "x")
        last = encoding.word_ids[-1]
        count = sum(1 for word in encoding.word_ids if word != last)
        spelled = b"".join(self.token_bytes[id_] for id_ in encoding.ids[count:])
        return np.array(encoding.ids[:count], np.int64), spelled[:-1]

    def spell(self, pre_token: bytes) -> list[int]:
        """Ids of a pre-token that is just these bytes, the last one final."""
        names = _byte_names()
        spelled = self._backend.model.tokenize("".join(names[byte] for byte in pre_token))
        return [token.id for token in spelled]

    def units(self, text: str) -> list[tuple[int, int, int, int]]:
        """The words and marks of `text`: (start, end) in characters, white space before it included, and in tokens."""
        encoding, ends = self._encode(text), _ends(text)
        ids, pre_token_of = encoding.ids, encoding.word_ids  # each made anew whenever it is asked for
        units: list[tuple[int, int, int, int]] = []
        at = start = low = high = 0
        for _, group in groupby(pre_token_of):
            first, high = high, high + len(list(group))
            at += len(b"".join(self.token_bytes[id_] for id_ in ids[first:high]).decode())
            end = max(ends[at - 1], start)
            if text[start:end].strip():
                units.append((start, end, low, high))
                start, low = end, high
        if low < len(pre_token_of):  # white space at the end goes to the last word
            begin, first = (units[-1][0], units[-1][2]) if units else (0, 0)
            units[-1:] = [(begin, len(text), first, len(pre_token_of))]
        return units

    def decode(self, ids: Iterable[int]) -> str:
        """The text that `ids` spell; bytes that are not UTF-8 become U+FFFD."""
        text = b"".join(self.token_bytes[id_] for id_ in ids).decode("utf-8", errors="replace")
        return text.removeprefix(" ").replace("\n ", "\n")

    def _encode(self, text: str) -> Any:  # noqa: ANN401  (tokenizers.Encoding is not typed)
        return self._backend.encode(next(_checked([text])), add_special_tokens=False)


def _ends(text: str) -> list[int]:
    """For each character of the normalised text, with the space before each line, where what it stands for ends."""
    ends, at = [0], 0  # of the space before the first line
    while at < len(text):
        end = _cluster_end(text, at)
        seen = words.normalize(text[at:end])
        size = len(seen) + seen.count("\n")
        ends += range(at + 1, end + 1) if size == end - at else [end] * size
        at = end
    return ends


def _cluster_end(text: str, at: int) -> int:
    """Where the characters end that are normalised with the one at `at`; most stand alone."""
    if text.startswith("\r\n", at):
        return at + 2
    end = after = at + 1
    while after < len(text) and not text[after].isascii():
        if _may_compose(text[after]):
            end = after + 1
        elif words.normalize(text[after]):  # an invisible mark is dropped first
            break
        after += 1
    return end


def _may_compose(char: str) -> bool:
    """Whether NFC may make one of `char` and what stands before it: a mark, the vowel or final consonant of Hangul."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff"


def _part(part: Any) -> Any:  # noqa: ANN401  (as JSON has it)
    """A part of a tokenizer as it stands in `tokenizer.json`; the whole of it would take a tenth of a second."""
    return json.loads(part.__getstate__())


def _normalizer(variants: dict[str, str]) -> Normalizer:
    lines = [Replace(Regex("\r\n?"), "\n"), Replace(Regex(f"[{words.INVISIBLE}]"), ""), NFC()]
    marks = [Replace(variant, mark) for variant, mark in variants.items()]
    return Normalizers([*lines, *marks, Prepend(" "), Replace("\n", "\n ")])


def _pre_tokenizer() -> PreTokenizers:
    split = Split(Regex(words.PATTERN), behavior="isolated")
    return PreTokenizers([split, ByteLevel(add_prefix_space=False, use_regex=False)])


def _unlearnt(vocab: Iterable[str]) -> dict[str, str]:
    """Variants that are to be read as another mark: those that no token of more than one byte holds.

    Both apostrophes lead to one word: where both were learnt, that of more tokens is kept.
    """
    names = "\n".join(name for name in vocab if len(name.removesuffix(SUFFIX)) > 1)
    held = {char: names.count(_name(char)) for char in {*VARIANTS, *"'\"- \N{NO-BREAK SPACE}"}}
    found = {}
    for variant, marks in VARIANTS.items():
        mark = next((mark for mark in marks if held[mark]), marks[0])
        if not held[variant] and (held[mark] or mark.isascii()):
            found[variant] = mark
    if held["’"] > held["'"]:
        found["'"] = "’"
    elif held["’"]:
        found["’"] = "'"
    return found


def _numbered(names: Iterable[str]) -> dict[str, int]:
    """The tokens in the order of their ids."""
    others = [name for name in names if name != _END_OF_TEXT_NAME]
    others.sort(key=lambda name: (not name.endswith(SUFFIX), _spelled(name)))
    return {name: id_ for id_, name in enumerate([_END_OF_TEXT_NAME, *others])}


def _spelled(name: str) -> bytes:
    """The bytes that a token's name stands for."""
    return bytes(_byte_alphabet()[char] for char in name.removesuffix(SUFFIX))


def _name(char: str) -> str:
    """How a character is written in the names of tokens."""
    return "".join(_byte_names()[byte] for byte in char.encode())


def _foreign(reason: str) -> WordgruError:
    return WordgruError(
        f"tokenizer.json is not one of bundle format 2: {reason}; train and export the model again with this version."
    )


def _checked(texts: Iterable[str]) -> Iterator[str]:
    """The same texts; a lone surrogate, which no file can hold, is refused."""
    for text in texts:
        words.check(text)
        yield text


@cache
def _byte_alphabet() -> dict[str, int]:
    """The character that stands for each byte in a byte-level vocabulary (GPT-2's table), inverted."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


@cache
def _byte_names() -> dict[int, str]:
    """The character that stands for each byte."""
    return {byte: name for name, byte in _byte_alphabet().items()}
