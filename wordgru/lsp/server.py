"""The language server: what editors ask, and what they are answered."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from wordgru import __version__
from wordgru.errors import WordgruError
from wordgru.lsp.corrections import Corrections, Slip
from wordgru.lsp.offers import Documents, LspSettings, NeverOffered, Offer, learn, typist_of
from wordgru.lsp.prose import PROSE, prose_before
from wordgru.predictor import Predictor
from wordgru.text import words
from wordgru.typing.model import TypingModel

LEARN, NEVER = "wordgru.learn", "wordgru.neverOffer"
"""The commands behind the code actions."""

_PAUSE = 0.4  # seconds without an edit before words are looked at
_TURN = 0.005  # seconds between two words, in which letters are answered
_FIXES = 3  # words that a slip may be replaced by


def make_server(predictor: Predictor, settings: LspSettings, never: NeverOffered) -> LanguageServer:
    """The server; `start_io` runs it on standard input and output.

    Raises:
        WordgruError: there is no such keyboard.
    """
    server = LanguageServer("wordgru", __version__)
    editor = _Editor(server, Documents(predictor), settings, never)
    if settings.corrections:
        typing = TypingModel(layout=settings.layout)
        editor.mark(Corrections(predictor, typing, threshold=settings.correction_threshold))
    return server


class _Editor:
    """Answers an editor."""

    def __init__(
        self, server: LanguageServer, documents: Documents, settings: LspSettings, never: NeverOffered
    ) -> None:
        self._server, self._documents, self._settings, self._never = server, documents, settings, never
        self._corrections: Corrections | None = None
        self._checks: dict[str, asyncio.Task[None]] = {}  # under way, by document
        self._slips: dict[str, list[Slip]] = {}  # marked, by document
        server.feature(lsp.INITIALIZE)(_function(self.initialize))
        options = lsp.CompletionOptions(trigger_characters=[" "])
        server.feature(lsp.TEXT_DOCUMENT_COMPLETION, options)(_function(self.completion))
        server.feature(lsp.TEXT_DOCUMENT_INLINE_COMPLETION, lsp.InlineCompletionOptions())(_function(self.inline))
        server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION)(_function(self.actions))
        server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)(_function(self.closed))
        server.command(LEARN)(_function(self.learn))
        server.command(NEVER)(_function(self.never_offer))

    def initialize(self, params: lsp.InitializeParams) -> None:
        """The editor begins, and may say how its user types.

        Raises:
            JsonRpcInvalidParams: its options are none.
        """
        try:
            if (typist := typist_of(params.initialization_options)) is not None:
                self._documents.predictor.typist = typist
        except WordgruError as error:
            raise JsonRpcInvalidParams(str(error)) from None

    def mark(self, corrections: Corrections) -> None:
        """Mark slips in the documents."""
        self._corrections = corrections
        self._server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)(_function(self.opened))
        self._server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)(_function(self.changed))

    def opened(self, params: lsp.DidOpenTextDocumentParams) -> None:
        """A document was opened."""
        self._check(params.text_document.uri, None)

    def changed(self, params: lsp.DidChangeTextDocumentParams) -> None:
        """A document was edited."""
        uri, change = params.text_document.uri, params.content_changes[-1]
        cursor = None
        if isinstance(change, lsp.TextDocumentContentChangePartial):
            begin = self._server.workspace.get_text_document(uri).offset_at_position(change.range.start)
            cursor = begin + len(change.text)
        self._check(uri, cursor)

    def _check(self, uri: str, cursor: int | None) -> None:
        """Look for slips once nobody has typed for a moment; a newer edit begins anew."""
        if (task := self._checks.pop(uri, None)) is not None:
            task.cancel()
        self._checks[uri] = asyncio.get_running_loop().create_task(self._find_slips(uri, cursor))

    async def _find_slips(self, uri: str, cursor: int | None) -> None:
        assert self._corrections
        await asyncio.sleep(_PAUSE)
        document = self._server.workspace.get_text_document(uri)
        slips: list[Slip] = []
        for slips in self._corrections.check(uri, document.source, document.language_id or "", cursor=cursor):  # noqa: B007  (the last are shown)
            await asyncio.sleep(_TURN)
        self._show(document, slips)

    def _show(self, document: TextDocument, slips: list[Slip]) -> None:
        """Mark words, and no others."""
        self._slips[document.uri] = slips
        found = [self._diagnostic(document, slip) for slip in slips]
        self._server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(document.uri, found, document.version)
        )

    def _diagnostic(self, document: TextDocument, slip: Slip) -> lsp.Diagnostic:
        units, found = document.position_codec.client_num_units, slip.correction
        start, end = (lsp.Position(slip.line, units(slip.text[:at])) for at in (found.start, found.end))
        return lsp.Diagnostic(
            lsp.Range(start, end),
            f"“{found.word}” was probably meant ({found.probability:.0%})",
            severity=lsp.DiagnosticSeverity.Information,
            source="wordgru",
        )

    def _fixes(self, document: TextDocument, asked: lsp.Range) -> list[lsp.CodeAction]:
        """What the slips in a range may be replaced by."""
        actions: list[lsp.CodeAction] = []
        lines = document.source.split("\n")
        for slip in self._slips.get(document.uri, ()):
            mark, found = self._diagnostic(document, slip), slip.correction
            edited = lines[slip.line : slip.line + 1] != [slip.text]  # since it was looked at
            if edited or mark.range.end < asked.start or asked.end < mark.range.start:
                continue
            better = [each.word for each in found.candidates if each.word != found.typed]
            for number, word in enumerate(dict.fromkeys([found.word, *better][: _FIXES + 1])):
                edit = lsp.WorkspaceEdit(changes={document.uri: [lsp.TextEdit(mark.range, word)]})
                actions.append(_replacement(f"Replace “{found.typed}” with “{word}”", edit, mark, first=number == 0))
        return actions

    def completion(self, params: lsp.CompletionParams) -> lsp.CompletionList:
        """The words at the cursor, and several at once if they are probable. Every letter asks anew."""
        document = self._document(params)
        before = self._prose(document, params.position)
        if before is None:
            return lsp.CompletionList(is_incomplete=False, items=[])
        settings = self._settings
        threshold = settings.phrase_threshold if settings.phrases else None
        found = self._documents.offers(document.uri, before, k=settings.k, threshold=threshold)
        offers = list(found.words)
        if found.ahead and len(found.ahead.text.split()) > 1:
            offers.insert(1, found.ahead)
        replaced = self._before(document, params.position, found.typed)
        items = [_item(offer, replaced, found.typed, number) for number, offer in enumerate(offers)]
        return lsp.CompletionList(is_incomplete=True, items=items)

    def inline(self, params: lsp.InlineCompletionParams) -> lsp.InlineCompletionList:
        """What probably follows, to be shown at the cursor."""
        document = self._document(params)
        before = self._prose(document, params.position)
        if before is None:
            return lsp.InlineCompletionList(items=[])
        found = self._documents.offers(document.uri, before, k=1, threshold=self._settings.inline_threshold)
        if found.ahead is None or found.ahead.text == found.typed:
            return lsp.InlineCompletionList(items=[])
        replaced = self._before(document, params.position, found.typed)
        item = lsp.InlineCompletionItem(insert_text=found.ahead.text, range=replaced, filter_text=found.typed or None)
        return lsp.InlineCompletionList(items=[item])

    def actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        """What can be done with the word at the cursor, or the text that is selected."""
        document = self._document(params)
        if document.language_id not in PROSE and not self._settings.code:
            return []
        start, end = (document.offset_at_position(each) for each in (params.range.start, params.range.end))
        selected = document.source[start:end]
        fixes = self._fixes(document, params.range)
        if len(words.spans(selected)) > 1:
            return [*fixes, _action("Learn the words of the selection", LEARN, selected)]
        word = _word_at(document.source, start)
        if not word:
            return fixes
        return [*fixes, _action(f"Learn “{word}”", LEARN, word), _action(f"Never offer “{word}”", NEVER, word)]

    def learn(self, text: str) -> None:
        """Learn a word, or the words of a text."""
        try:
            count = learn(self._documents.predictor, text)
        except WordgruError as error:
            self._say(str(error), lsp.MessageType.Error)
            return
        self._leave_alone(text)
        self._say(f"{count} {'word' if count == 1 else 'words'} learnt", lsp.MessageType.Info)

    def _leave_alone(self, text: str) -> None:
        """The words of a text are no slips any more."""
        if self._corrections is None:
            return
        left_alone = self._corrections.left_alone
        left_alone.update(text[start:end] for start, end, _ in words.spans(text))
        for uri, slips in self._slips.items():
            kept = [slip for slip in slips if slip.correction.typed not in left_alone]
            if kept != slips:
                self._show(self._server.workspace.get_text_document(uri), kept)

    def never_offer(self, word: str) -> None:
        """Never offer a word again."""
        try:
            self._never.add(word)
        except WordgruError as error:
            self._say(str(error), lsp.MessageType.Error)
            return
        self._say(f"“{word}” is not offered any more", lsp.MessageType.Info)

    def closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        """A document was closed."""
        uri = params.text_document.uri
        self._documents.close(uri)
        if self._corrections is not None:
            self._corrections.close(uri)
            self._slips.pop(uri, None)
            if (task := self._checks.pop(uri, None)) is not None:
                task.cancel()

    def _document(
        self, params: lsp.CompletionParams | lsp.InlineCompletionParams | lsp.CodeActionParams
    ) -> TextDocument:
        return self._server.workspace.get_text_document(params.text_document.uri)

    def _prose(self, document: TextDocument, position: lsp.Position) -> str | None:
        before = document.source[: document.offset_at_position(position)]
        return prose_before(before, document.language_id or "", code=self._settings.code)

    def _before(self, document: TextDocument, position: lsp.Position, typed: str) -> lsp.Range:
        """The place of what was typed before the cursor."""
        size = document.position_codec.client_num_units(typed)
        return lsp.Range(lsp.Position(position.line, max(position.character - size, 0)), position)

    def _say(self, text: str, kind: lsp.MessageType) -> None:
        self._server.window_show_message(lsp.ShowMessageParams(kind, text))


def _function(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method as pygls takes it, which writes on what it is given."""

    @functools.wraps(method)
    def call(asked: Any) -> Any:  # noqa: ANN401  (what the method takes and gives)
        return method(asked)

    return call


def _item(offer: Offer, replaced: lsp.Range, typed: str, number: int) -> lsp.CompletionItem:
    return lsp.CompletionItem(
        label=offer.text.strip(),
        kind=lsp.CompletionItemKind.Text,
        detail=f"{offer.probability:.1%}",
        sort_text=f"{number:03}",  # editors sort by the alphabet
        filter_text=typed or offer.text,  # they drop what does not begin as it was typed: ’ for '
        text_edit=lsp.TextEdit(replaced, offer.text),
        preselect=number == 0,
    )


def _action(title: str, command: str, text: str) -> lsp.CodeAction:
    return lsp.CodeAction(
        title, kind=lsp.CodeActionKind.QuickFix, command=lsp.Command(title, command, arguments=[text])
    )


def _replacement(title: str, edit: lsp.WorkspaceEdit, mark: lsp.Diagnostic, *, first: bool) -> lsp.CodeAction:
    return lsp.CodeAction(title, kind=lsp.CodeActionKind.QuickFix, diagnostics=[mark], edit=edit, is_preferred=first)


def _word_at(text: str, offset: int) -> str:
    """The word that the cursor stands in, or after."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)]
    return next((line[low:high] for low, high, _ in words.spans(line) if low <= offset - start <= high), "")
