"""`wordgru evaluate --perplexity`: texts judged as running text, by perplexity alone, with models that may adapt."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.table import Table
from rich.text import Text

from wordgru.cli.usage import belongs
from wordgru.config import DynamicOptions
from wordgru.errors import TextError, WordgruError
from wordgru.evaluation.bench import Document
from wordgru.evaluation.cache import CachedReader, CacheOptions
from wordgru.evaluation.output import console, progress_bar, write_json
from wordgru.evaluation.predictor import PredictorSubject
from wordgru.evaluation.running import DEFINITION, Likelihood, ModelReader, Reader, likelihood
from wordgru.predictor import THREADS, Predictor
from wordgru.text.tokenizer import Tokenizer

_CACHE, _DYNAMIC = CacheOptions(), DynamicOptions()
_FLAGS = (
    click.option(
        "--perplexity", is_flag=True,
        help="Judge each source as one running text, by its perplexity per word alone, as the literature does.",
    ),
    click.option("--cache", is_flag=True, help="The same with a continuous cache: what was just read comes again."),
    click.option("--cache-size", default=_CACHE.size, show_default=True, help="Tokens that it looks back on."),
    click.option("--cache-theta", default=_CACHE.theta, show_default=True, help="How much more similar places count."),
    click.option("--cache-share", default=_CACHE.share, show_default=True, help="Its share of the probability."),
    click.option(
        "--dynamic", is_flag=True,
        help="The same with a model that learns while it reads; needs the [train] extra, and --model names a run.",
    ),
    click.option("--dynamic-block", default=_DYNAMIC.block, show_default=True, help="Tokens between two steps."),
    click.option("--dynamic-rate", default=_DYNAMIC.rate, show_default=True, help="Length of a step."),
    click.option(
        "--dynamic-decay", default=_DYNAMIC.decay, show_default=True,
        help="Share of the way back to the trained weights, at each step.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class RunningOptions:
    """How readers adapt; None is not at all."""

    cache: CacheOptions | None
    dynamic: DynamicOptions | None


@dataclass(frozen=True)
class _Judged:
    """A model's likelihoods, one for each text."""

    name: str
    texts: tuple[Likelihood, ...]
    seconds: float


def running_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags of this judgement; `running_options` reads their values."""
    command = belongs("--cache-size --cache-theta --cache-share", to="--cache")(command)
    command = belongs("--dynamic-block --dynamic-rate --dynamic-decay", to="--dynamic")(command)
    for flag in reversed(_FLAGS):
        command = flag(command)
    return command


def running_options(flags: Mapping[str, Any]) -> RunningOptions | None:
    """What the values of `running_flags` ask for; None if this judgement is not wanted."""
    cache = CacheOptions(*(flags[f"cache_{name}"] for name in ("size", "theta", "share"))) if flags["cache"] else None
    names = ("block", "rate", "decay")
    dynamic = DynamicOptions(*(flags[f"dynamic_{name}"] for name in names)) if flags["dynamic"] else None
    return RunningOptions(cache, dynamic) if flags["perplexity"] or cache or dynamic else None


def judge_running(
    documents: Sequence[Document], models: Sequence[str | None], options: RunningOptions, *,
    json_file: str | None, device: str, threads: int,
) -> None:  # fmt: skip
    """Judge the lines of each group as one text, and print or write what is found."""
    texts: dict[str, str] = {}
    for document in documents:
        texts[document.group] = texts.get(document.group, "") + document.text + "\n"
    if not texts:
        raise TextError("the text holds no document; expected words or lines. Check the source and its column.")
    found = [_judge(model, texts, options, device, threads) for model in models]
    if json_file:
        write_json(json_file, {"definition": DEFINITION, "evaluations": [_plain(each) for each in found]})
    if json_file != "-":
        out = console()
        out.print(_table(found))
        out.print(Text(DEFINITION, style="dim"))


def _judge(model: str | None, texts: Mapping[str, str], options: RunningOptions, device: str, threads: int) -> _Judged:
    """Let one model read every text, each with a new reader."""
    started = time.perf_counter()
    name, tokenizer, reader = _open(model, options, device, threads)
    found = []
    for group, text in texts.items():
        with progress_bar() as bar:
            task = bar.add_task(name, total=len(tokenizer.encode(text)))
            found.append(likelihood(group, text, tokenizer, reader(), progress=partial(bar.advance, task)))
    return _Judged(name, tuple(found), time.perf_counter() - started)


def _open(
    model: str | None, options: RunningOptions, device: str, threads: int
) -> tuple[str, Tokenizer, Callable[[], Reader]]:
    """A model's name, its tokenizer, and what makes a reader that has read nothing."""
    dynamic, cache = options.dynamic, options.cache
    opened = _open_run(model, dynamic, device, threads) if dynamic else _open_bundle(model, device, threads)
    name, tokenizer, reader = opened
    return name, tokenizer, (lambda: CachedReader(reader(), cache)) if cache else reader


def _open_bundle(model: str | None, device: str, threads: int) -> tuple[str, Tokenizer, Callable[[], Reader]]:
    predictor = Predictor.load(model, device=device, threads=threads)
    return PredictorSubject(predictor).name, predictor.tokenizer, lambda: ModelReader(predictor.model)


def _open_run(
    model: str | None, options: DynamicOptions, device: str, threads: int
) -> tuple[str, Tokenizer, Callable[[], Reader]]:
    try:
        from wordgru.training.run.checkpoint import load_best_facts, load_tokenizer, newest_checkpoint
        from wordgru.training.run.dynamic import DynamicReader
    except ModuleNotFoundError as error:
        raise WordgruError(
            f"--dynamic needs {error.name}, which is not installed; pip install 'wordgru[train]'."
        ) from None
    if model is None:
        raise WordgruError("--dynamic changes the weights of a run; name the folder of one, with --model.")
    THREADS.check("threads", threads)
    run = Path(model)
    if not (newest_checkpoint(run) or load_best_facts(run)):
        raise WordgruError(
            f"{model}: holds no checkpoint; --dynamic learns, so it needs the folder of a run, not a bundle."
        )
    return run.resolve().name, load_tokenizer(run), lambda: DynamicReader(run, options, device=device, threads=threads)


def _plain(judged: _Judged) -> dict[str, Any]:
    """Plain values, ready for JSON; nats of whole texts."""
    rows = [
        {**asdict(each), "perplexity": each.perplexity, "bits_per_byte": each.bits_per_byte} for each in judged.texts
    ]
    return {"name": judged.name, "rows": rows, "seconds": judged.seconds}


def _table(found: Sequence[_Judged]) -> Table:
    """A row for each model and text."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for at, title in enumerate(("model", "text", "words", "tokens", "bits per byte", "perplexity per word")):
        table.add_column(title, justify="right" if at > 1 else "left")
    for judged in found:
        for each in judged.texts:
            counts = (f"{each.words:,}", f"{each.tokens:,}")
            figures = (f"{each.bits_per_byte:.3f}", f"{each.perplexity:,.2f}")
            table.add_row(Text(judged.name), Text(each.name), *counts, *figures)
    return table
