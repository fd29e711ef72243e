"""Measure sizes and speed: `python scripts/benchmark.py [--json FILE] [--picture FILE]`, or `make bench`.

The same random weights in every runtime, in one run, in turn. `docs/benchmark.md` says what each row means.
"""

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
import torch
from bench import measure, models
from bench.eager import export_with_torch
from bench.models import BATCH, COLD_STEP, EXPORTED, FP32, INT8, LONG, SHORT, STEP, TORCH, Subject
from bench.report import Report, Row, check_folder, check_picture, draw, of_seconds, write_json
from bench.rivals import Rival, open_rivals

from wordgru.bundle import Bundle, open_bundle, write_bundle
from wordgru.cli import run
from wordgru.config import ModelConfig
from wordgru.errors import WordgruError
from wordgru.search.model import Ints, LanguageModel, OnnxLanguageModel
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.text import TextConfig, documents, load_text
from wordgru.training.run.settings import PRESETS, TrainConfig

_MEMORY = 256_000_000  # bytes: more than any cache holds


@dataclass(frozen=True)
class Options:
    """What is measured, and how; the flags.

    Attributes:
        sizes: of the model, where given; `vocab_size` and so on.
        threads: of every runtime.
        rounds: turns that each subject has.
        keystrokes: typed into each subject.
        clock: "wall" or "cpu".
        bundle: a trained bundle for keystrokes and cold start.
        exporter: whether torch's own exporter is a subject too.
        rivals: whether a transformer and KenLM are measured too.
        text: sources of the text; none for Python's documentation.
    """

    sizes: dict[str, int]
    threads: int
    rounds: int
    keystrokes: int
    clock: str
    bundle: Path | None
    exporter: bool
    rivals: bool
    text: tuple[str, ...]


