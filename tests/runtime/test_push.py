"""A bundle goes to the Hub whole and alone, comes back the same, and what the Hub refuses is told in one line."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.fake_hub import TOKEN, FakeHub, fake_hub
from tests.runtime.fixtures import TINY
from wordgru.bundle import open_bundle

pytest.importorskip("huggingface_hub", reason="needs the hub extra")
pytestmark = pytest.mark.extras


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with fake_hub() as found:
        yield found


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    shutil.copytree(TINY, tmp_path / "mine")
    (tmp_path / "mine" / "secret-notes.txt").write_text("not for others")
    return tmp_path / "mine"


def wordgru(hub: FakeHub, home: Path, *arguments: str | Path, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    own = {"HF_ENDPOINT": hub.address, "HF_HOME": str(home), "HF_TOKEN": token, "HF_HUB_DISABLE_XET": "1"}
    unwanted = ("http_proxy", "https_proxy", "all_proxy", "hf_hub_offline")
    environment = {name: value for name, value in os.environ.items() if name.lower() not in unwanted}
    return subprocess.run(
        [sys.executable, "-m", "wordgru", *map(str, arguments)], env=environment | own, capture_output=True, text=True,
        encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip


def test_what_is_pushed_is_loaded_again_by_its_name(hub: FakeHub, bundle: Path, tmp_path: Path) -> None:
    done = wordgru(hub, tmp_path / "hf", "push", bundle, "jane/words", "--message", "first", "--private")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"{hub.address}/jane/words/commit/")
    assert hub.commits == [("jane/words", "first")]
    assert hub.private["jane/words"]
    there = hub.repositories["jane/words"]
    assert set(there) == {path.name for path in open_bundle(bundle).files}
    for name, content in there.items():
        ours = (bundle / name).read_bytes()
        assert content == (ours.replace(b"path/or/owner/name", b"jane/words") if name == "README.md" else ours)
    assert b'Predictor.load("jane/words")' in there["README.md"]
    asked = ["suggest", "the cat", "--json", "-m"]
    loaded = wordgru(hub, tmp_path / "hf", *asked, "jane/words", token="")
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout == wordgru(hub, tmp_path / "hf", *asked, bundle).stdout


def test_a_second_push_is_one_commit_more(hub: FakeHub, bundle: Path, tmp_path: Path) -> None:
    for message in ("first", "second"):
        (bundle / "README.md").write_text(f"---\nlicense: mit\n---\n{message}\n", encoding="utf-8")
        done = wordgru(hub, tmp_path / "hf", "push", bundle, "jane/words", "--message", message)
        assert done.returncode == 0, done.stderr
        assert "names no language" in done.stderr
        assert "names no licence" not in done.stderr
    assert [message for _, message in hub.commits] == ["first", "second"]
    assert hub.repositories["jane/words"]["README.md"].endswith(b"second\n")


@pytest.mark.parametrize(
    ("refuse", "token", "sentence"),
    [
        ({}, "hf_another", "log in with `hf auth login`"),
        ({"/commit/": 403}, TOKEN, "the token may not write there"),
        ({"/put/": 507}, TOKEN, "did not take it"),
        ({"/repos/create": 429}, TOKEN, "too many requests"),
    ],
)
def test_what_the_hub_refuses_is_one_line_and_changes_nothing(
    hub: FakeHub, bundle: Path, tmp_path: Path, refuse: dict[str, int], token: str, sentence: str
) -> None:
    hub.refuse = refuse
    done = wordgru(hub, tmp_path / "hf", "push", bundle, "jane/words", token=token)
    assert (done.returncode, done.stdout) == (1, "")
    lines = [line for line in done.stderr.strip().splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert sentence in lines[0]
    assert "Error" not in lines[0]
    assert "Traceback" not in done.stderr
    assert not hub.repositories.get("jane/words")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{bundle}", "words"], "is no name on the Hub; expected OWNER/NAME"),
        (["{bundle}/gone", "jane/words"], "there is no such folder"),
        (["{bundle}/..", "jane/words"], "has no config.json"),
        (["{broken}", "jane/words"], "the file was changed or cut short"),
        (["{bare}", "jane/words"], "has no README.md"),
    ],
)
def test_what_cannot_be_pushed_is_refused_before_the_hub_is_asked(
    bundle: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    broken, bare = tmp_path / "broken", tmp_path / "bare"
    for folder in (broken, bare):
        shutil.copytree(bundle, folder)
    (broken / "model.onnx").write_bytes(b"broken")
    (bare / "README.md").unlink()
    from click.testing import CliRunner

    from wordgru.cli import cli

    filled = [part.format(bundle=bundle, broken=broken, bare=bare) for part in arguments]
    result = CliRunner().invoke(cli, ["push", *filled])
    assert sentence in str(result.exception)


def test_a_dry_run_asks_nothing_and_says_what_would_go(bundle: Path) -> None:
    from click.testing import CliRunner

    from wordgru.cli import cli

    result = CliRunner().invoke(
        cli, ["push", str(bundle), "jane/words", "--dry-run"], env={"HF_ENDPOINT": "http://[::1]:9"}
    )
    assert result.exit_code == 0, result.output
    assert {line.split("\t")[0] for line in result.stdout.splitlines()} == {p.name for p in open_bundle(bundle).files}
    assert "nothing was sent" in result.stderr
