"""The fenced blocks of a page of documentation: what they hold, how they are run, and when output is what was printed.

A page is run from top to bottom in one folder and one Python namespace, as its reader would. By a block's language:

- `console`: a line that begins with `$ ` is a command (a `\\` at its end goes on), run by `sh` on a terminal of 100
  columns; what stands under it is what it prints. A command with nothing under it must succeed.
- `python`: executed; a block without a language right after it is what it prints.
- `json`, `toml`: parsed.

Any other block, and one that cannot run in a test, carries a line right above its fence that says why:
`<!-- not run: needs a GPU -->`. A block that needs an extra or a program names a module of it, or the program:
`<!-- needs: torch -->`, `<!-- needs: httptools curl -->`; it is run where all of them are there. One that asks
a service names that too, `<!-- beside: wordgru serve -->`: it starts on a free port, which takes the place of
`localhost:8000` in the page's blocks from there on until one names another, and ends with the page.

`rewritten` is a page with what its blocks print now: after the model has changed, or where a page is new.

In output `…` stands for anything, a bar and the width of a gap are free, and numbers with a decimal point may differ by
3 % and one unit of their last place, since int8 sums differ from processor to processor.
"""

import contextlib
import importlib.util
import io
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FENCE = re.compile(
    r"(?P<marks>(?:^<!-- (?:not run|needs|beside): [^\n]+ -->\n)*)^```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$",
    re.M | re.S,
)
ADDRESS = "localhost:8000"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TOKEN = re.compile(r"…|\d+(?:,\d{3})*(?:\.\d+)?|[█▉▊▋▌▍▎▏]+|─+|\s+|[^…\d█▉▊▋▌▍▎▏─\s]+")
MARK = "\x01"


@dataclass(frozen=True)
class Block:
    """One fenced block: where it stands, what it holds, what it prints (None: not said), and its marks.

    `place` is the part of the page that holds what it prints: the block itself on a terminal, else the one after it.
    """

    line: int
    language: str
    text: str
    output: str | None
    place: tuple[int, int]
    not_run: str | None
    needs: str | None
    beside: str | None


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in order; the output of a Python block belongs to it."""
    found = list(FENCE.finditer(page))
    taken = -1
    for at, match in enumerate(found):
        if at == taken or match["language"].startswith("{"):  # a directive of the site
            continue
        output, place = None, match.span("text")
        if match["language"] == "python" and at + 1 < len(found):
            after = found[at + 1]
            if not after["language"] and not after["marks"] and not page[match.end() : after.start()].strip():
                output, place, taken = after["text"], after.span("text"), at + 1
        marks = dict(re.findall(r"<!-- (.+?): (.+) -->", match["marks"]))
        yield Block(
            line=page.count("\n", 0, match.start("text")),
            language=match["language"],
            text=match["text"],
            output=output,
            place=place,
            not_run=marks.get("not run"),
            needs=marks.get("needs"),
            beside=marks.get("beside"),
        )


def runs_here(block: Block) -> bool:
    """Whether a block is to be run, in this environment."""
    return block.not_run is None and all(
        importlib.util.find_spec(name) is not None or shutil.which(name) for name in (block.needs or "").split()
    )


def run(block: Block, names: dict[str, Any]) -> None:
    """Run a block in the current folder; `names` is the page's namespace. An assertion says what was printed else."""
    for command, expected, printed in answers(block, names):
        if expected or not command:
            check(expected, printed, command or "the block")


