"""`wordgru lsp`: asked by pygls's own client, and by Neovim where it is installed."""

import ast
import asyncio
import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.runtime.fixtures import TINY
from tests.runtime.golden import ROOT
from wordgru import PersonalModel, Predictor, TypingModel, TypistOptions

pytest.importorskip("pygls", reason="needs the lsp extra")

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

from wordgru.lsp.corrections import Corrections
from wordgru.lsp.offers import Documents, LspSettings, NeverOffered
from wordgru.lsp.prose import prose_before

COMMAND = ["-m", "wordgru", "lsp", "--model", str(TINY)]
NVIM, EMACS, CODE, CHROMIUM = (shutil.which(name) for name in ("nvim", "emacs", "code-server", "chromium"))


class Editor:
    """A client with one document, which it edits by ranges and keeps a copy of."""

    def __init__(self, client, language="markdown", uri="file:///a.md"):
        self.client, self.uri, self.language, self.text, self.version = client, uri, language, "", 0
        self.marks = []

    async def open(self, text=""):
        self.text = text
        document = lsp.TextDocumentItem(self.uri, self.language, 0, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(document))

    def position(self, offset):
        before = self.text[:offset]
        column = before[before.rfind("\n") + 1 :]
        return lsp.Position(before.count("\n"), len(column.encode("utf-16-le")) // 2)

    def edit(self, start, end, new):
        span = lsp.Range(self.position(start), self.position(end))
        self.text, self.version = self.text[:start] + new + self.text[end:], self.version + 1
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(self.version, self.uri),
                [lsp.TextDocumentContentChangePartial(span, new)],
            )
        )

    async def offers(self, offset=None):
        at = self.position(len(self.text) if offset is None else offset)
        params = lsp.CompletionParams(lsp.TextDocumentIdentifier(self.uri), at)
        return (await self.client.text_document_completion_async(params)).items

    async def inline(self):
        params = lsp.InlineCompletionParams(
            lsp.InlineCompletionContext(lsp.InlineCompletionTriggerKind.Automatic),
            lsp.TextDocumentIdentifier(self.uri),
            self.position(len(self.text)),
        )
        return (await self.client.text_document_inline_completion_async(params)).items

    async def code_actions(self, start, end=None):
        span = lsp.Range(self.position(start), self.position(start if end is None else end))
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(self.uri), span, lsp.CodeActionContext([]))
        return {action.title: action for action in await self.client.text_document_code_action_async(params) or ()}

    async def actions(self, start, end=None):
        # The client takes an action for a command, whose name is then the text of a dictionary.
        found = await self.code_actions(start, end)
        return {title: ast.literal_eval(action.command) for title, action in found.items() if title[:2] != "Re"}

    def at(self, span):
        """The text in a range of one line."""
        line = self.text.split("\n")[span.start.line].encode("utf-16-le")
        return line[2 * span.start.character : 2 * span.end.character].decode("utf-16-le")

    async def run(self, command):
        params = lsp.ExecuteCommandParams(command["command"], command["arguments"])
        await self.client.workspace_execute_command_async(params)

    def accept(self, item):
        """The text with an offer in it, as an editor puts it there."""
        span, lines = item.text_edit.range, self.text.split("\n")
        line = lines[span.start.line].encode("utf-16-le")
        new = item.text_edit.new_text.encode("utf-16-le")
        lines[span.start.line] = (line[: 2 * span.start.character] + new + line[2 * span.end.character :]).decode(
            "utf-16-le"
        )
        return "\n".join(lines)


def served(test, *options, initialization=None, **document):
    """Run `test` with an editor that has a server of its own, begun with the options of `initialization`."""

    async def run():
        client = LanguageClient("test", "1")
        messages = []
        editor = Editor(client, **document)
        client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(
            lambda params: setattr(editor, "marks", params.diagnostics)
        )
        client.feature(lsp.WINDOW_SHOW_MESSAGE)(lambda params: messages.append(params.message))
        await client.start_io(sys.executable, *COMMAND, *options)
        try:  # the server is told to end before whatever went wrong is told
            found = await client.initialize_async(
                lsp.InitializeParams(
                    lsp.ClientCapabilities(), process_id=os.getpid(), initialization_options=initialization
                )
            )
            editor.capabilities, editor.messages = found.capabilities, messages
            await asyncio.wait_for(test(editor), 60)
        finally:
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()

    asyncio.run(run())


