"""The language model: embedding, GRU, and an output matrix that is the embedding again.

It knows ids and states; it knows nothing of text, files, losses or how it is trained.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, linear
from torch.nn.utils.rnn import PackedSequence

from wordgru.config import ModelConfig
from wordgru.training.recurrence import packed_gru


class GRULanguageModel(nn.Module):
    """Pieces in, logits of the next piece out, with the state given and returned.

    Zeros as a state mean that a text begins. The output matrix is tied to the embedding (Press and Wolf 2017,
    "Using the Output Embedding to Improve Language Models").

    >>> model = GRULanguageModel(ModelConfig(vocab_size=300, embedding_size=8, hidden_size=16))
    >>> logits, state = model(torch.tensor([[0, 5, 7]]))
    >>> logits.shape, state.shape
    (torch.Size([1, 3, 300]), torch.Size([1, 1, 16]))
    """

    def __init__(
        self,
        config: ModelConfig,
        *,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        output_dropout: float = 0.0,
    ) -> None:
        """Make a model with random weights.

        Args:
            config: its sizes.
            dropout: share of values dropped between layers in training; nothing with one layer.
            embedding_dropout: share of the embedding's values dropped in training.
            output_dropout: share of the top layer's values dropped in training.
        """
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.gru = nn.GRU(
            config.embedding_size,
            config.hidden_size,
            config.layers,
            dropout=dropout if config.layers > 1 else 0.0,
            batch_first=True,
        )
        self.output_dropout = nn.Dropout(output_dropout)
        self.projection = None
        if config.hidden_size != config.embedding_size:
            self.projection = nn.Linear(config.hidden_size, config.embedding_size)
        self.output_bias = nn.Parameter(torch.zeros(config.vocab_size))
        nn.init.normal_(self.embedding.weight, std=config.embedding_size**-0.5)  # logits of about the top values' size

    def forward(self, input_ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits after every piece.

        Args:
            input_ids: int64 (B, T).
            state: float32 (L, B, H) as returned for the pieces before; None is zeros: a text begins.

        Returns:
            Logits (B, T, V), and the state after the last piece, (L, B, H).
        """
        hidden, state = self.gru(self.embedding_dropout(self.embedding(input_ids)), state)
        return self.logits(self._outputs(hidden)), state

    def forward_packed(self, input_ids: Tensor, batch_sizes: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs for `logits` after every piece of S packed sequences: all first pieces, then all second, and so on.

        Args:
            input_ids: int64 (N,), longest sequence first, as in `torch.nn.utils.rnn.PackedSequence`.
            batch_sizes: int64 (T,) on the CPU, how many sequences are still running at each step.
            state: float32 (L, S, H), one start state per sequence.

        Returns:
            Outputs (N, E) in the same order, and the state after each sequence's last piece, float32 (L, S, H).
        """
        inputs = self.embedding_dropout(self.embedding(input_ids))  # (N, E)
        if inputs.device.type == "cpu" and torch.is_grad_enabled():
            hidden, state = self._recur(inputs, batch_sizes, state)
        else:
            packed, state = self.gru(PackedSequence(inputs, batch_sizes), state)
            hidden = packed.data
        return self._outputs(hidden), state.float()

    def logits(self, outputs: Tensor) -> Tensor:
        """Logits (…, V) of outputs (…, E)."""
        return linear(outputs, self.embedding.weight, self.output_bias)

    def _recur(self, hidden: Tensor, batch_sizes: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """What `self.gru` computes from a packed sequence, made to be trained on a CPU."""
        gru, sizes, ends = self.gru, batch_sizes.tolist(), []
        for layer, (weight_ih, weight_hh, bias_ih, bias_hh) in enumerate(gru.all_weights):
            if layer:
                hidden = dropout(hidden, gru.dropout, self.training)
            gates = linear(hidden, weight_ih, bias_ih)
            hidden, end = packed_gru(gates, state[layer], weight_hh, bias_hh, sizes)
            ends.append(end)
        return hidden, torch.stack(ends)

    def _outputs(self, hidden: Tensor) -> Tensor:
        """The top layer's values (…, H) as the output matrix takes them (…, E)."""
        hidden = self.output_dropout(hidden)
        return hidden if self.projection is None else self.projection(hidden)