def answers(block: Block, names: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Run a block: of each of its commands (of Python one, without a name) what it should print, and what it prints."""
    if block.language == "python":
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * block.line + block.text, "page", "exec"), names)
        yield "", block.output or "", printed.getvalue()
    elif block.language == "console":
        commands = list(console(block.text))
        for (command, output), answer in zip(commands, terminal([each for each, _ in commands]), strict=True):
            yield command, output, answer
    elif block.language in ("json", "toml"):
        {"json": json.loads, "toml": tomllib.loads}[block.language](block.text)
    else:
        raise AssertionError(f"a block of language {block.language!r} is neither run nor marked `<!-- not run: … -->`")


class Page:
    """A page that is run from top to bottom, with its namespace, and the services that its blocks ask."""

    def __init__(self, text: str) -> None:
        self.blocks = [block for block in blocks(text) if runs_here(block)]
        self._text, self._names = text, {"__name__": "__main__"}
        self._services, self._ports, self._port = contextlib.ExitStack(), dict[str, int](), 0

    def __enter__(self) -> "Page":
        """Nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """The services end."""
        self._services.close()

    def ready(self, block: Block) -> Block:
        """The block with the address of the service that it asks."""
        if block.beside:
            if block.beside not in self._ports:
                self._ports[block.beside] = self._services.enter_context(service(block.beside))
            self._port = self._ports[block.beside]
        return replace(block, text=block.text.replace(ADDRESS, f"localhost:{self._port}")) if self._port else block

    def run(self, block: Block) -> None:
        """As `run`."""
        run(self.ready(block), self._names)

    def rewritten(self) -> str:
        """The text of the page with what its blocks print now, where that is not what it says."""
        parts, done = [], 0
        for block in self.blocks:
            found = list(answers(self.ready(block), self._names))
            if (block.language != "console" and block.output is None) or not found:
                continue
            heads = re.findall(r"^\$ (?:.*\\\n)*.*\n", block.text, re.M) if block.language == "console" else [""]
            new = "".join(
                head + (expected if same(expected, printed) else printed.rstrip("\n") + "\n")
                for head, (_, expected, printed) in zip(heads, found, strict=True)
            )
            parts += [self._text[done : block.place[0]], new]
            done = block.place[1]
        return "".join([*parts, self._text[done:]])


@contextlib.contextmanager
def service(command: str) -> Iterator[int]:
    """A service of this package on a free port, which its first line tells."""
    words = [sys.executable, "-m", *command.split(), "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r":(\d+)/", line)
        assert found, f"{command}: {line}"
        yield int(found[1])
        process.terminate()
        process.communicate(timeout=30)


def console(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and the output that stands under it."""
    assert text.startswith("$ "), f"a console block begins with a command, `$ …`; found {text.splitlines()[0]!r}"
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command = re.match(r"(?:.*\\\n)*.*\n", part)
        assert command is not None
        yield command[0].strip(), part[command.end() :]


def terminal(commands: list[str], *, seconds: float = 300) -> list[str]:
    """What each command prints on a terminal, stdout and stderr, run by one shell; the first to fail is an error."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "dumb",
        "HF_HUB_OFFLINE": "1",
    }
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (40, 100))
    script = "set -e\n" + "\n".join(f"printf '{MARK}'\n{command}" for command in commands)
    deadline = time.monotonic() + seconds
    with subprocess.Popen(
        ["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=environment
    ) as process:
        os.close(slave)
        printed = b""
        while select.select([master], [], [], max(0.0, deadline - time.monotonic()))[0]:
            try:
                printed += os.read(master, 1 << 16)
            except OSError:  # how Linux says that nobody writes any more
                break
        else:
            process.kill()
        os.close(master)
    text = ESCAPES.sub("", printed.decode().replace("\r\n", "\n"))
    answers = text.split(MARK)[1:]
    assert process.returncode == 0, f"`{commands[len(answers) - 1]}` ended with {process.returncode}:\n{text}"
    return answers


def check(expected: str, printed: str, command: str = "the block") -> None:
    """Assert that `printed` is what was expected, in the sense of this module."""
    assert same(expected, printed), f"{command} printed\n{printed}\nwhere the page has\n{expected}"


def same(expected: str, printed: str) -> bool:
    """Whether `printed` is what was expected, in the sense of this module."""
    pattern, numbers = "", []
    for token in TOKEN.findall(expected.strip()):
        if token == "…":
            pattern += ".*?"
        elif token[0] in "█▉▊▋▌▍▎▏":
            pattern += "[█▉▊▋▌▍▎▏]*"
        elif token[0] == "─":
            pattern += "─+"
        elif token.isspace():
            pattern += r"\s*\n\s*" if "\n" in token else r"\s+"
        elif "." in token and token[0].isdigit():
            numbers.append(token)
            pattern += r"(\d+(?:,\d{3})*(?:\.\d+)?)"
        else:
            pattern += re.escape(token)
    match = re.fullmatch(pattern, printed.strip(), re.S)
    return match is not None and all(map(_near, numbers, match.groups()))


def _near(expected: str, printed: str) -> bool:
    """Whether a printed number is near enough to the page's."""
    value, unit = float(expected.replace(",", "")), 10.0 ** -len(expected.partition(".")[2])
    return abs(float(printed.replace(",", "")) - value) <= 0.03 * abs(value) + unit * 1.001