@click.command("benchmark", context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--vocab-size", type=click.IntRange(min=513), help="Tokens.  [default: 16000]", show_default=False)
@click.option("--embedding-size", type=click.IntRange(min=1), help="[default: 512]", show_default=False)
@click.option("--hidden-size", type=click.IntRange(min=1), help="[default: 512]", show_default=False)
@click.option("--layers", type=click.IntRange(min=1), help="[default: 2]", show_default=False)
@click.option("--threads", type=click.IntRange(min=1), default=1, help="Cores that a call may use.")
@click.option("--rounds", type=click.IntRange(min=1), default=100, help="Turns of each subject.")
@click.option("--keystrokes", type=click.IntRange(min=1), default=1000, help="Typed into each subject.")
@click.option("--clock", type=click.Choice(list(measure.CLOCKS)), default="wall",
              help="Time that passes, or that the process computes (for a busy machine; one thread).")  # fmt: skip
@click.option("--bundle", type=click.Path(path_type=Path), help="A trained bundle, for keystrokes and cold start.")
@click.option("--text", multiple=True, help="File to type, and to learn tokens from.  [default: Python's own docs]")
@click.option("--exporter", is_flag=True, help="Measure the graph of torch.onnx.export too.")
@click.option("--rivals", is_flag=True, help="Measure a transformer of 82M parameters and, if installed, KenLM too.")
@click.option("--training", is_flag=True, help="Measure the training step instead (sizes of the preset small).")
@click.option("--json", "json_file", metavar="FILE", help="Write all figures as JSON; - for standard output, alone.")
@click.option("--picture", type=click.Path(path_type=Path), help="Draw the main rows (.png, .svg or .pdf).")
def benchmark(
    threads: int, rounds: int, keystrokes: int, clock: str, bundle: Path | None, text: tuple[str, ...], exporter: bool,
    rivals: bool, training: bool, json_file: str | None, picture: Path | None, **sizes: int | None,
) -> None:  # fmt: skip
    """Measure how fast and how large wordgru's graphs are, beside other runtimes with the same weights."""
    if clock == "cpu" and threads > 1:
        raise WordgruError(f"--clock cpu adds up {threads} threads; expected --threads 1, or --clock wall.")
    if picture:
        check_picture(picture)
    if json_file and json_file != "-":
        check_folder(Path(json_file))
    given = {name: value for name, value in sizes.items() if value is not None}
    options = Options(given, threads, rounds, keystrokes, clock, bundle, exporter, rivals, text)
    torch.set_num_threads(threads)
    report = _training(options) if training else _prediction(options)
    if json_file:
        write_json(json_file, {"machine": _machine(options), **report.to_dict()})
    if json_file != "-":
        report.print()
    if picture:
        draw([report], picture)


def _prediction(options: Options) -> Report:
    """The first part: what a user of the model waits for."""
    texts = list(documents(load_text(TextConfig(sources=options.text))))
    sizes = {"vocab_size": 16000, "embedding_size": 512, "hidden_size": 512, "layers": 2} | options.sizes
    _say(f"learning {sizes['vocab_size']:,} tokens")
    tokenizer = Tokenizer.train(texts, vocab_size=sizes["vocab_size"])
    config = ModelConfig(**(sizes | {"vocab_size": tokenizer.vocab_size}))
    tokens = np.concatenate(tokenizer.encode_batch(texts))
    notes = []
    with TemporaryDirectory(prefix="wordgru-benchmark-") as name:
        folder = Path(name)
        weights = models.random_weights(config, np.bincount(tokens, minlength=config.vocab_size))
        files = models.write_models(folder, config, weights)
        if options.exporter:
            try:
                export_with_torch(files[TORCH], config, folder / "exported.onnx")
                files[EXPORTED] = folder / "exported.onnx"
            except WordgruError as error:
                notes.append(f"{EXPORTED} is left out: {error}")
        subjects = models.open_subjects(files, config, threads=options.threads)
        ids, rivals = np.resize(tokens, 512), list[Rival]()
        if options.rivals:
            _say("a transformer, n-grams")
            rivals = open_rivals(folder, texts, ids, vocab_size=config.vocab_size, threads=options.threads)
        timed = _timed(subjects, rivals, ids, options)
        typed, note = _typed(subjects, rivals, tokenizer, texts, options)
        rows = (*timed, *typed, *_cold(files[INT8], tokenizer, config, options), *_static(subjects, rivals, config))
    title = f"V={config.vocab_size:,} E={config.embedding_size} H={config.hidden_size}, {config.layers} layers"
    columns = (*(subject.name for subject in subjects), *(rival.name for rival in rivals))
    return Report(
        f"{title}, {options.threads} thread(s), {options.clock} time; {_where()}",
        columns, (FP32, TORCH, *columns[len(subjects) :][:1]), rows, (*notes, note, *(rival.note for rival in rivals)),
    )  # fmt: skip


def _timed(subjects: list[Subject], rivals: list[Rival], ids: Ints, options: Options) -> list[Row]:
    """Calls of the model, and the limits of one step."""
    clock, rounds = measure.CLOCKS[options.clock], options.rounds
    calls = {s.name: models.calls_of(s.model, ids) for s in subjects} | {r.name: r.calls for r in rivals}
    bytes_read = {s.name: s.weight_bytes for s in subjects} | {r.name: r.weight_bytes for r in rivals if r.weight_bytes}

    def in_turn(row: str, *, rounds: int, burst: int, **others: Callable[[], object]) -> dict[str, measure.Seconds]:
        _say(row)
        each = {name: own[row] for name, own in calls.items() if row in own}
        return measure.in_turn(each | others, rounds=rounds, burst=burst, clock=clock)

    reads = {f"read {name}": measure.reader(size) for name, size in bytes_read.items()}
    found = in_turn(STEP, rounds=rounds, burst=5, **reads)
    step = of_seconds(STEP, {name: found[name] for name in calls})
    read = of_seconds("as many bytes read in turn", {n: found[f"read {n}"] for n in bytes_read}, drawn=False)
    _say(COLD_STEP)
    cold = measure.in_turn(
        {name: own[STEP] for name, own in calls.items()}, rounds=-(-rounds // 4), burst=1, clock=clock,
        pause=measure.PAUSE,
    )  # fmt: skip
    return [
        step, *_limits(bytes_read, step, options), replace(read, compared=False), of_seconds(COLD_STEP, cold),
        of_seconds(BATCH, in_turn(BATCH, rounds=rounds, burst=3)),
        of_seconds(SHORT, in_turn(SHORT, rounds=rounds, burst=2)),
        of_seconds(LONG, in_turn(LONG, rounds=-(-rounds // 4), burst=1)),
    ]  # fmt: skip


def _limits(bytes_read: dict[str, int], step: Row, options: Options) -> list[Row]:
    """The least time that memory allows a step, and how far the step is from it."""
    clock = measure.CLOCKS[options.clock]
    (seconds,) = measure.in_turn({"": measure.reader(_MEMORY)}, rounds=5, burst=2, clock=clock).values()
    speed = _MEMORY / float(np.median(seconds))  # bytes a second
    limit = {name: 1e3 * size / speed for name, size in bytes_read.items()}
    return [
        Row(f"limit: weights once at {speed / 1e9:.0f} GB/s", "ms", limit, compared=False),
        Row("one step in limits", "", {name: step.values[name] / limit[name] for name in limit}, compared=False),
    ]


def _typed(
    subjects: list[Subject], rivals: list[Rival], tokenizer: Tokenizer, texts: list[str], options: Options
) -> tuple[list[Row], str]:  # fmt: skip
    """The top 3 words after each keystroke, by the same search on every subject, or on the trained bundle alone."""
    _say("keystrokes")
    typists: dict[str, tuple[LanguageModel, Tokenizer]] = {s.name: (s.model, tokenizer) for s in subjects}
    what = "keystroke, top 3"
    note = "Keystrokes: random weights and the frequencies of tokens, no context; a trained --bundle is realistic."
    if options.bundle:
        bundle = open_bundle(options.bundle)
        sizes = bundle.config.model
        model = OnnxLanguageModel(bundle.model_path, sizes, threads=options.threads)
        typists = {bundle.config.precision: (model, Tokenizer.load(bundle.tokenizer_path))}
        what = "keystroke, top 3, trained bundle"
        note = (
            f"Keystrokes: {bundle.folder.resolve().name}, V={sizes.vocab_size:,} E={sizes.embedding_size} "
            f"H={sizes.hidden_size}, {sizes.layers} layer(s); in units of its own step."
        )
    chosen = [texts[at] for at in np.random.default_rng(0).permutation(len(texts))]
    keystrokes, clock = options.keystrokes, measure.CLOCKS[options.clock]
    found = measure.type_text(typists, chosen, keystrokes=keystrokes, clock=clock)
    others = {r.name: r.types(chosen, keystrokes=keystrokes, clock=clock) for r in rivals if r.types}
    time = of_seconds(what, {name: typing.seconds for name, typing in found.items()} | others)
    text = ", ".join(Path(name).name for name in options.text) or "Python’s own documentation"
    steps = {name: 1e3 * float(np.median(typing.steps)) for name, typing in found.items()}
    count = {name: len(typing.seconds) for name, typing in found.items()}
    medians, p99 = ({name: each[name] / steps[name] for name in found} for each in (time.values, time.p99))
    calls = {name: typing.calls / count[name] for name, typing in found.items()}
    exact = {name: 100 * typing.exact / count[name] for name, typing in found.items()}
    rows = [
        time,
        Row("keystroke in steps", "", medians, p99, compared=False),
        of_seconds(f"{what}, after a pause of 40 ms", {name: typing.cold for name, typing in found.items()}),
        Row("slowest keystroke", "ms", {n: 1e3 * max(typing.seconds) for n, typing in found.items()}, compared=False),
        of_seconds("hostile prefix, top 3", {name: typing.hostile for name, typing in found.items()}, drawn=False),
        Row("slowest hostile prefix", "ms", {n: 1e3 * max(t.hostile) for n, t in found.items()}, compared=False),
        Row("rows per keystroke, mean", "", *_rows(found), compared=False),
        Row("model calls per keystroke", "", calls, compared=False),
        Row("exact answers", "%", exact, compared=False),
    ]
    return rows, f"{note} {next(iter(count.values())):,} keystrokes of {text}."


def _rows(found: dict[str, measure.Typing]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean and 99th percentile of the model's rows per keystroke."""
    means = {name: float(np.mean(typing.rows)) for name, typing in found.items()}
    return means, {name: float(np.percentile(typing.rows, 99)) for name, typing in found.items()}


def _cold(graph: Path, tokenizer: Tokenizer, config: ModelConfig, options: Options) -> list[Row]:
    """A process that suggests, against one that only imports the same libraries and loads the same files."""
    _say("cold start")
    bundle = open_bundle(options.bundle) if options.bundle else _bundle(graph, tokenizer, config)
    suggest, bare = measure.cold_starts(bundle, rounds=max(3, options.rounds // 10), clock=options.clock)
    column = bundle.config.precision
    rows = [
        of_seconds("cold start: wordgru suggest", {column: suggest}),
        of_seconds("cold start: libraries and files alone", {column: bare}),
    ]
    ratio = {column: rows[0].values[column] / rows[1].values[column]}
    return [*(replace(row, p99={}, drawn=False) for row in rows), Row("cold start ratio", "", ratio, compared=False)]


def _bundle(graph: Path, tokenizer: Tokenizer, config: ModelConfig) -> Bundle:
    """The int8 graph as a bundle, beside it."""
    content, tokens = graph.read_bytes(), tokenizer.to_json()
    folder = graph.parent / "bundle"
    return write_bundle(folder, model=content, tokenizer_json=tokens, sizes=config, precision=INT8, card="")


def _static(subjects: list[Subject], rivals: list[Rival], config: ModelConfig) -> list[Row]:
    """Memory, file sizes, and whether all compute the same."""
    _say("memory")
    reference = next(subject.model for subject in subjects if subject.name == TORCH)
    peaks = {s.name: measure.peak_memory(s.kind, s.file, config.to_dict()) for s in subjects}
    peaks |= {rival.name: measure.peak_memory(rival.name, rival.file, rival.sizes) for rival in rivals}
    files = {s.name: s.file for s in subjects} | {r.name: r.file for r in rivals}
    nothing = measure.peak_memory("nothing", Path(), {})
    memory = {name: peak / 1e6 for name, peak in peaks.items() if peak}
    above = {name: peak - nothing / 1e6 for name, peak in memory.items()} if nothing else {}
    differences = {s.name: 100 * models.disagreement(s.model, reference, config) for s in subjects}
    return [
        Row("peak memory", "MB", memory, drawn=True),
        Row("peak memory above bare imports", "MB", above, compared=False),
        Row("file", "MB", {name: file.stat().st_size / 1e6 for name, file in files.items()}, drawn=True),
        Row("difference from torch", "%", differences, compared=False),
    ]


def _training(options: Options) -> Report:
    """The second part: the default training step against the plain loop."""
    from bench.training import FULL, PLAIN, SAMPLED, training_seconds

    settings = PRESETS["small"] | options.sizes
    config = TrainConfig(text=TextConfig(sources=options.text), device="cpu", threads=options.threads, **settings)
    _say("preparing text")
    steps = max(2, options.rounds // 10)
    seconds = training_seconds(config, rounds=steps, clock=measure.CLOCKS[options.clock])
    step = of_seconds("step", seconds)
    tokens = config.batch_size * config.window
    speed = {name: 1e3 * tokens / value for name, value in step.values.items()}
    full = config.full_fraction
    if SAMPLED in speed:
        mixed = (1 - full) * step.values[SAMPLED] + full * step.values[FULL]
        speed["wordgru, whole run"] = 1e3 * tokens / mixed
    rows = (
        step,
        Row("tokens per second", "", speed, compared=False, drawn=True),
        Row("times the plain loop", "", {n: value / speed[PLAIN] for n, value in speed.items()}, compared=False),
    )
    title = f"training, E={config.embedding_size} H={config.hidden_size}, {config.batch_size} x {config.window} tokens"
    return Report(
        f"{title}, {options.threads} thread(s), {options.clock} time; {_where()}", tuple(speed), (), rows,
        (f"{steps} steps each, in turn. A whole run scores all tokens in its last {full:.0%} of the steps.",),
    )  # fmt: skip


def _where() -> str:
    return f"torch {version('torch')}, onnxruntime {version('onnxruntime')}, {os.cpu_count()} cores"


def _machine(options: Options) -> dict[str, Any]:
    """What the figures depend on besides the code."""
    return {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "onnxruntime", "numpy", "tokenizers")},
        "threads": options.threads,
        "clock": options.clock,
        "rounds": options.rounds,
    }


def _say(line: str) -> None:
    click.echo(f"{line} …", err=True)


if __name__ == "__main__":
    sys.exit(run(benchmark))
