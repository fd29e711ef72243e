"""The language model: embedding, GRU, and an output matrix that is the embedding again.

It knows ids and states; it knows nothing of text, files, losses or how it is trained, but for what it drops then.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, linear
from torch.nn.utils.rnn import PackedSequence

from wordgru.config import ModelConfig
from wordgru.training.network.recurrence import native_gru, packed_gru


class GRULanguageModel(nn.Module):
    """Tokens in, logits of the next token out, with the state given and returned.

    Zeros as a state mean that a text begins. The output matrix is tied to the embedding (Press and Wolf 2017,
    "Using the Output Embedding to Improve Language Models"). What is dropped in training follows the AWD-LSTM (Merity
    et al. 2018, "Regularizing and Optimizing LSTM Language Models"); values are dropped by locked masks, the same at
    every step of a sequence (Gal and Ghahramani 2016).

    >>> model = GRULanguageModel(ModelConfig(vocab_size=300, embedding_size=8, hidden_size=16))
    >>> logits, state = model(torch.tensor([[0, 5, 7]]))
    >>> logits.shape, state.shape
    (torch.Size([1, 3, 300]), torch.Size([1, 1, 16]))
    """

    def __init__(
        self,
        config: ModelConfig,
        *,
        embedding_dropout: float = 0.0,
        input_dropout: float = 0.0,
        weight_dropout: float = 0.0,
        dropout: float = 0.0,
        output_dropout: float = 0.0,
    ) -> None:
        """Make a model with random weights.

        Args:
            config: its sizes.
            embedding_dropout: share of the tokens whose embedding is zeros for a step of training, as an input.
            input_dropout: share of the embedding's values dropped in training.
            weight_dropout: share of the weights from state to gates dropped in training (DropConnect).
            dropout: share of values dropped between layers in training; nothing with one layer.
            output_dropout: share of the top layer's values dropped in training.
        """
        super().__init__()
        self.config = config
        self.embedding_dropout, self.input_dropout = embedding_dropout, input_dropout
        self.weight_dropout, self.dropout, self.output_dropout = weight_dropout, dropout, output_dropout
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        self.gru = nn.GRU(config.embedding_size, config.hidden_size, config.layers, batch_first=True)
        self.projection = None
        if config.hidden_size != config.embedding_size:
            self.projection = nn.Linear(config.hidden_size, config.embedding_size)
        self.output_bias = nn.Parameter(torch.zeros(config.vocab_size))
        nn.init.normal_(self.embedding.weight, std=config.embedding_size**-0.5)  # logits of about the top values' size

    def forward(self, input_ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits after every token, as the model is used: nothing is dropped.

        Args:
            input_ids: int64 (B, T).
            state: float32 (L, B, H) as returned for the tokens before; None is zeros: a text begins.

        Returns:
            Logits (B, T, V), and the state after the last token, (L, B, H).
        """
        hidden, state = self.gru(self.embedding(input_ids), state)
        return self.logits(self.project(hidden)), state

    def forward_packed(self, input_ids: Tensor, batch_sizes: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs for `logits` after every token of S packed sequences: all first tokens, then all second, and so on.

        Args:
            input_ids: int64 (N,), longest sequence first, as in `torch.nn.utils.rnn.PackedSequence`.
            batch_sizes: int64 (T,) on the CPU, how many sequences are still running at each step.
            state: float32 (L, S, H), one start state per sequence.

        Returns:
            Outputs (N, E) in the same order, and the state after each sequence's last token, float32 (L, S, H).
        """
        hidden, ends = self.hidden_packed(input_ids, batch_sizes, state)
        return self.project(self.lock(hidden, self.output_dropout, batch_sizes)), ends

    def hidden_packed(self, input_ids: Tensor, batch_sizes: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward_packed`, but for the top layer's values (N, H), of which nothing is dropped yet."""
        inputs = self.embedding(input_ids)  # (N, E)
        if self.embedding_dropout and self.training:
            kept = dropout(inputs.new_ones(self.config.vocab_size), self.embedding_dropout)
            inputs = inputs * kept[input_ids, None]
        inputs = self.lock(inputs, self.input_dropout, batch_sizes)
        drops = self.training and (self.weight_dropout or (self.dropout and self.config.layers > 1))
        if drops or (inputs.device.type == "cpu" and torch.is_grad_enabled()):
            hidden, state = self._recur(inputs, batch_sizes, state)
        else:
            packed, state = self.gru(PackedSequence(inputs, batch_sizes), state)
            hidden = packed.data
        return hidden, state.float()

    def lock(self, values: Tensor, share: float, batch_sizes: Tensor) -> Tensor:
        """Packed values (N, F), in training with a share of them dropped: in each sequence the same ones all along."""
        if not share or not self.training:
            return values
        count = int(batch_sizes[0])
        sequence = (torch.arange(count) < batch_sizes[:, None]).nonzero()[:, 1]  # of each row (N,)
        return values * dropout(values.new_ones(count, values.shape[1]), share)[sequence.to(values.device)]

    def project(self, hidden: Tensor) -> Tensor:
        """The top layer's values (…, H) as the output matrix takes them (…, E)."""
        return hidden if self.projection is None else self.projection(hidden)

    def logits(self, outputs: Tensor) -> Tensor:
        """Logits (…, V) of outputs (…, E)."""
        return linear(outputs, self.embedding.weight, self.output_bias)

    def _recur(self, hidden: Tensor, batch_sizes: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """What `self.gru` computes from a packed sequence, layer by layer, with what is dropped in training."""
        sizes, ends = batch_sizes.tolist(), []
        for layer, (weight_ih, weight_hh, bias_ih, bias_hh) in enumerate(self.gru.all_weights):
            if layer:
                hidden = self.lock(hidden, self.dropout, batch_sizes)
            recurrent = dropout(weight_hh, self.weight_dropout, self.training)
            if hidden.device.type == "cpu":
                hidden, end = packed_gru(linear(hidden, weight_ih, bias_ih), state[layer], recurrent, bias_hh, sizes)
            else:
                hidden, end = native_gru(hidden, state[layer], (weight_ih, recurrent, bias_ih, bias_hh), batch_sizes)
            ends.append(end)
        return hidden, torch.stack(ends)
