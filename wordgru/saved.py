"""A session as a few kilobytes, and back."""

import hashlib
import io
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from wordgru.errors import WordgruError
from wordgru.search.model import Floats, LanguageModel
from wordgru.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Saved:
    """What is kept of a session.

    Attributes:
        text: of the field.
        before: what is read before it.
        committed: what the person's words have learnt of the field, and their clock before.
        tokens: of what was read.
        mark: where that text can be cut: characters and tokens.
        state: the model's before the last token.
    """

    text: str
    before: str
    committed: tuple[str, float]
    tokens: npt.NDArray[np.int32]
    mark: tuple[int, int]
    state: Floats

    def to_bytes(self, tokenizer: Tokenizer, identity: str) -> bytes:
        """All of it, with what says of which model it is."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            text=_of(self.text),
            before=_of(self.before),
            tokens=self.tokens,
            mark=np.array(self.mark),
            state=self.state,
            committed=_of(self.committed[0]),
            since=self.committed[1],
            model=np.frombuffer(_digest(tokenizer, self.state.shape, identity), np.uint8),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, model: LanguageModel, tokenizer: Tokenizer, identity: str) -> Self:
        """What `to_bytes` made into `data`.

        Raises:
            WordgruError: it is broken, or of another model.
        """
        import zipfile  # these take 4 ms of every start that restores no session
        import zlib

        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as saved:
                text = saved["text"].tobytes().decode()
                before = saved["before"].tobytes().decode() if "before" in saved else ""
                tokens, state, digest = saved["tokens"].astype(np.int32), saved["state"], saved["model"].tobytes()
                chars, count = saved["mark"].tolist()
                committed = (saved["committed"].tobytes().decode(), float(saved["since"]))
        except (
            zipfile.BadZipFile, zlib.error, ValueError, KeyError, OSError, EOFError, RuntimeError, AttributeError,
            TypeError,
        ) as error:  # fmt: skip
            raise WordgruError(f"the saved session cannot be read ({error}); start a new one.") from None
        if digest != _digest(tokenizer, state.shape, identity) or state.shape != model.initial_state().shape:
            raise WordgruError("the saved session is of another model; load that model, or start a new session.")
        return cls(text, before, committed, tokens, (chars, count), state)


def _of(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _digest(tokenizer: Tokenizer, shape: tuple[int, ...], identity: str) -> bytes:
    """What a saved session and a model must share."""
    return hashlib.sha256(b"\0".join(tokenizer.token_bytes) + f"{shape} {identity}".encode()).digest()
