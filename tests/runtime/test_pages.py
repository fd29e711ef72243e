"""Every example in README.md, examples/ and docs/ runs, and prints what the page says. How: see blocks.py."""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from tests.runtime.golden import ROOT
from tests.runtime.test_public import PUBLIC

blocks = pytest.importorskip("tests.runtime.blocks", reason="needs a terminal of POSIX", exc_type=ImportError)

PAGES = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def _marks(page):
    """Of a page with blocks that need an extra."""
    return [pytest.mark.extras] * any(block.needs for block in blocks.blocks(page.read_text(encoding="utf-8")))


MARKED = [pytest.param(page, id=name, marks=_marks(page)) for page, name in zip(PAGES, NAMES, strict=True)]
NOT_RUN = {
    "README.md": 5,
    "docs/benchmark.md": 4,
    "docs/editors.md": 5,
    "docs/evaluation.md": 4,
    "docs/languages.md": 1,
    "docs/personal.md": 2,
    "docs/scale.md": 2,
    "docs/serve.md": 3,
    "docs/tutorials/first-word.md": 1,
    "docs/tutorials/own-text.md": 2,
    "docs/tutorials/page.md": 2,
    "docs/tutorials/support-desk.md": 1,
    "docs/typing.md": 1,
}
"""How many blocks of each page are marked as not run. Each has its reason on the page."""

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
ENGLISH = ROOT / "wordgru" / "models" / "en"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a page's examples run: the sample texts, the programs, the English bundle under a name that pages use."""
    shutil.copytree(ROOT / "examples" / "texts", tmp_path, dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "my-text").mkdir()
    for page in (ROOT / "docs").glob("*.md"):
        own = "not-read.txt" if page.stem == "glossary" else f"my-text/{page.stem}.txt"
        shutil.copyfile(page, tmp_path / own)
    shutil.copytree(ENGLISH, tmp_path / "bundles" / "demo")
    monkeypatch.chdir(tmp_path)
    for variable in ("WORDGRU_MODEL", "WORDGRU_PERSONAL", "PYTHONWARNINGS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.mark.parametrize("page", MARKED)
def test_the_examples_of_a_page_print_what_it_says(page, folder):
    with blocks.Page(page.read_text(encoding="utf-8")) as run:
        if "REWRITE_PAGES" in os.environ:
            page.write_text(run.rewritten(), encoding="utf-8")
            return
        for block in run.blocks:
            try:
                run.run(block)
            except Exception as error:
                pytest.fail(f"{page.relative_to(ROOT)}:{block.line}: {error}", pytrace=False)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_to_a_file_and_a_heading(page):
    for address in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, heading = address.partition("#")
        if ":" in path:
            continue  # of the web
        target = page.parent / path if path else page
        assert target.exists(), address
        if heading:
            found = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
            assert heading in {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}, address


def test_the_notebook_prints_what_it_shows(folder):
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    names = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec("".join(cell["source"]), names)
        (output,) = cell["outputs"]
        if "REWRITE_PAGES" in os.environ:
            output["text"] = printed.getvalue().splitlines(keepends=True)
        blocks.check("".join(output["text"]), printed.getvalue(), "".join(cell["source"]))
    if "REWRITE_PAGES" in os.environ:
        NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def test_every_public_name_is_used_in_an_example_that_runs():
    ran = [block for page in PAGES for block in blocks.blocks(page.read_text(encoding="utf-8")) if not block.not_run]
    shown = "\n".join(block.text + (block.output or "") for block in ran if block.language in ("python", "console"))
    assert not [name for name in PUBLIC if not re.search(rf"\b{name.rpartition('.')[2]}\b", shown)]


def test_each_program_is_short_and_on_the_page_of_the_programs():
    page = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    programs = sorted((ROOT / "examples").glob("*.py"))
    assert len(programs) == 9
    for program in programs:
        assert f"examples/{program.name}" in page
        assert len(program.read_text(encoding="utf-8").splitlines()) < 60, program.name


def test_the_moving_picture_is_what_the_program_offers(tmp_path):
    drawn = tmp_path / "suggest.svg"
    command = [sys.executable, str(ROOT / "scripts" / "picture.py"), "-o", str(drawn)]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, timeout=60)
    expected = (ROOT / "docs" / "suggest.svg").read_text(encoding="utf-8")
    assert blocks.same(expected, drawn.read_text(encoding="utf-8"))


@pytest.mark.extras
def test_the_pictures_that_explain_are_what_the_program_answers(tmp_path):
    pytest.importorskip("onnx", reason="one of them shows a graph's weights")
    command = [sys.executable, str(ROOT / "scripts" / "explanations.py"), "-o", str(tmp_path)]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, timeout=60)
    kept = ROOT / "docs" / "pictures"
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(each.name for each in kept.iterdir())
    for drawn in tmp_path.iterdir():
        told = [texts(folder / drawn.name) for folder in (kept, tmp_path)]
        assert told[0] == told[1], f"{drawn.name}: draw it again with scripts/explanations.py"


def texts(picture):
    """What is written in a picture, but for numbers, which differ in the last digits from machine to machine."""
    found = re.findall(r"<text[^>]*>(.*?)</text>", picture.read_text(encoding="utf-8"))
    return [re.sub(r"[\d.]+", "0", each) for each in found]


def test_blocks_that_are_not_run_are_counted():
    found = Counter()
    for page, name in zip(PAGES, NAMES, strict=True):
        found[name] += sum(block.not_run is not None for block in blocks.blocks(page.read_text(encoding="utf-8")))
    assert +found == NOT_RUN


@pytest.mark.parametrize(
    ("expected", "printed", "agree"),
    [
        ("word 20.2%  ███▋\n", "word  20.6% ████", True),
        ("word 20.2%  ███▋\n", "word  21.6% ████", False),
        ("word 20.2%", "ward 20.2%", False),
        ("3 words", "4 words", False),
        ("a … z\n", "a b\nc z\n", True),
        ("a\nb\n", "a b\n", False),
        ("('x', 1.0)", "('x', 0.998)", True),
    ],
)
def test_output_is_compared_word_by_word(expected, printed, agree):
    assert blocks.same(expected, printed) is agree


def test_a_block_that_fails_or_prints_another_word_is_found(folder):
    page = "```console\n$ false\n```\n\n```python\nprint('a')\n```\n\n```\nb\n```\n\n```ini\na = 1\n```\n"
    for block in blocks.blocks(page):
        with pytest.raises(AssertionError):
            blocks.run(block, {})
    assert [block.output for block in blocks.blocks(page)] == [None, "b\n", None]
