"""What an embedding begins with."""

import numpy as np
import pytest
import torch
from datasets import Dataset

from tests.training.runs import small_config, write_text
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.shards import write_shards
from wordgru.training.network.vectors import neighbour_vectors
from wordgru.training.run import trainer
from wordgru.training.run.checkpoint import load_model_weights
from wordgru.training.run.loop import train


@pytest.fixture
def learnt(tmp_path, monkeypatch):
    """Shards of a text in which two kinds of words take turns, and the tokenizer."""
    monkeypatch.setenv("WORDGRU_CACHE", str(tmp_path))
    random = np.random.default_rng(0)
    kinds = [["red", "blue", "green", "grey"], ["horse", "stone", "river", "cloud"]]
    lines = [" " + " ".join(str(random.choice(kinds[at % 2])) for at in range(12)) for _ in range(300)]
    tokenizer = Tokenizer.train(lines, vocab_size=560)
    return write_shards(Dataset.from_dict({"text": lines}), tokenizer, max_document=100), tokenizer, kinds


def test_tokens_with_like_neighbours_begin_alike(learnt):
    shards, tokenizer, kinds = learnt
    vectors = torch.nn.functional.normalize(neighbour_vectors(shards, 16, seed=1))
    ids = {word: tokenizer.token_bytes.index(f" {word}".encode()) for kind in kinds for word in kind}
    for kind, other in (kinds, kinds[::-1]):
        for word in kind:
            like = [float(vectors[ids[word]] @ vectors[ids[one]]) for one in kind if one != word]
            unlike = [float(vectors[ids[word]] @ vectors[ids[one]]) for one in other]
            assert min(like) > max(unlike) + 0.3


@pytest.mark.parametrize("size", [1, 16, 500])
def test_vectors_have_lengths_of_about_one_and_depend_on_the_seed_alone(learnt, size):
    shards, _, _ = learnt
    vectors = neighbour_vectors(shards, size, seed=1)
    assert vectors.shape == (shards.vocab_size, size)
    assert vectors.dtype == torch.float32
    assert 0.2 < float(vectors.norm(dim=1).mean()) < 2
    assert torch.equal(vectors, neighbour_vectors(shards, size, seed=1))
    assert not torch.equal(vectors, neighbour_vectors(shards, size, seed=2))


def test_a_text_of_one_word_has_vectors_too(learnt):
    _, tokenizer, _ = learnt
    shards = write_shards(Dataset.from_dict({"text": ["red"] * 20}), tokenizer, max_document=100)
    assert torch.isfinite(neighbour_vectors(shards, 16, seed=1)).all()


@pytest.mark.parametrize("start", ["neighbours", "random"])
def test_a_run_begins_with_them_unless_told_otherwise(tmp_path, monkeypatch, start):
    monkeypatch.setattr(
        trainer, "neighbour_vectors", lambda shards, size, *, seed: torch.full((shards.vocab_size, size), 7.0)
    )
    text = write_text(tmp_path / "text.txt")
    result = train(small_config(text, steps=1, learning_rate=1e-3, embedding_start=start), tmp_path / "run")
    embedding = load_model_weights(result.run)["embedding.weight"]
    assert np.allclose(embedding, 7, atol=0.01) == (start == "neighbours")