def test_words_are_offered_as_the_package_offers_them():
    predictor = Predictor.load(TINY)

    async def test(editor):
        assert editor.capabilities.text_document_sync.change == lsp.TextDocumentSyncKind.Incremental
        await editor.open("Zwei 🙂🙂 the ca")
        items = await editor.offers()
        assert [item.label for item in items] == predictor.complete(editor.text, k=5).words
        assert [item.sort_text for item in items] == sorted(item.sort_text for item in items)
        assert editor.accept(items[0]) == "Zwei 🙂🙂 the " + items[0].label
        await editor.open("said the")
        assert all(item.text_edit.new_text[0] != " " for item in await editor.offers())

    served(test, "--no-phrases")


@pytest.mark.parametrize("typist", [None, {}, {"capitals": False, "addresses": True}, {"min_probability": 0.1}])
def test_offers_follow_the_habits_that_the_editor_names(typist):
    predictor = Predictor.load(TINY)

    async def test(editor):
        for text in ("THE CA", "write to anna@ca", "the ca"):
            await editor.open(text)
            expected = predictor.session(text, typist=TypistOptions(**typist or {})).suggest(k=5).words
            assert [item.label for item in await editor.offers()] == expected

    served(test, "--no-phrases", initialization={"typist": typist, "other": 1})


@pytest.mark.parametrize(
    ("typist", "says"),
    [
        ("loud", "the initialization option typist is no object; expected one such as"),
        ({"loud": True}, "the initialization option typist: unknown key 'loud'; known are addresses, capitals, lone_i"),
        ({"capitals": "no"}, "capitals is 'no'; expected true or false."),
        ({"min_probability": 7}, "min_probability is 7; expected a number of at least 0 and at most 1."),
    ],
)
def test_habits_that_are_none_are_told_to_the_editor(typist, says):
    async def test(editor):
        pytest.fail("the server began")

    with pytest.raises(JsonRpcException) as refused:
        served(test, initialization={"typist": typist})
    assert says in refused.value.message
    assert "\n" not in refused.value.message


def test_edits_anywhere_leave_the_server_with_the_same_text():
    predictor, draw = Predictor.load(TINY), random.Random(2)

    async def test(editor):
        await editor.open("the cat\nsat on 🙂 the\n")
        for _ in range(60):
            start = draw.randrange(len(editor.text) + 1)
            end = min(start + draw.choice([0, 0, 1, 5]), len(editor.text))
            editor.edit(start, end, draw.choice(["a", "the ", "\n", "é", "🙂", "don't "]))
            at = draw.randrange(len(editor.text) + 1)
            labels = [item.label for item in await editor.offers(at)]
            assert labels == predictor.complete(editor.text[:at], k=5).words

    served(test, "--no-phrases")


def test_several_words_are_offered_where_they_are_probable():
    unhurried = partial(Documents, Predictor.load(TINY), max_seconds=60)
    documents = unhurried()
    for text in ("the cat ", "I don", "said "):
        found = documents.offers("a", text, k=3, threshold=0.001)
        assert found.ahead.text.startswith(found.words[0].text)
        assert len(found.ahead.text.split()) > 1
        assert documents.offers("b", text, k=3, threshold=0.999).ahead is None or found.typed
        assert found == unhurried().offers("c", text, k=3, threshold=0.001)


def test_what_follows_is_shown_at_the_cursor():
    async def test(editor):
        assert editor.capabilities.inline_completion_provider is not None  # else no editor asks for it
        await editor.open("I don’")
        for item in await editor.inline():
            assert item.insert_text.startswith("don’")
            assert item.range.start.character == 2
        await editor.open("x" * 500)
        assert not await editor.inline()
        assert not await editor.offers()

    served(test)


