"""What an embedding begins with: tokens that have like neighbours in the text begin alike.

How often each token stands before and behind each other one is counted in seconds, and tells of all the text what
steps of training find only as they read it. The counts become positive pointwise mutual information, with smoothed
contexts (Levy, Goldberg and Dagan 2015, "Improving Distributional Similarity with Lessons Learned from Word
Embeddings"), and are reduced to the embedding's size by a randomized singular value decomposition (Halko, Martinsson
and Tropp 2011, "Finding Structure with Randomness"). What it is worth is measured in docs/training.md.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from wordgru.text.tokenizer import END_OF_TEXT
from wordgru.training.data.shards import Shards

_MOST = 12_000_000  # tokens whose neighbours are counted: 4 to 6 s in all on one core, 0.4 GB for the while
_SMOOTHING = 0.75  # power of the contexts' counts, so that rare ones count for less
_LONGEST = 1.5  # length of a vector at most, where the mean square is 1
_NOISE = 0.3  # length of what is added, by which tokens without neighbours of their own differ
_MORE = 16  # directions that are followed besides those wanted
_ROUNDS = 2  # of power iteration


def neighbour_vectors(shards: Shards, size: int, *, seed: int) -> Tensor:
    """Vectors of the tokens, float32 (V, size), with lengths of about 1; equal seeds give equal ones.

    Args:
        shards: the text; of a long one, documents drawn at random.
        size: of the embedding.
        seed: of all that is drawn.
    """
    generator = torch.Generator().manual_seed(seed)
    table = _associations(_running_text(shards, seed), shards.vocab_size)
    found = _reduced(table, min(size, shards.vocab_size), generator)
    vectors = torch.zeros(shards.vocab_size, size)
    vectors[:, : found.shape[1]] = found
    vectors /= vectors.square().sum(1).mean().sqrt().clamp(min=1e-9)
    vectors *= (_LONGEST / vectors.norm(dim=1, keepdim=True).clamp(min=1e-9)).clamp(max=1.0)
    turn, _ = torch.linalg.qr(torch.randn(size, size, generator=generator))  # no value of a vector is the largest
    turned: Tensor = vectors @ turn
    turned += _NOISE * size**-0.5 * torch.randn(vectors.shape, generator=generator)
    return turned


@dataclass(frozen=True)
class _Sparse:
    """A sparse matrix by rows: `columns` and `values` of row r from `starts[r]` on."""

    starts: Tensor
    columns: Tensor
    values: Tensor

    @classmethod
    def of(
        cls, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], values: npt.NDArray[np.float32], height: int
    ) -> "_Sparse":
        order = np.argsort(rows, kind="stable")
        starts = np.searchsorted(rows[order], np.arange(height))
        return cls(*(torch.from_numpy(part) for part in (starts, columns[order], values[order])))

    def times(self, dense: Tensor) -> Tensor:
        """The product with a matrix (columns, k)."""
        rows = dense.contiguous()  # a basis of `qr` lies by columns, which takes ten times as long
        product: Tensor = embedding_bag(self.columns, rows, self.starts, mode="sum", per_sample_weights=self.values)
        return product


def _running_text(shards: Shards, seed: int) -> npt.NDArray[np.int64]:
    """Documents one behind the other, with the end of text between them."""
    parts, count = [np.array([END_OF_TEXT])], 0
    for index in np.random.default_rng(seed).permutation(len(shards)):
        document = shards[int(index)]
        parts += [document, parts[0]]
        count += len(document)
        if count >= _MOST:
            break
    return np.concatenate(parts).astype(np.int64)


def _associations(text: npt.NDArray[np.int64], size: int) -> tuple[_Sparse, _Sparse]:
    """Positive pointwise mutual information (V, 2V) of a token with those behind it and before it; its transpose."""
    pairs, counts = np.unique(text[:-1] * size + text[1:], return_counts=True)
    first, second = pairs // size, pairs % size
    behind, before = _information(first, second, counts, size), _information(second, first, counts, size)
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first + size])
    values = np.concatenate([behind, before]).astype(np.float32)
    rows, columns, values = rows[values > 0], columns[values > 0], values[values > 0]
    return _Sparse.of(rows, columns, values, size), _Sparse.of(columns, rows, values, 2 * size)


def _information(
    tokens: npt.NDArray[np.int64], contexts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], size: int
) -> npt.NDArray[np.float64]:
    """The logarithm of P(context | token) / P(context) for each pair, the contexts' probabilities smoothed."""
    ours = np.bincount(tokens, counts, size)
    theirs = np.bincount(contexts, counts, size) ** _SMOOTHING
    return np.asarray(np.log(counts / ours[tokens] / (theirs / theirs.sum())[contexts]))


def _reduced(table: tuple[_Sparse, _Sparse], rank: int, generator: torch.Generator) -> Tensor:
    """The first left singular vectors (V, rank), times the root of their singular values."""
    matrix, transpose = table
    width, height = len(transpose.starts), len(matrix.starts)
    reached = matrix.times(torch.randn(width, min(rank + _MORE, height), generator=generator))
    for _ in range(_ROUNDS):
        reached = matrix.times(torch.linalg.qr(transpose.times(torch.linalg.qr(reached).Q)).Q)
    basis = torch.linalg.qr(reached).Q
    inner = transpose.times(basis)
    vectors, squares, _ = torch.linalg.svd(inner.T @ inner)
    reduced: Tensor = (basis @ vectors)[:, :rank] * squares[:rank].clamp(min=0).pow(0.25)
    return reduced
