"""The documentation site builds without a warning, and its reference leaves nothing out."""

import os
import re
import subprocess
import sys

import click
import pytest

import wordgru
from tests.runtime.golden import ROOT
from wordgru.cli import cli

pytest.importorskip("sphinx", reason="needs the docs extra")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    options = ["-q", "-W", "--keep-going", "-b", "html"]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_every_public_name_and_every_verb_is_in_the_reference(site):
    python = (site / "reference" / "python.html").read_text(encoding="utf-8")
    names = {name for name in wordgru.__all__ if not name.startswith("_")}
    assert set(re.findall(r'id="wordgru\.([A-Za-z]+)"', python)) == names
    line = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    verbs = cli.list_commands(click.Context(cli))
    assert [verb for verb in verbs if f'id="wordgru-{verb}"' not in line] == []


@pytest.mark.slow
def test_what_scrolls_can_be_reached_by_the_keyboard(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'<pre>|<div class="table-wrapper|<aside class="[^"]*">|role="heading">', text), page.name
