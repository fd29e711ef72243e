"""What is published says where the repository lies, and what its badges say is so."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.runtime.golden import ROOT

ADDRESS = "https://example.org/somebody/wordgru"
CHANGED = ("README.md", "pyproject.toml", "CITATION.cff", "export/web/package.json", "export/node/package.json")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """As much of the repository as a release writes addresses into."""
    for name in (*CHANGED, ".ci/addresses"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def addresses(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    if not (bash := shutil.which("bash")) or os.name != "posix":
        pytest.skip("needs bash, and a path that it reads")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [bash, str(tree / ".ci/addresses"), *arguments]
    return subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)


def test_a_release_says_where_the_repository_lies(tree: Path) -> None:
    done = addresses(tree, ADDRESS, "v1.2.3")
    assert (done.returncode, done.stderr) == (0, "")
    before = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    after = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    urls = after["project"].pop("urls")
    assert after == before
    assert set(urls) == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    assert all(url.startswith(ADDRESS) for url in urls.values())
    assert f"repository-code: {ADDRESS}\n" in (tree / "CITATION.cff").read_text(encoding="utf-8")
    for folder in ("export/web", "export/node"):
        package = json.loads((tree / folder / "package.json").read_text(encoding="utf-8"))
        assert package["repository"] == {"type": "git", "url": f"git+{ADDRESS}.git", "directory": folder}


def test_no_link_of_the_readme_is_lost_on_an_index_page(tree: Path) -> None:
    addresses(tree, ADDRESS, "v1.2.3")
    before, after = ((folder / "README.md").read_text(encoding="utf-8") for folder in (ROOT, tree))
    links = re.findall(r"\]\(([^)]+)\)", after)
    assert len(links) == len(re.findall(r"\]\(([^)]+)\)", before)) > 20
    assert [link for link in links if not link.startswith(f"{ADDRESS}/")] == []
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", after)
    assert {link.partition("/raw/v1.2.3/")[2] for link in pictures} == {"docs/badges.svg", "docs/suggest.svg"}
    for link in links:
        assert (ROOT / re.split(r"/v1\.2\.3/", link)[1].partition("#")[0]).exists(), link


@pytest.mark.parametrize("given", ["nowhere", "https://example.org", 'https://example.org/a/b"\n[evil]'])
def test_what_is_no_address_changes_nothing(tree: Path, given: str) -> None:
    done = addresses(tree, given, "v1.2.3")
    assert done.returncode == 1
    assert "is no repository" in done.stderr
    assert all((tree / name).read_bytes() == (ROOT / name).read_bytes() for name in CHANGED)


def test_the_badges_say_what_the_package_says(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "badges.py"), "-o", str(tmp_path / "badges.svg")]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, timeout=60)
    drawn = (tmp_path / "badges.svg").read_text(encoding="utf-8")
    assert drawn == (ROOT / "docs" / "badges.svg").read_text(encoding="utf-8")
    told = re.sub("[:]", "", re.findall("<title>(.+)</title>", drawn)[0])
    assert f"![{told.replace('&gt;', '>')}](docs/badges.svg)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_all_that_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for wanted, command in (
        (project["dependencies"], "pip install wordgru"),
        (project["optional-dependencies"]["train"], "pip install 'wordgru[train]'"),
    ):
        comments = re.search(rf"^{re.escape(command)} +# (.*(?:\n +# .*)*)", readme, re.M)
        assert comments, command
        assert {re.split(r"[>=<]", each)[0] for each in wanted} <= set(re.findall(r"[\w-]+", comments[1]))
    said = re.search(r"^`pip install wordgru` brings (.+?), and no torch", readme, re.M)
    assert said
    assert {re.split(r"[>=<]", each)[0] for each in project["dependencies"]} == set(re.split(r", | and ", said[1]))