def test_code_is_left_alone_unless_asked():
    async def nothing(editor):
        await editor.open("# the ca")
        assert not await editor.offers()
        assert await editor.actions(3) == {}

    async def comments(editor):
        await editor.open("# the ca")
        assert await editor.offers()
        await editor.open("x = the_ca")
        assert not await editor.offers()

    served(nothing, language="python")
    served(comments, "--code", language="python")


@pytest.mark.parametrize(
    ("text", "language", "prose"),
    [
        ("the cat", "markdown", "the cat"),
        ("# One\n# two th", "python", "One two th"),
        ("x = 'a'  # a co", "python", "a co"),
        ('def f():\n    """Return th', "python", "Return th"),
        ('def f():\n    """Return."""\n    x', "python", None),
        ("s = 'the ca", "python", "the ca"),
        ("s = 'the ca'", "python", None),
        ("s = 'open\nx", "python", None),
        ("/* The cat\n * sat on th", "c", "The cat sat on th"),
        ("/* a */ int x; // now th", "c", "now th"),
        ('s = "// no', "c", "// no"),
        ("let a: &'a str = x", "rust", None),
        ("{- The\n cat", "haskell", "The cat"),
        ("; a list", "lisp", "a list"),
        ("the cat", "unknown", None),
    ],
)
def test_prose_is_found_in_code(text, language, prose):
    assert prose_before(text, language, code=True) == prose
    if language != "markdown":
        assert prose_before(text, language, code=False) is None


def test_words_are_learnt_and_never_offered_by_actions(tmp_path):
    store, never = tmp_path / "my.words", tmp_path / "never.txt"

    async def test(editor):
        await editor.open("the Krakenhaus is big\nthe ")
        learn = (await editor.actions(7))["Learn “Krakenhaus”"]
        for _ in range(5):
            await editor.run(learn)
        editor.edit(len(editor.text), len(editor.text), "K")
        assert "Krakenhaus" in [item.label for item in await editor.offers()]
        await editor.run((await editor.actions(4))["Never offer “Krakenhaus”"])
        assert "Krakenhaus" not in [item.label for item in await editor.offers()]
        await editor.run((await editor.actions(0, 21))["Learn the words of the selection"])
        assert editor.messages[-1] == "4 words learnt"
        assert await editor.actions(len(editor.text) - 5) != {}

    served(test, "--personal", str(store), "--never", str(never))
    assert never.read_text() == "Krakenhaus\n"
    with PersonalModel(store) as words:
        assert "Krakenhaus" in [gram.word for gram in words.grams()]
    predictor = Predictor.load(TINY, personal=store)
    assert "Krakenhaus" in predictor.complete("the K", k=5).words
    NeverOffered(predictor, never)
    assert "Krakenhaus" not in predictor.complete("the K", k=5).words


def test_it_ends_without_a_word_when_the_editor_ends():
    messages = [{"id": 1, "method": "initialize", "params": {"capabilities": {}}}]
    messages += [{"id": 2, "method": "shutdown"}, {"method": "exit"}]
    bodies = [json.dumps({"jsonrpc": "2.0"} | message) for message in messages]
    sent = "".join(f"Content-Length: {len(body)}\r\n\r\n{body}" for body in bodies)
    result = subprocess.run(
        [sys.executable, *COMMAND], input=sent, capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stderr == ""
    assert '"id":2' in result.stdout.replace(" ", "")


def test_what_it_cannot_start_with_is_one_line(tmp_path):
    (tmp_path / "bad").write_bytes(b"\xff")
    for options in (
        ["-k", "0"],
        ["--layout", "nowhere"],
        ["--model", "nowhere"],
        ["--never", str(tmp_path / "bad")],
        ["--glossary", "nowhere"],
    ):
        command = [sys.executable, *COMMAND, *options]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, input="")
        assert result.returncode == 1
        assert len(result.stderr.strip().splitlines()) == 1, result.stderr


