"""Bits turned, files cut, bytes swapped: in bundles, stores of personal words, and runs."""

import contextlib
import hashlib
import json
import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from random import Random

import texts
from click.testing import CliRunner
from tally import Tally

from wordgru import PersonalModel, Predictor, TypingModel
from wordgru.bundle import open_bundle, write_bundle
from wordgru.cli import cli
from wordgru.text.known import KnownWords

_STEP = 10  # files in one step, in one process


class _Broken(ABC):
    """What is broken file by file, in a process of its own that may die of it."""

    def step(self, rng: Random, tally: Tally) -> None:
        """Some files."""
        with tally.child() as inside:
            if inside:
                for _ in range(_STEP):
                    self._break(rng, tally)

    @abstractmethod
    def _break(self, rng: Random, tally: Tally) -> None:
        """Break one, and use it."""


class Bundles(_Broken):
    """A bundle with one file broken; and with the hashes of what is broken, as from somebody who means harm.

    Args:
        bundles: folders of some.
        folder: for copies.
    """

    def __init__(self, bundles: list[Path], folder: Path) -> None:
        self._folder, self._whole = folder, []
        for at, bundle in enumerate(bundles):
            opened = open_bundle(bundle)
            whole = write_bundle(
                folder / f"whole-{at}",
                model=opened.model_path.read_bytes(),
                tokenizer_json=opened.tokenizer_path.read_text(encoding="utf-8"),
                sizes=opened.config.model,
                precision="fp32",
                card="",
                blocked=["sat"],
                known=KnownWords.of(texts.PLAIN).to_bytes(),
            )
            self._whole.append(whole.folder)

    def _break(self, rng: Random, tally: Tally) -> None:
        bundle = self._folder / "broken"
        shutil.rmtree(bundle, ignore_errors=True)
        shutil.copytree(rng.choice(self._whole), bundle)
        name = rng.choice(sorted(path.name for path in bundle.iterdir()))
        before = (bundle / name).read_bytes()
        after = texts.broken(before, rng)
        (bundle / name).write_bytes(after)
        forged = name not in ("config.json", "README.md") and rng.random() < 0.6
        if forged:
            config = json.loads((bundle / "config.json").read_text())
            config["files"][name] = hashlib.sha256(after).hexdigest()
            (bundle / "config.json").write_text(json.dumps(config))
        tally.counts["files"] += 1
        what = f"{name} broken{', its hash too' if forged else ''}"
        predictor = tally.call(f"load a bundle: {what}", Predictor.load, bundle)
        if predictor is None:
            return
        hashed = name not in ("config.json", "README.md") and not forged
        tally.check(not hashed or before == after, f"a bundle is loaded: {what}")
        for use in (predictor.suggest, predictor.score, predictor.complete, predictor.phrases):
            tally.call(f"{use.__name__} with a bundle: {what}", use, "the cat sa")
        tally.call(f"correct with a bundle: {what}", predictor.session("the caat", typing=TypingModel()).autocorrect)
        tally.call(f"characters with a bundle: {what}", predictor.session("the ca").characters)


class Stores(_Broken):
    """A store of personal words that is broken.

    Args:
        folder: for files.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "my.words"
        with PersonalModel(self._path) as store:
            for _ in range(20):
                store.learn("at the Krakenhaus we met and don't forget it")
        self._whole = self._path.read_bytes()

    def _break(self, rng: Random, tally: Tally) -> None:
        broken = self._whole
        for _ in range(rng.choice((1, 1, 3, 20))):
            broken = texts.broken(broken, rng)
        self._path.write_bytes(broken)
        tally.counts["files"] += 1
        store = tally.call("open a broken store", PersonalModel, self._path)
        if store is None:
            tally.check(self._path.read_bytes() == broken, "a store that cannot be opened was changed")
            return
        with contextlib.closing(store):
            tally.call("after, of a broken store", store.after, "at the ")
            tally.call("grams of a broken store", lambda: list(store.grams()))
            tally.call("learn into a broken store", store.learn, "the Krakenhaus again")
            tally.call("forget in a broken store", store.forget, rng.choice((None, "krakenhaus")))


class Runs:
    """A run of a training with one file broken, which is exported or gone on with.

    Args:
        folder: for the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._run = train(folder)

    def step(self, rng: Random, tally: Tally) -> None:
        """One file."""
        run = self._folder / "broken"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(self._run, run)
        files = sorted(path for path in run.rglob("*") if path.is_file() and "tensorboard" not in path.parts)
        file = rng.choice(files)
        file.write_bytes(texts.broken(file.read_bytes(), rng))
        tally.counts["files"] += 1
        verbs = (
            ["export", str(run), "-o", str(self._folder / "bundle"), "--overwrite"],
            ["train", "-o", str(run), "--resume"],
            [
                "train",
                str(self._folder / "text.txt"),
                "-o",
                str(self._folder / "next"),
                "--init-from",
                str(run),
                *SMALL,
            ],
            ["evaluate", str(self._folder / "text.txt"), "--dynamic", "--words", "20", "-m", str(run)],
        )
        with tally.child() as inside:
            if inside:
                verb = rng.choice(verbs)
                what = f"wordgru {verb[0]} with {file.relative_to(run)} broken"
                result = tally.call(what, CliRunner().invoke, cli, verb, catch_exceptions=False)
                tally.check(
                    result is None or result.exit_code in (0, 1, 2), f"{what}: {result and result.output[-300:]}"
                )


SMALL = (
    "--vocab-size", "560", "--embedding-size", "16", "--hidden-size", "24", "--steps", "20", "--batch-size", "4",
    "--window", "12", "--documents", "line", "--device", "cpu", "--checkpoint-every", "5", "--validate-every", "10",
)  # fmt: skip
"""Flags of a training of seconds."""


def write_text(folder: Path) -> Path:
    """Lines to train on."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, path = Random(1), folder / "text.txt"
    lines = (" ".join(rng.choices(texts.PLAIN, k=rng.randint(3, 14))) for _ in range(400))
    path.write_text("\n".join(lines) + "\n")
    return path


def train(folder: Path) -> Path:
    """A tiny run."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "wordgru", "train", str(write_text(folder)), "-o", str(folder / "run"), *SMALL]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "run"
