"""The fenced blocks of a page of documentation: what they hold, how they are run, and when output is what was printed.

A page is run from top to bottom in one folder and one Python namespace, as its reader would. By a block's language:

- `console`: a line that begins with `$ ` is a command (a `\\` at its end goes on), run by `sh` on a terminal of 100
  columns; what stands under it is what it prints. A command with nothing under it must succeed.
- `python`: executed; a block without a language right after it is what it prints.
- `json`, `toml`: parsed.

Any other block, and one that cannot run in a test, carries a line right above its fence that says why:
`<!-- not run: needs a GPU -->`. A block that needs an extra names a module of it: `<!-- needs: torch -->`.

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
import subprocess
import sys
import termios
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = re.compile(
    r"(?:^<!-- (?P<kind>not run|needs): (?P<why>.+?) -->\n)?^```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$", re.M | re.S
)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TOKEN = re.compile(r"…|\d+(?:,\d{3})*(?:\.\d+)?|[█▉▊▋▌▍▎▏]+|─+|\s+|[^…\d█▉▊▋▌▍▎▏─\s]+")
MARK = "\x01"


@dataclass(frozen=True)
class Block:
    """One fenced block: where it stands, what it holds, what it prints (None: not said), and its mark."""

    line: int
    language: str
    text: str
    output: str | None
    not_run: str | None
    needs: str | None


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in order; the output of a Python block belongs to it."""
    found = list(FENCE.finditer(page))
    taken = -1
    for at, match in enumerate(found):
        if at == taken or match["language"].startswith("{"):  # a directive of the site
            continue
        output = None
        if match["language"] == "python" and at + 1 < len(found):
            after = found[at + 1]
            if not after["language"] and not after["kind"] and not page[match.end() : after.start()].strip():
                output, taken = after["text"], at + 1
        yield Block(
            line=page.count("\n", 0, match.start("text")),
            language=match["language"],
            text=match["text"],
            output=output,
            not_run=match["why"] if match["kind"] == "not run" else None,
            needs=match["why"] if match["kind"] == "needs" else None,
        )


def runs_here(block: Block) -> bool:
    """Whether a block is to be run, in this environment."""
    return block.not_run is None and (block.needs is None or importlib.util.find_spec(block.needs) is not None)


def run(block: Block, names: dict[str, Any]) -> None:
    """Run a block in the current folder; `names` is the page's namespace. An assertion says what was printed else."""
    if block.language == "python":
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * block.line + block.text, "page", "exec"), names)
        check(block.output or "", printed.getvalue())
    elif block.language == "console":
        commands = list(console(block.text))
        answers = terminal([command for command, _ in commands])
        for (command, output), answer in zip(commands, answers, strict=True):
            if output:
                check(output, answer, command)
    elif block.language in ("json", "toml"):
        {"json": json.loads, "toml": tomllib.loads}[block.language](block.text)
    else:
        raise AssertionError(f"a block of language {block.language!r} is neither run nor marked `<!-- not run: … -->`")


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
