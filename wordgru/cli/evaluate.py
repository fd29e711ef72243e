"""`wordgru evaluate`: read a text, let each subject offer words along it, print what a typist gains."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from wordgru.cli.documents import TextOptions, read_documents
from wordgru.cli.evaluate_running import judge_running, running_flags, running_options
from wordgru.cli.evaluate_typing import judge_clean, judge_corrections, judge_touch, typing_flags
from wordgru.cli.usage import FileName, alternatives, belongs
from wordgru.errors import WordgruError
from wordgru.evaluation.bench import DEFINITIONS, KS, Document, Evaluation, evaluate
from wordgru.evaluation.figures import difference
from wordgru.evaluation.learning import DEFINITIONS as LEARNING
from wordgru.evaluation.learning import Worth, evaluate_learning
from wordgru.evaluation.mixing import DEFINITIONS as MIXING
from wordgru.evaluation.mixing import evaluate_mixing
from wordgru.evaluation.output import console, progress_bar, write_json
from wordgru.evaluation.predictor import PredictorSubject, Subject
from wordgru.evaluation.table import print_tables
from wordgru.predictor import Predictor, names_of

_RUNNING, _TYPING = "--perplexity --cache --dynamic", "--touch --slips --corrections --clean"


@click.command("evaluate")
@click.argument("sources", nargs=-1, required=True, type=FileName(path_type=str))
@click.option(
    "-m", "--model", "models", metavar="DIR", multiple=True,
    help="Bundle: a folder, a name on the Hub, or en (else WORDGRU_MODEL, else en); several are judged side by side.",
)  # fmt: skip
@click.option("--kenlm", type=FileName(), help="N-gram model to judge too: an ARPA file, or a binary.")
@click.option("--kenlm-words", type=FileName(), help="Words that it may offer, one a line.")
@click.option("--words", type=click.IntRange(min=1), help="Words of each source (or group) to read at most.")
@click.option("--by", metavar="COLUMN", help="A row for each value of this column (of .jsonl files).")
@click.option("--column", default="text", show_default=True, help="Column that holds the text.")
@click.option(
    "--documents", type=click.Choice(["line", "paragraph", "file"]), default="paragraph", show_default=True,
    help="How plain text is cut into documents.",
)  # fmt: skip
@click.option("--split", default="test", show_default=True, help="Split of a data set on the Hub.")
@click.option("-k", "ks", multiple=True, type=click.IntRange(min=1), help="Words offered.  [default: -k 1 -k 3 -k 5]")
@click.option(
    "--json", "json_file", metavar="FILE", type=FileName(path_type=str),
    help="Write all figures as JSON; - for standard output, alone.",
)  # fmt: skip
@click.option("--picture", type=FileName(), help="Draw hits, savings and time (.png, .svg or .pdf).")
@click.option(
    "--learn", is_flag=True,
    help="Without and with learning each person's words (column person, or --by), messages in order.",
)  # fmt: skip
@click.option("--mix", metavar="NAMES", help="Without and with these languages mixed in: de, or de,fr.")
@click.option(
    "--attention", default=0.0, show_default=True, type=click.FloatRange(0, 1, max_open=True),
    help="Hold words passed over for less probable (the typist of the bench takes what is offered).",
)  # fmt: skip
@typing_flags
@running_flags
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--threads", default=1, show_default=True, help="Cores that one step may use.")
@alternatives(_RUNNING, *_TYPING.split(), "--learn", "--mix", "--kenlm --kenlm-words")
@alternatives(f"{_RUNNING} {_TYPING}", "-k --picture --attention")
@alternatives("--perplexity --cache --dynamic --corrections", "--documents")
@alternatives("--corrections", "--by --column --split")
@belongs("--layout", to=_TYPING)
@belongs("--kenlm-words", to="--kenlm")
def evaluate_command(
    sources: tuple[str, ...], models: tuple[str, ...], kenlm: Path | None, kenlm_words: Path | None,
    words: int | None, by: str | None, column: str, documents: str, split: str, ks: tuple[int, ...],
    json_file: str | None, picture: Path | None, learn: bool, mix: str | None, attention: float,
    touch: float | None, offset: float, slips: float | None, corrections: bool, frequencies: Path | None,
    clean: bool, unknown: bool, layout: str, device: str, threads: int, **running: Any,  # noqa: ANN401
) -> None:  # fmt: skip
    """Measure what a typist gains on a text.

    SOURCES are .txt and .jsonl files (also gzipped), or - for standard input; with the [train] extra also .csv and
    .parquet files, folders, patterns, and a name on the Hub. Each source gets a row of its own.
    """
    options = running_options(running)
    _check_places(json_file, picture)
    if options:
        text = read_documents(sources, TextOptions(column, by, "line", split, words))
        judge_running(text, models or [None], options, json_file=json_file, device=device, threads=threads)
        return
    if touch is not None or slips is not None or corrections or clean:
        if len(models) > 1:
            raise WordgruError("--touch, --slips, --corrections and --clean judge one model alone; name one.")
        predictor = Predictor.load(models[0] if models else None, device=device, threads=threads)
        if corrections:
            judge_corrections(sources, predictor, layout, words, frequencies, json_file)
            return
        text = read_documents(sources, TextOptions(column, by, documents, split, words))
        if clean:
            judge_clean(text, predictor, layout, unknown, json_file)
        else:
            judge_touch(text, predictor, touch, offset, slips, layout, json_file)
        return
    if mix is not None and not mix.strip(", "):
        raise WordgruError(f"--mix is {mix!r}; expected the names of languages to mix in: de, or de,fr.")
    if learn or mix:
        if len(models) > 1:
            raise WordgruError(
                f"{'--learn' if learn else '--mix'} judges one model without and with something; name one."
            )
        text = read_documents(
            sources, TextOptions(column, by or ("person" if learn else None), documents, split, words)
        )
        names = [models[0] if models else None, *(names_of(mix) if mix else [])]
        predictors = [Predictor.load(name, device=device, threads=threads) for name in names]
        worth = _judge_worth(text, predictors, sorted(set(ks or KS)), attention, json_file)
        if picture:
            _draw_worth(worth, picture)
        return
    text = read_documents(sources, TextOptions(column, by, documents, split, words))
    subjects = _subjects(models, kenlm, kenlm_words, attention, device, threads)
    chosen = sorted(set(ks or KS))
    found = [_evaluate(text, subject, chosen) for subject in subjects]
    differences = [difference((each.name, found[0].name), each.counts, found[0].counts, chosen) for each in found[1:]]
    if json_file:
        values = {
            "definitions": DEFINITIONS,
            "evaluations": [evaluation.to_dict() for evaluation in found],
            "differences": [dataclasses.asdict(each) for each in differences],
        }
        write_json(json_file, values)
    if json_file != "-":
        print_tables(console(), found, differences, DEFINITIONS)
    if picture:
        from wordgru.evaluation.picture import draw

        draw(found, picture)


def _judge_worth(
    text: Sequence[Document], predictors: Sequence[Predictor], ks: Sequence[int], attention: float,
    json_file: str | None,
) -> Worth:  # fmt: skip
    """What a store of the person's words is worth to one model (`--learn`), or what others mixed in are (`--mix`)."""
    title, definitions = ("mixed", MIXING) if len(predictors) > 1 else ("with learning", LEARNING)
    with progress_bar() as progress:
        task = progress.add_task(f"alone, {title}", total=2 * sum(len(document.text) for document in text))

        def advance(count: int) -> None:
            progress.advance(task, count)

        if len(predictors) > 1:
            found = evaluate_mixing(text, predictors, ks=ks, attention=attention, progress=advance)
        else:
            found = evaluate_learning(text, predictors[0], ks=ks, attention=attention, progress=advance)
    if json_file:
        write_json(json_file, found.to_dict())
    if json_file != "-":
        print_tables(console(), [found.off, found.on], [found.gain], definitions | DEFINITIONS, found.curve)
    return found


