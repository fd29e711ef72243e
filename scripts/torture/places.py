"""Odd places for the command line: no room, no home, no output, nobody who reads, odd locales."""

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import texts
from tally import Tally

from wordgru import PersonalModel

_NOWHERE = "http://127.0.0.1:9"
_NOBODY = 65534


class Places:
    """Programs of their own.

    Args:
        bundle: the model.
        folder: for files.
    """

    def __init__(self, bundle: Path, folder: Path) -> None:
        self._bundle, self._folder = bundle, folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "long.txt").write_text(" ".join(texts.PLAIN) * 2000)
        (folder / "sealed").mkdir(mode=0o555)
        with PersonalModel(folder / "sealed/my.words") as store:
            store.learn("the Krakenhaus")
        (folder / "sealed/my.words").chmod(0o444)

    def step(self, rng: Random, tally: Tally) -> None:
        """One verb in one place."""
        places: dict[str, Callable[[list[str]], subprocess.CompletedProcess[bytes]]] = {
            "without a home": lambda verb: self._run(verb, HOME=None, XDG_CACHE_HOME=None),
            "with a home that is not there": lambda verb: self._run(verb, HOME="/nowhere"),
            "with an empty environment": lambda verb: self._run(verb, environment={}),
            "in the locale C": lambda verb: self._run(verb, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
            "in a locale that is not there": lambda verb: self._run(verb, LC_ALL="xx_YY.KOI8-R"),
            "into ASCII": lambda verb: self._run(verb, PYTHONIOENCODING="ascii"),
            "into Latin-1": lambda verb: self._run(verb, PYTHONIOENCODING="latin-1"),
            "on a dumb terminal": lambda verb: self._run(verb, TERM="dumb"),
            "with a closed output": lambda verb: self._shell(verb, ">&-"),
            "with a closed error output": lambda verb: self._shell(verb, "2>&-"),
            "with a closed input": lambda verb: self._shell(verb, "<&-"),
            "onto a full disk": lambda verb: self._shell(verb, ">/dev/full"),
            "to nobody who reads": lambda verb: self._shell(verb, "| true"),
            "to somebody who reads a line": lambda verb: self._shell(verb, "| head -n 1"),
            "with few open files": lambda verb: self._run(verb, limit=(resource.RLIMIT_NOFILE, 12)),
            "with no room in files": lambda verb: self._run(verb, limit=(resource.RLIMIT_FSIZE, 1000)),
            "in a folder that is gone": lambda verb: self._shell(verb, before="mkdir -p x; cd x; rmdir ../x;"),
            "behind a proxy that is not there": lambda verb: self._run(
                verb, http_proxy=_NOWHERE, https_proxy=_NOWHERE, all_proxy=_NOWHERE
            ),
            "with no place for temporary files": lambda verb: self._run(verb, TMPDIR="/nowhere"),
        }  # fmt: skip
        files = str(self._folder)
        model = ["-m", str(self._bundle)]
        verbs = (
            ["suggest", "the cat", *model],
            ["suggest", "the cat", *model, "--json", "--personal", f"{files}/sealed/my.words"],
            ["score", f"{files}/long.txt", *model],
            ["generate", "שלום 日本", "--max-words", "3", "--seed", "1", *model],
            ["correct", "-", "--apply", *model],
            ["words", "--personal", f"{files}/{rng.randrange(3)}.words", "learn", f"{files}/long.txt"],
            ["words", "--personal", f"{files}/sealed/my.words", "list"],
            ["evaluate", f"{files}/long.txt", "--words", "5", "--json", f"{files}/figures.json", *model],
            ["--help"],
        )
        if rng.random() < 0.1:
            self._sealed(tally)
            return
        place, verb = rng.choice(list(places)), rng.choice(verbs)
        tally.counts["calls"] += 1
        ended = places[place](verb)
        what, said = f"wordgru {verb[0]} {place}", ended.stderr.decode(errors="replace")
        if "Traceback" in said or "Exception ignored" in said:
            tally.fault("traceback", f"{what}: {said[-500:]}")
        if ended.returncode < 0:
            tally.fault("abort", f"{what} ends by signal {-ended.returncode}")
        errors = [line for line in said.splitlines() if line.startswith("error: ")]
        tally.check(
            len(errors) <= 1 and bool(errors or ended.returncode != 1 or "2>&-" in place or not said),
            f"{what}: {said[-300:]}",
        )
        with contextlib.closing(PersonalModel(self._folder / "sealed/my.words")) as store:
            if "Krakenhaus" not in store.after(""):
                tally.fault("lost", f"{what}: words are lost")

    def _sealed(self, tally: Tally) -> None:
        """A person who may read a store, and not write it."""
        with tally.child("nobody, in a sealed folder") as inside:
            if inside:
                if not os.geteuid():
                    os.setuid(_NOBODY)
                store = tally.call("open a sealed store", PersonalModel, self._folder / "sealed/my.words")
                if store is not None:
                    tally.check("Krakenhaus" in store.after(""), "a sealed store is read otherwise")
                    tally.check(tally.call("learn into a sealed store", store.learn, "more") is None, "it was written")
                tally.call("make a sealed store", PersonalModel, self._folder / "sealed/other.words")

    def _environment(self, changes: dict[str, str | None]) -> dict[str, str]:
        values = {**os.environ, **changes}
        return {name: value for name, value in values.items() if value is not None}

    def _run(
        self, verb: list[str], *, environment: dict[str, str] | None = None, limit: tuple[int, int] | None = None,
        **changes: str | None,
    ) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
        def prepare() -> None:
            if limit:
                resource.setrlimit(limit[0], (limit[1], limit[1]))

        found = self._environment(changes) if environment is None else environment
        found.setdefault("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
        return subprocess.run(
            [sys.executable, "-m", "wordgru", *verb], cwd=self._folder, env=found,
            input=b"the caat sat\n", capture_output=True, timeout=1200, check=False, preexec_fn=prepare,
        )  # fmt: skip

    def _shell(self, verb: list[str], redirected: str = "", *, before: str = "") -> subprocess.CompletedProcess[bytes]:
        command = f'{before} "$0" -m wordgru "$@" {redirected}'
        return subprocess.run(
            ["sh", "-c", command, sys.executable, *verb], cwd=self._folder, input=b"the caat sat\n",
            capture_output=True, timeout=1200, check=False,
        )  # fmt: skip
