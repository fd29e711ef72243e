"""SIGKILL at any moment: while words are learnt, figures or a bundle are written or pushed, a model is trained."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from files import SMALL, train, write_text
from tally import Tally

from wordgru import PersonalModel, Predictor
from wordgru.bundle import open_bundle
from wordgru.cli import cli

_LETTERS = str.maketrans("0123456789", "abcdefghij")  # long numbers are not learnt
_LEARN = """
import os, sys
from wordgru.sources.personal import PersonalModel
letters = str.maketrans("0123456789", "abcdefghij")
store, number = PersonalModel(sys.argv[1]), int(sys.argv[2])
while True:
    store.learn("sentence w" + str(number).translate(letters))
    os.write(1, b"%d\\n" % number)
    number += 1
"""
_KILLS = 10  # in one step of `Learning` and of `Killed`


class Learning:
    """A process that learns sentence after sentence. What it said that it learnt is there afterwards.

    Args:
        folder: for the store.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._number = folder / "my.words", 1000
        self._said: list[int] = []

    def step(self, rng: Random, tally: Tally) -> None:
        """Some kills, of processes that are forked, for an import takes longer than all the rest."""
        for _ in range(_KILLS):
            self._kill(rng, tally)

    def _kill(self, rng: Random, tally: Tally) -> None:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            sys.argv = ["learn", str(self._path), str(self._number)]
            os.dup2(writing, 1)
            exec(_LEARN, {})  # it has no end
        os.close(writing)
        time.sleep(rng.uniform(0.0, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as pipe:
            said = [int(line) for line in pipe.read().splitlines(keepends=True) if line.endswith(b"\n")]
        tally.counts["kills"] += 1
        self._said = [*self._said, *said][-100:]  # the oldest may be forgotten, for the file stays small
        self._number = (said[-1] if said else self._number) + 2
        store = tally.call("open a store after a kill", PersonalModel, self._path)
        if store is None:
            tally.fault("lost", "a store cannot be opened after a kill")
            return
        kept = {gram.word for gram in tally.call("grams after a kill", lambda: list(store.grams())) or ()}
        lost = [number for number in self._said if "w" + str(number).translate(_LETTERS) not in kept]
        if lost:
            tally.fault("lost", f"sentences {lost} were learnt, and are lost")
        store.close()


class Killed:
    """`wordgru evaluate`, `words` and `push`: there is what was there before, or all that is new.

    Args:
        bundle: the model.
        folder: for files.
    """

    def __init__(self, bundle: Path, folder: Path) -> None:
        sys.path.append(str(Path(__file__).parents[2]))  # for the fake of the Hub
        self._bundle, self._folder = shutil.copytree(bundle, folder / "bundle"), folder
        self._text, self._figures = write_text(folder), folder / "figures.json"
        with PersonalModel(folder / "before.words") as store:
            store.learn("the Krakenhaus")
        self._figures.write_text('{"old": true}')

    def step(self, rng: Random, tally: Tally) -> None:
        """Some kills of one verb, each of a fork, after as long as a fork that was let go took at most."""
        rng.choice((self._evaluate, self._words, self._push))(rng, tally)

    def _evaluate(self, rng: Random, tally: Tally) -> None:
        arguments = ["evaluate", self._text, "-m", self._bundle, "--words", "20", "--json", self._figures]
        for _ in _kills(rng, tally, arguments):
            try:
                json.loads(self._figures.read_text())
            except ValueError as error:
                tally.fault("lost", f"figures are half written after a kill: {error}")

    def _words(self, rng: Random, tally: Tally) -> None:
        store, verb = self._folder / "my.words", rng.choice((["learn", self._text], ["forget", "butter"]))
        shutil.copyfile(self._folder / "before.words", store)
        for _ in _kills(rng, tally, ["words", "--personal", store, *verb]):
            opened = tally.call("open a store after a kill", PersonalModel, store)
            if opened is None or "Krakenhaus" not in opened.after(""):
                tally.fault("lost", f"words are lost after a kill of wordgru words {verb[0]}")
            else:
                opened.close()
            shutil.copyfile(self._folder / "before.words", store)  # for words that are never said again fade

    def _push(self, rng: Random, tally: Tally) -> None:
        try:
            from huggingface_hub import constants
        except ModuleNotFoundError:
            return
        from tests.runtime.fake_hub import TOKEN, fake_hub

        ours = {path.name: path.read_bytes() for path in open_bundle(self._bundle).files}
        with fake_hub() as hub:
            constants.ENDPOINT, constants.HF_HUB_DISABLE_XET = hub.address, True
            os.environ |= {"HF_TOKEN": TOKEN}
            for _ in _kills(rng, tally, ["push", self._bundle, "jane/words"]):
                there = hub.repositories.get("jane/words", {})
                if set(there) not in (set(), set(ours)):
                    tally.fault("lost", f"half a bundle is on the Hub after a kill: {sorted(there)}")
                if {path.name: path.read_bytes() for path in open_bundle(self._bundle).files} != ours:
                    tally.fault("lost", "a bundle changed while it was pushed")


def _kills(rng: Random, tally: Tally, arguments: list[str | Path]) -> Iterator[None]:
    """Kill a verb again and again, each time in a fork."""
    longest = 0.0
    for turn in range(_KILLS + 1):
        started = time.monotonic()
        child = os.fork()
        if not child:
            _alone([str(each) for each in arguments])
        if turn:
            time.sleep(rng.uniform(0, longest))
            os.kill(child, signal.SIGKILL)
            tally.counts["kills"] += 1
        _, status = os.waitpid(child, 0)
        if not turn:
            longest = time.monotonic() - started
            tally.counts["calls"] += 1
            tally.check(status == 0, f"wordgru {arguments[0]} that nobody killed ends with {status}")
        yield


def _alone(arguments: list[str]) -> None:
    """In a fork: run a verb, print nothing, end with 1 where it raised."""
    silent = os.open(os.devnull, os.O_RDWR)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    try:
        cli(arguments, standalone_mode=False)
    except BaseException:
        os._exit(1)
    os._exit(0)


class Exports:
    """`wordgru export --overwrite`: there is the old bundle or the new one, and what lies beside it stays.

    Args:
        folder: for the run and the bundle.
    """

    def __init__(self, folder: Path) -> None:
        self._run, self._bundle = train(folder), folder / "bundle"
        self._command = [
            sys.executable, "-m", "wordgru", "export", str(self._run), "-o", str(self._bundle), "--overwrite",
        ]  # fmt: skip
        started = time.monotonic()
        subprocess.run(self._command, check=True, capture_output=True)
        self._seconds = time.monotonic() - started
        (self._bundle / "mynotes.txt").write_text("mine")

    def step(self, rng: Random, tally: Tally) -> None:
        """One kill, most of them near the end, when files are written."""
        program = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self._seconds * rng.choice((rng.uniform(0, 1), rng.uniform(0.8, 1.1))))
        program.kill()
        program.wait()
        tally.counts["kills"] += 1
        predictor = tally.call("load a bundle after a kill", Predictor.load, self._bundle)
        notes = self._bundle / "mynotes.txt"
        if predictor is None or not notes.exists() or notes.read_text() != "mine":
            tally.fault("lost", "a bundle, or what lay beside it, is gone after a kill")


class Trainings:
    """`wordgru train`: what was killed is gone on with, to its end.

    Args:
        folder: for runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._text = folder, write_text(folder)

    def step(self, rng: Random, tally: Tally) -> None:
        """One training, killed twice, and gone on with."""
        run = self._folder / "killed"
        shutil.rmtree(run, ignore_errors=True)
        command = [sys.executable, "-m", "wordgru", "train", str(self._text), "-o", str(run), *SMALL]
        for _ in range(2):
            program = subprocess.Popen(
                [*command, *(["--resume"] if (run / "config.json").exists() else [])],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(rng.uniform(3, 8))
            program.kill()
            program.wait()
            tally.counts["kills"] += 1
        resume = ["--resume"] if (run / "config.json").exists() else []
        ended = subprocess.run([*command, *resume], capture_output=True, text=True, check=False)
        tally.counts["calls"] += 1
        if ended.returncode or not (run / "best").exists():
            tally.fault("lost", f"a run cannot be gone on with after a kill: {ended.stderr[-300:]}")
