"""The language server: what editors ask, and what they are answered."""

import functools
from collections.abc import Callable
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from wordgru import __version__
from wordgru.errors import WordgruError
from wordgru.lsp.offers import Documents, LspSettings, NeverOffered, Offer, learn
from wordgru.lsp.prose import PROSE, prose_before
from wordgru.predictor import Predictor
from wordgru.text import words

LEARN, NEVER = "wordgru.learn", "wordgru.neverOffer"
"""The commands behind the code actions."""


def make_server(predictor: Predictor, settings: LspSettings, never: NeverOffered) -> LanguageServer:
    """The server; `start_io` runs it on standard input and output."""
    server = LanguageServer("wordgru", __version__)
    _Editor(server, Documents(predictor), settings, never)
    return server


class _Editor:
    """Answers an editor."""

    def __init__(
        self, server: LanguageServer, documents: Documents, settings: LspSettings, never: NeverOffered
    ) -> None:
        self._server, self._documents, self._settings, self._never = server, documents, settings, never
        options = lsp.CompletionOptions(trigger_characters=[" "])
        server.feature(lsp.TEXT_DOCUMENT_COMPLETION, options)(_function(self.completion))
        server.feature(lsp.TEXT_DOCUMENT_INLINE_COMPLETION)(_function(self.inline))
        server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION)(_function(self.actions))
        server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)(_function(self.closed))
        server.command(LEARN)(_function(self.learn))
        server.command(NEVER)(_function(self.never_offer))

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
        if len(words.spans(selected)) > 1:
            return [_action("Learn the words of the selection", LEARN, selected)]
        word = _word_at(document.source, start)
        if not word:
            return []
        return [_action(f"Learn “{word}”", LEARN, word), _action(f"Never offer “{word}”", NEVER, word)]

    def learn(self, text: str) -> None:
        """Learn a word, or the words of a text."""
        try:
            count = learn(self._documents.predictor, text)
        except WordgruError as error:
            self._say(str(error), lsp.MessageType.Error)
            return
        self._say(f"{count} {'word' if count == 1 else 'words'} learnt", lsp.MessageType.Info)

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
        self._documents.close(params.text_document.uri)

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


def _word_at(text: str, offset: int) -> str:
    """The word that the cursor stands in, or after."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)]
    return next((line[low:high] for low, high, _ in words.spans(line) if low <= offset - start <= high), "")
