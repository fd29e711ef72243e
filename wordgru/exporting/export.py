"""From a run to a bundle. Every check comes before the bundle appears; a failed one leaves nothing behind.

    weights -> fp32 graph -> equal to torch? -> (int8 graph -> as good as fp32?) -> bundle

fp32 is held to torch by equality, int8 to fp32 by quality on text that the run did not learn from.
"""

import math
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch

from wordgru.bundle import GRAPH_INPUTS, GRAPH_OUTPUTS, Bundle, Precision, check_destination, open_bundle, write_bundle
from wordgru.config import ModelConfig
from wordgru.errors import ExportError
from wordgru.exporting.card import check_about, model_card
from wordgru.graph import Weights, build_graph
from wordgru.search.model import Floats, Ints, OnnxLanguageModel
from wordgru.shipped import facts, shipped_models
from wordgru.text.known import KnownWords
from wordgru.text.tokenizer import END_OF_TEXT, Tokenizer
from wordgru.training.data.local_files import is_local
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.run.checkpoint import (
    load_best_facts,
    load_blocked,
    load_model_config,
    load_model_weights,
    load_run,
    load_tokenizer,
)
from wordgru.training.run.prepare import prepare
from wordgru.training.run.report import Reporter
from wordgru.training.run.settings import TrainConfig

PARITY = 1e-5
"""Largest difference from torch that is allowed, as a part of the largest value (or of 1, if that is more).

Probabilities are compared by their logarithms, else those of a large vocabulary would all be alike.
"""

STEP = 1e-2
"""The same for int8 asked in two ways: a value on the border of two steps may fall to either side."""

PERPLEXITY_CHANGE = {"fp32": 0.005, "int8": 0.005, "int4": 0.06}
"""Largest part by which a precision may raise the perplexity.

int4 costs the English model 2.4%, which was trained to be rounded; weights that were not cost more.
"""

TOP5_OVERLAP = {"fp32": 0.8, "int8": 0.8, "int4": 0.7}
"""Smallest mean share of the five likeliest tokens that fp32 and a precision must have in common.

The English model's int4 has 91%; that of a model which has learnt for seconds has 79%, for it hardly prefers a token.
"""

_LEAST = 1e-30  # less probable tokens are compared as if this probable

_TOKENS = 12_000  # scored to compare precisions: a few seconds, and a change of 0.1% is plain, for the text is the same

_MOST_TOKENS = 5  # a word; where there are more, white space does not part words


@dataclass(frozen=True)
class Quality:
    """A graph on held-out text, beside the fp32 graph on the same text.

    Attributes:
        perplexity: exp(nats of the whole text / words between white space), ends of texts included.
        fp32_perplexity: the same of the fp32 graph.
        bits_per_byte: bits of the whole text / bytes of its UTF-8.
        top5_overlap: mean share of the five likeliest tokens that both have in common, 0 to 1.
        tokens: tokens scored, ends of texts included.
        words: words scored.
        per: what the perplexity is per: "word", or "token" where white space does not part words.
    """

    perplexity: float
    fp32_perplexity: float
    bits_per_byte: float
    top5_overlap: float
    tokens: int
    words: int
    per: Literal["word", "token"] = "word"

    @property
    def change(self) -> float:
        """By which part the perplexity differs from fp32: 0.01 is one percent worse."""
        return self.perplexity / self.fp32_perplexity - 1


@dataclass(frozen=True)
class ExportReport:
    """What was written, and what the checks found.

    Attributes:
        bundle: the bundle.
        parity: largest difference between the fp32 graph and torch, as `PARITY` counts it.
        quality: figures on held-out text.
    """

    bundle: Bundle
    parity: float
    quality: Quality