async def marked(editor, *typed):
    """Wait until these words are marked, and no others; return their diagnostics."""
    for _ in range(200):
        found = {editor.at(each.range): each for each in editor.marks}
        if set(found) == set(typed):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{set(found)} are marked; expected {set(typed)}")


def test_slips_are_marked_and_replaced_and_words_learnt_are_left_alone(tmp_path):
    async def test(editor):
        await editor.open("🙂 said I dont know.\n```\nI dont\n```\n")
        mark = (await marked(editor, "dont"))["dont"]
        assert "don't" in mark.message
        title = "Replace “dont” with “don't”"
        fix = (await editor.code_actions(10))[title]
        assert fix.is_preferred
        (change,) = fix.edit.changes[editor.uri]
        editor.edit(9, 13, change.new_text)
        assert (await editor.code_actions(10)).keys() == {"Learn “don't”", "Never offer “don't”"}  # at once
        await marked(editor)
        assert editor.text.startswith("🙂 said I don't know.")
        editor.edit(len(editor.text), len(editor.text), "I dont")
        await asyncio.sleep(1)
        await marked(editor)  # a word that is being typed is left alone
        editor.edit(len(editor.text), len(editor.text), " know")
        await marked(editor, "dont")
        await editor.run((await editor.actions(len(editor.text) - 6))["Learn “dont”"])
        await marked(editor)

    async def code(editor):
        await editor.open("# I dont know.\n")
        await asyncio.sleep(1)
        assert not editor.marks

    served(test)
    served(code, "--code", language="python")


def test_lines_looked_at_are_remembered_and_a_letter_waits_for_one_word_at_most():
    predictor, text = Predictor.load(TINY), "I dont know.\n" * 5
    checker = Corrections(predictor, TypingModel(), threshold=0.9)
    steps = list(checker.check("a", text, "markdown"))
    assert len(steps) == 16  # each word, and the end
    assert [slip.line for slip in steps[-1]] == [0, 1, 2, 3, 4]
    assert len(list(checker.check("a", text, "markdown"))) == 1
    assert len(list(checker.check("a", text + "I dont\n", "markdown"))) == 3
    checker.left_alone.add("dont")
    assert list(checker.check("a", text, "markdown"))[-1] == []
    checker.close("a")
    assert len(list(checker.check("a", text, "markdown"))) == 16


@pytest.mark.skipif(NVIM is None, reason="Neovim is not installed")
def test_neovim_types_accepts_and_corrects(tmp_path):
    (tmp_path / "a.txt").write_text("", encoding="utf-8")
    environment = os.environ | {"WORDGRU_PYTHON": sys.executable, "WORDGRU_MODEL": str(TINY), "HOME": str(tmp_path)}
    script = Path(__file__).with_name("neovim.lua")
    subprocess.run(
        [NVIM, "--headless", "-u", "NONE", "-i", "NONE", "-c", f"luafile {script}", str(tmp_path / "a.txt")],
        env=environment, timeout=60, check=True, cwd=tmp_path,
    )  # fmt: skip
    predictor = Predictor.load(TINY)
    text = f"the {predictor.complete('the ca')[0].word}\nI don't know.\nto anna@"
    address = predictor.session(text + "ca", typist=TypistOptions(addresses=True)).suggest()[0].word
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == f"{text}{address}\n"


def has_eglot():
    """Whether Emacs is there, with Eglot."""
    if EMACS is None:
        return False
    found = "(progn (package-initialize) (kill-emacs (if (require 'eglot nil t) 0 1)))"
    return subprocess.run([EMACS, "--batch", "-q", "--eval", found], capture_output=True, check=False).returncode == 0