def _draw_worth(found: Worth, picture: Path) -> None:
    from wordgru.evaluation.picture import draw, draw_curve

    if found.curve:
        draw_curve(found.curve, picture)
    else:
        draw([found.off, found.on], picture)


def _subjects(
    models: Sequence[str], kenlm: Path | None, kenlm_words: Path | None, attention: float,
    device: str, threads: int,
) -> list[Subject]:  # fmt: skip
    """What is to be judged; without any name, the model in the package."""
    named: Sequence[str | None] = models or ([] if kenlm else [None])
    predictors = [Predictor.load(model, device=device, threads=threads) for model in named]
    subjects: list[Subject] = [PredictorSubject(predictor, attention=attention) for predictor in predictors]
    if len({subject.name for subject in subjects}) < len(subjects):
        subjects = [
            PredictorSubject(each, name=name, attention=attention) for each, name in zip(predictors, named, strict=True)
        ]
    if kenlm:
        from wordgru.evaluation.baselines import KenLMSubject, read_words

        subjects.append(KenLMSubject(kenlm, read_words(kenlm_words) if kenlm_words else None))
    return subjects


def _evaluate(text: Sequence[Document], subject: Subject, ks: Sequence[int]) -> Evaluation:
    """Judge one subject, with a bar on a terminal."""
    with progress_bar() as progress:
        task = progress.add_task(subject.name, total=sum(len(document.text) for document in text))
        return evaluate(text, subject, ks=ks, progress=lambda count: progress.advance(task, count))


def _check_places(json_file: str | None, picture: Path | None) -> None:
    """Refuse a place that cannot be written, before the work."""
    if json_file and not Path(json_file).parent.is_dir():
        raise WordgruError(
            f"{json_file}: there is no folder {Path(json_file).parent}; make it, or choose another place."
        )
    if picture:
        from wordgru.evaluation.picture import check

        check(picture)