def export_run(
    run: Path,
    bundle: Path,
    *,
    precision: Precision,
    overwrite: bool = False,
    license: str = "other",
    languages: Sequence[str] = (),
    about: str = "",
    blocked: Iterable[str] | None = None,
    known: Iterable[str] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> ExportReport:
    """Write the run's best weights as a bundle.

    Args:
        run: folder of the run.
        bundle: folder to write.
        precision: "fp32", "int8" or "int4".
        overwrite: replace a bundle that is already there.
        license: licence of the model for its card, as the Hub spells it ("apache-2.0").
        languages: codes of the languages for the card ("en").
        about: Markdown for the card on the data, its owners and licences; with front matter, see `model_card`.
        blocked: words that the bundle never offers; None are those of the model that the run began with.
        known: words that the language knows; others are more probably slips. None: the bundle does not say.
        say: is told each step, a line at a time.

    Raises:
        ExportError: a check failed; it says which, and nothing was written.
        WordgruError: the run, its text or the destination cannot be used.
    """
    check_destination(bundle, overwrite=overwrite)
    check_about(about)
    sizes, tokenizer = load_model_config(run), load_tokenizer(run)
    say("building the graph and comparing it with torch")
    graph, fp32, parity = _checked_graphs(sizes, load_model_weights(run), precision)
    say("loading the run's validation text")
    settings = load_run(run)
    documents = prepare(settings, run, dataset=None, reporter=Reporter(run, speaks=False)).validation.documents
    say(f"scoring {precision} on it")
    quality = measure(graph, fp32, sizes, tokenizer, documents)
    check_quality(quality, precision)
    figures = _quality_facts(quality, parity)
    written = write_bundle(
        bundle,
        model=graph,
        tokenizer_json=tokenizer.to_json(),
        sizes=sizes,
        precision=precision,
        card=_card(
            settings, sizes, precision=precision, license=license, languages=languages, about=about, quality=figures
        ),
        training={"settings": _settings(settings), "best": load_best_facts(run)},
        quality=figures,
        blocked=load_blocked(run) if blocked is None else blocked,
        known=KnownWords.of(known).to_bytes() if known is not None else None,
        overwrite=overwrite,
    )
    return ExportReport(written, parity, quality)


def check_parity(graph: bytes, sizes: ModelConfig, weights: Weights) -> float:
    """The largest difference between an fp32 graph and torch, over several shapes and start states.

    Raises:
        ExportError: it is more than `PARITY`; or the graph contradicts itself (`check_consistency`).
    """
    model = GRULanguageModel(sizes).eval()
    model.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    run = _runner(graph)
    worst = 0.0
    for batch, time in ((1, 1), (1, 33), (3, 7), (8, 2)):
        for start in ("zeros", "a random state"):
            ids, state = _example(sizes, batch, time)
            state = state * np.float32(start != "zeros")
            with torch.inference_mode():
                logits, after = model(torch.from_numpy(ids), torch.from_numpy(state))
                expected = (logits.log_softmax(dim=-1).clamp(min=math.log(_LEAST)), after)
            got = run(ids, state, np.arange(time))
            what = f"equal to torch, batch {batch}, {time} tokens from {start}"
            for name, one, other in zip(GRAPH_OUTPUTS, got, expected, strict=True):
                worst = max(worst, _agree(f"{what}: {name}", one, other.numpy()))
    return max(worst, check_consistency(graph, sizes))


def check_consistency(graph: bytes, sizes: ModelConfig, *, tolerance: float = PARITY) -> float:
    """The largest difference between ways to ask a graph the same: in parts, for some positions, with other rows.

    Raises:
        ExportError: it is more than `tolerance`.
    """
    run = _runner(graph)
    ids, state = _example(sizes, 3, 12)
    rows, last = run(ids, state, np.arange(12))
    parts, carried = [], state
    for start, end in ((0, 5), (5, 6), (6, 12)):
        part, carried = run(ids[:, start:end], carried, np.arange(end - start))
        parts.append(part)
    some, _ = run(ids, state, np.array([-1, 0, 4]))
    alone, alone_last = run(ids[1:2], state[:, 1:2], np.arange(12))
    cases = (
        ("parts equal the whole: probabilities", np.concatenate(parts, axis=1), rows),
        ("parts equal the whole: next_state", carried, last),
        ("some positions equal the whole: probabilities", some, rows[:, [-1, 0, 4]]),
        ("a row alone equals the batch: probabilities", alone, rows[1:2]),
        ("a row alone equals the batch: next_state", alone_last, last[:, 1:2]),
    )
    return max(_agree(*case, tolerance) for case in cases)


def check_quality(quality: Quality, precision: Precision = "int8") -> None:
    """Refuse a graph that is clearly worse than fp32.

    Raises:
        ExportError: the perplexity rises by more than `PERPLEXITY_CHANGE`, or the overlap is below `TOP5_OVERLAP`.
    """
    most = PERPLEXITY_CHANGE[precision]
    if not quality.change <= most:
        raise ExportError(
            f"check failed: perplexity per {quality.per} is {quality.perplexity:.2f}, "
            f"with fp32 {quality.fp32_perplexity:.2f} ({quality.change:+.2%}); "
            f"expected at most {most:+.1%}. Export with --precision fp32."
        )
    if quality.top5_overlap < TOP5_OVERLAP[precision]:
        raise ExportError(
            f"check failed: the five likeliest tokens agree with fp32 to {quality.top5_overlap:.1%}; expected at least "
            f"{TOP5_OVERLAP[precision]:.0%}. Export with --precision fp32."
        )


def measure(graph: bytes, fp32: bytes, sizes: ModelConfig, tokenizer: Tokenizer, documents: Sequence[Ints]) -> Quality:
    """Score two graphs on 12,000 tokens of documents taken at random; each is read from zeros, its end included."""
    models = [_language_model(content, sizes) for content in (graph, fp32)]
    nats, overlap, tokens, words, size = np.zeros(2), 0.0, 0, 0, 0
    for index in np.random.default_rng(0).permutation(len(documents)):
        document = documents[index][: _TOKENS - tokens]
        inputs, targets = np.append(END_OF_TEXT, document), np.append(document, END_OF_TEXT)
        rows = [model.score(inputs, model.initial_state())[0] for model in models]  # 2 x (T, V)
        nats -= [float(logs[np.arange(len(targets)), targets].sum(dtype=np.float64)) for logs in rows]
        overlap += _shared_top5(*rows)
        tokens += len(targets)
        text = tokenizer.decode(document.tolist())
        words, size = words + len(text.split()), size + len(text.encode())
        if tokens >= _TOKENS:
            break
    if not words:
        raise ExportError("the run's validation text has no words; expected some to compare on. Train on more text.")
    unspaced = tokens > _MOST_TOKENS * words
    perplexity, fp32_perplexity = np.exp(nats / (tokens if unspaced else words))
    return Quality(
        perplexity=float(perplexity),
        fp32_perplexity=float(fp32_perplexity),
        bits_per_byte=float(nats[0]) / math.log(2) / size,
        top5_overlap=overlap / tokens,
        tokens=tokens,
        words=words,
        per="token" if unspaced else "word",
    )


def _checked_graphs(sizes: ModelConfig, weights: Weights, precision: Precision) -> tuple[bytes, bytes, float]:
    """The graph in `precision`, the graph in fp32, and how far the latter is from torch."""
    fp32 = build_graph(sizes, weights, precision="fp32").SerializeToString()
    parity = check_parity(fp32, sizes, weights)
    if precision == "fp32":
        return fp32, fp32, parity
    graph = build_graph(sizes, weights, precision=precision).SerializeToString()
    check_consistency(graph, sizes, tolerance=STEP)
    return graph, fp32, parity


def _language_model(graph: bytes, sizes: ModelConfig) -> OnnxLanguageModel:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(graph)
        return OnnxLanguageModel(path, sizes)


def _runner(graph: bytes) -> Callable[[Ints, Floats, Ints], Sequence[Floats]]:
    """A graph as a function of input_ids, state and positions, with the logarithms of its probabilities."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(*inputs: npt.NDArray[Any]) -> Sequence[Floats]:
        probabilities, after = session.run(GRAPH_OUTPUTS, dict(zip(GRAPH_INPUTS, inputs, strict=True)))
        return np.log(np.maximum(probabilities, np.float32(_LEAST))), after

    return run


def _example(sizes: ModelConfig, batch: int, time: int) -> tuple[Ints, Floats]:
    """Random ids (B, T), and a random state (L, B, H) of values that a GRU can have."""
    random = np.random.default_rng(batch * 1000 + time)
    state = random.uniform(-1, 1, (sizes.layers, batch, sizes.hidden_size)).astype(np.float32)
    return random.integers(0, sizes.vocab_size, (batch, time)), state


def _agree(check: str, got: Floats, expected: Floats, tolerance: float = PARITY) -> float:
    """The largest difference as `PARITY` counts it; more than `tolerance` raises."""
    if got.shape != expected.shape:
        raise ExportError(f"check failed: {check}: the shape is {got.shape}; expected {expected.shape}.")
    difference = float(np.abs(got - expected).max() / max(1.0, np.abs(expected).max()))
    if not difference <= tolerance:
        raise ExportError(f"check failed: {check} differs by {difference:.1e}; expected at most {tolerance:.0e}.")
    return difference


def _shared_top5(one: Floats, other: Floats) -> float:
    """Sum over rows of the share of the five likeliest that both have."""
    tops = [np.argpartition(-rows, 5, axis=1)[:, :5] for rows in (one, other)]
    return float((tops[0][:, :, None] == tops[1][:, None, :]).sum()) / 5


def _card(
    settings: TrainConfig, sizes: ModelConfig, *, precision: Precision, license: str, languages: Sequence[str],
    about: str, quality: Mapping[str, Any],
) -> str:  # fmt: skip
    """The model card of a run's bundle."""
    return model_card(
        sizes=sizes,
        precision=precision,
        license=license,
        languages=languages,
        data=_data(settings),
        datasets=[source for source in settings.text.sources if not is_local(source)],
        settings={name: value for name, value in _settings(settings).items() if not isinstance(value, dict)},
        quality=quality,
        about=about,
    )


def _settings(settings: TrainConfig) -> dict[str, Any]:
    """The run's settings, without the folders of the machine it was trained on."""
    values = settings.to_dict()
    values["text"]["sources"] = [_public(source) for source in settings.text.sources]
    values["init_from"] = _public(settings.init_from) if settings.init_from else None
    values["validation_sources"] = [_public(source) for source in settings.validation_sources]
    return values


def _data(settings: TrainConfig) -> str:
    """What a run was trained on, in words."""
    text, origin = settings.text, settings.init_from
    data = ", ".join(f"`{_public(source)}`" for source in text.sources) + (f" ({text.name})" if text.name else "")
    data = data or "the documentation that comes with CPython (PSF licence)"
    if origin and (folder := shipped_models().get(origin)):
        licence = facts(open_bundle(folder), origin).licence
        return f"{data}, beginning with the model {origin} of wordgru ({licence}), whose licence goes on"
    return f"{data}, beginning with the weights of `{_public(origin)}`, whose licence goes on" if origin else data


def _public(source: str) -> str:
    """A source without the folders of the machine; a name on the Hub as it is."""
    return Path(source).name if is_local(source) else source


def _quality_facts(quality: Quality, parity: float) -> dict[str, Any]:
    return {
        f"perplexity_per_{quality.per}": round(quality.perplexity, 3),
        f"fp32_perplexity_per_{quality.per}": round(quality.fp32_perplexity, 3),
        "bits_per_byte": round(quality.bits_per_byte, 4),
        "top5_overlap_with_fp32": round(quality.top5_overlap, 4),
        "fp32_difference_from_torch": parity,
        "text": f"{quality.tokens} tokens, {quality.words} words of the run's validation text",
    }