def test_emacs_types_accepts_and_corrects_with_the_settings_of_the_page(tmp_path):
    if not has_eglot():
        pytest.skip("Emacs is not installed, or has no Eglot")
    page = (ROOT / "docs/editors.md").read_text(encoding="utf-8")
    settings = page.partition("```elisp\n")[2].partition("```")[0]
    assert "eglot-ensure" in settings
    (tmp_path / "settings.el").write_text(settings, encoding="utf-8")
    program = tmp_path / "wordgru"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m wordgru "$@" --no-phrases\n', encoding="utf-8")
    program.chmod(0o755)
    environment = os.environ | {
        "WORDGRU_SETTINGS": str(tmp_path / "settings.el"), "WORDGRU_MODEL": str(TINY), "HOME": str(tmp_path),
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    script = Path(__file__).with_name("emacs.el")
    subprocess.run(
        [EMACS, "--batch", "-q", "-l", str(script), str(tmp_path / "a.txt")],
        env=environment, timeout=60, check=True, cwd=tmp_path,
    )  # fmt: skip
    predictor = Predictor.load(TINY)
    text = f"the {predictor.complete('the ca')[0].word}\nto anna@"
    address = predictor.session(text + "ca", typist=TypistOptions(addresses=True)).suggest()[0].word
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == f"{text}{address}\nI don't know.\n"


@contextlib.contextmanager
def code_server(folder):
    """The address of a VS Code whose users, extensions and home are in a folder, when it answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    command = [
        CODE, "--auth", "none", "--bind-addr", address, "--user-data-dir", str(folder / "user"), "--extensions-dir",
        str(folder / "extensions"), "--disable-workspace-trust", "--disable-telemetry", "--disable-update-check",
    ]  # fmt: skip
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, env=os.environ | {"HOME": str(folder)}, stdout=log, stderr=log) as process,
    ):
        try:
            for _ in range(300):
                with contextlib.suppress(OSError), socket.create_connection(address.split(":"), timeout=1):
                    break
                time.sleep(0.1)
            yield f"http://{address}"
        finally:
            process.terminate()


@pytest.mark.skipif(not (CODE and CHROMIUM), reason="code-server or Chromium is not installed")
@pytest.mark.skipif(not (ROOT / "export/node_modules/playwright-core").exists(), reason="playwright-core is missing")
def test_vscode_types_accepts_and_corrects_with_the_settings_of_the_page(tmp_path):
    page = (ROOT / "docs/editors.md").read_text(encoding="utf-8").partition("## VS Code")[2]
    settings = json.loads(page.partition("```json\n")[2].partition("```")[0])
    program = tmp_path / "wordgru"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m wordgru "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    settings |= {"wordgru.command": [str(program), "lsp"], "workbench.startupEditor": "none"}
    extension = shutil.copytree(ROOT / "examples/vscode", tmp_path / "extensions/wordgru")
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit"], cwd=extension, check=True, timeout=120)
    (tmp_path / "user/User").mkdir(parents=True)
    (tmp_path / "user/User/settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/a.md").write_text("", encoding="utf-8")
    script = Path(__file__).with_name("vscode.mjs")
    with code_server(tmp_path) as address:
        told = subprocess.run(
            ["node", str(script), address, str(tmp_path / "texts"), CHROMIUM],
            timeout=300, check=True, stdout=subprocess.PIPE, text=True,
        ).stdout.splitlines()  # fmt: skip
    predictor = Predictor.load()
    word = predictor.complete("the ca")[0].word
    text = f"the {word}\nI have an idea.\nto anna@"
    in_address = predictor.session(text + "exam", typist=TypistOptions(addresses=True)).suggest()[0].word
    assert [json.loads(line)[0].partition(",")[0] for line in told[:2]] == [word, in_address]
    before = f"{text}{in_address}\nThank you for y"
    offers = Documents(predictor).offers("a", before, k=1, threshold=LspSettings().inline_threshold)
    ahead = offers.ahead.text
    assert told[2] == ahead.removeprefix("y")
    assert (tmp_path / "texts/a.md").read_text(encoding="utf-8") == f"{text}{in_address}\nThank you for {ahead}"
