import re
import socket
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from tests.runtime.fixtures import TINY
from wordgru.bundle import open_bundle
from wordgru.cli.demo import demo_command
from wordgru.cli.page import PAGE, demo_app
from wordgru.errors import WordgruError
from wordgru.predictor import SHIPPED


@pytest.fixture
def page(tmp_path):
    (tmp_path / "index.html").write_text("the page", encoding="utf-8")
    (tmp_path / "page.js").write_text("", encoding="utf-8")
    return tmp_path


def test_the_page_and_the_bundle_are_served_and_asked_for_anew(page):
    client = TestClient(demo_app([open_bundle(TINY)], page))
    for path, content in (("/", b"the page"), ("/page.js", b""), ("/model/config.json", None)):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.content == (content if content is not None else (TINY / "config.json").read_bytes())
        again = client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    assert client.get("/model/blocked.txt").status_code == 404
    assert client.get("/model/../secret").status_code == 404


def test_several_bundles_are_served_by_their_names_and_the_page_is_told_where(page):
    (page / "models.json").write_text("[]", encoding="utf-8")  # of a page for any server
    both = [open_bundle(TINY), open_bundle(SHIPPED)]
    client = TestClient(demo_app(both, page))
    assert client.get("/models.json").json() == ["model/tiny/", "model/en/"]
    for path in ("model/tiny/", "model/en/"):
        assert client.get(f"/{path}config.json").status_code == 200
    assert client.get("/model/config.json").status_code == 404
    assert TestClient(demo_app(both[:1], page)).get("/models.json").json() == ["model/"]
    with pytest.raises(WordgruError, match="two bundles have the same name"):
        demo_app([both[0], both[0]], page)
    result = CliRunner().invoke(demo_command, ["-m", "en,nonsense-here"])
    assert "nonsense-here: no such folder" in str(result.exception)


def test_the_page_is_looked_for_where_it_is_built():
    root = Path(__file__).parents[2]
    assert f"--page {PAGE.relative_to(root).as_posix()}\n" in (root / "Makefile").read_text(encoding="utf-8")


def test_a_page_that_was_not_built_says_how_to(tmp_path):
    with pytest.raises(WordgruError, match="make web"):
        demo_app([open_bundle(TINY)], tmp_path)


def test_a_port_that_is_taken_is_told(page, monkeypatch):
    monkeypatch.setattr("wordgru.cli.page.demo_app", lambda bundles: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(demo_command, ["--model", str(TINY), "--port", str(port)])
    assert isinstance(result.exception, WordgruError)
    assert f"port {port}" in str(result.exception)
    assert isinstance(CliRunner().invoke(demo_command, ["-m", str(TINY), "--port", "99999"]).exception, WordgruError)


def test_a_short_trial_of_the_demo_is_not_taken_for_the_whole():
    root = Path(__file__).parents[2]
    said = [
        subprocess.run(
            ["make", "--dry-run", "demo", *arguments], cwd=root, capture_output=True, text=True, check=True
        ).stdout
        for arguments in ([], ["DEMO_ARGS=--steps 200"], ["DEMO_ARGS=--steps 400"])
    ]
    runs = [re.search(r"wordgru train --preset tiny -o (\S+)", each)[1] for each in said]
    assert len(set(runs)) == 3
    assert all(
        run.startswith("runs/") and f"wordgru export {run} " in each for run, each in zip(runs, said, strict=True)
    )
