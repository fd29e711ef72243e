"""The OpenAPI document of the service, with an example of every request."""

from collections.abc import Mapping
from typing import Any

from wordgru import __version__
from wordgru.search.suggestions import SearchOptions
from wordgru.serving.answers import KINDS
from wordgru.serving.settings import ServeSettings
from wordgru.typing.layout import Layout
from wordgru.typing.model import TypingModel
from wordgru.typist import TypistOptions

Schema = dict[str, Any]

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "/v1/suggest": {"text": "Thank you for your", "k": 3},
    "/v1/complete": {"text": "I will be there in a m", "k": 3, "typist": {"min_probability": 0.01}},
    "/v1/score": {"text": "Thank you for your help."},
    "/v1/characters": {"text": "I will be there in a m"},
    "/v1/correct": {"text": "I hvae a beatiful idea."},
    "/v1/phrases": {"text": "Thank you for", "k": 3, "max_words": 4, "threshold": 0.05},
    "/v1/completions": {"prompt": "Thank you for", "max_tokens": 8, "temperature": 0, "logprobs": 1},
}
"""A request for each path, which the service answers."""


def openapi(settings: ServeSettings) -> Schema:
    """The document."""
    paths = {f"/v1/{name}": {"post": _post(f"/v1/{name}", kind.summary)} for name, kind in KINDS.items()}
    paths["/v1/completions"] = {"post": _post("/v1/completions", "Text that goes on from a prompt, as OpenAI has it.")}
    paths["/v1/models"] = {"get": _get("The model, as OpenAI lists them.")}
    paths["/v1/models/{model}"] = {"get": _get("The model by its name.") | {"parameters": [_MODEL_NAME]}}
    paths["/v1/session"] = {"get": _get("WebSocket: edits in, offers out (docs/serve.md).", status="101")}
    paths["/healthz"] = {"get": _get("Whether the service answers.") | {"security": []}}
    paths["/metrics"] = {"get": _get("Figures for Prometheus.", content="text/plain")}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "wordgru", "version": __version__, "description": "Next words from a small GRU."},
        "paths": paths,
        "components": {
            "schemas": _schemas(settings),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    return document | ({"security": [{"token": []}]} if settings.token else {})


_MODEL_NAME = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
_ERRORS = {
    "400": "The request is wrong; the message says what was expected.",
    "401": "The token is missing or wrong.",
    "408": "The body took too long.",
    "413": "The text or the body is too long.",
    "429": "More requests than a client may send.",
    "503": "Too many requests are waiting.",
}


def _post(path: str, summary: str) -> Schema:
    name = path.removeprefix("/v1/").capitalize()
    return {
        "summary": summary,
        "operationId": name.lower(),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(f"{name}Request"), "example": dict(EXAMPLES[path])}},
        },
        "responses": {"200": _content("The answer.", _ref(f"{name}Answer"))} | _errors(),
    }


def _get(summary: str, *, status: str = "200", content: str = "application/json") -> Schema:
    return {"summary": summary, "responses": {status: {"description": summary, "content": {content: {}}}} | _errors()}


def _errors() -> Schema:
    return {status: _content(text, _ref("Error")) for status, text in _ERRORS.items()}


def _content(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    return schema | ({"required": list(required)} if required else {})


def _number(text: str, default: float | None = None, **limits: float) -> Schema:
    schema: Schema = {"type": "number", "description": text, **limits}
    return schema if default is None else schema | {"default": default}


def _whole(text: str, default: int | None, least: int, most: int | None = None) -> Schema:
    schema: Schema = {"type": "integer", "description": text, "minimum": least}
    schema |= {} if most is None else {"maximum": most}
    return schema if default is None else schema | {"default": default}


def _flag(text: str, default: bool = False) -> Schema:
    return {"type": "boolean", "description": text, "default": default}


def _layout(text: str, default: str | None = None) -> Schema:
    schema: Schema = {"type": "string", "description": text, "enum": Layout.names()}
    return schema if default is None else schema | {"default": default}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _schemas(settings: ServeSettings) -> Schema:
    text = {"type": "string", "maxLength": settings.max_text}
    asked = {
        "k": _whole("Words to offer.", 3, 1, 100),
        "tolerance": _number("By which a probability may be short of the truth.", SearchOptions.tolerance, minimum=0),
        "max_rows": _whole("Rows of the model to ask for at most.", SearchOptions.max_rows, 1, 256),
        "max_seconds": _number(
            "To search at most.", settings.max_seconds, exclusiveMinimum=0, maximum=settings.max_seconds
        ),
        "ignore_case": _flag("Letters typed match letters of either case."),
        "punctuation": _flag("Offer marks and emoji too."),
        "layout": _layout("Keyboard on which the letters were typed: the words meant by them are offered."),
        "typist": _typist(),
    }
    word = _object(word={"type": "string"}, probability=_number("P(word)."), sources=_list({"type": "string"}))
    found = _object(
        suggestions=_list(word),
        exact=_flag("Whether it is proved that these are the most probable words."),
        unexplored=_number("Share of the mass that was not looked into."),
        rows=_whole("Rows of the model that were asked for.", None, 0),
        space=_flag("Whether a space is missing between the text and the words."),
        autocorrect={"type": ["string", "null"], "description": "With `layout`: what stands there if the word ends."},
        languages={
            "type": "object",
            "additionalProperties": _number("P(the next word is of it)."),
            "description": "With several models: how probable each is before the unfinished word; `sources` names "
            "those of each word.",
        },
    )
    scored = _object(
        text={"type": "string"}, start=_whole("Where it begins, in characters.", None, 0),
        log_probability=_number("Nats."), bits=_number("Surprisal."),
    )  # fmt: skip
    corrected = _object(
        start=_whole("Where the word begins, in characters.", None, 0), end=_whole("And where it ends.", None, 0),
        typed={"type": "string"}, word={"type": "string", "description": "What was meant."},
        probability=_number("That it was."),
        candidates=_list(_object(word={"type": "string"}, probability=_number("That it was meant."))),
    )  # fmt: skip
    return {
        "SuggestRequest": _object(("text",), text=text, prefix={"type": "string"}, **asked),
        "SuggestAnswer": found,
        "CompleteRequest": _object(("text",), text=text, **asked),
        "CompleteAnswer": found,
        "ScoreRequest": _object(("text",), text=text),
        "ScoreAnswer": _object(scores=_list(scored), bits=_number("Of the whole.")),
        "CharactersRequest": _object(
            ("text",), text=text, tolerance=asked["tolerance"], max_rows=asked["max_rows"]
        ),
        "CharactersAnswer": _object(
            probabilities={"type": "object", "additionalProperties": _number("P(it comes next).")},
            end=_number("P(the word ends here)."),
            exact=_flag("Whether what is undecided is within the tolerance."), unexplored=_number("What is undecided."),
        ),
        "CorrectRequest": _object(
            ("text",), text=text, start=_whole("Words that end there or before are read as they stand.", 0, 0),
            threshold=_number("How probable a correction must be.", 0.9, minimum=0, maximum=1),
            layout=_layout("Keyboard on which it was typed.", TypingModel.layout),
        ),
        "CorrectAnswer": _object(
            corrections=_list(corrected),
            read=_whole("Characters looked at. Where the time ran out before the end: `start` of the next.", None, 0),
        ),
        "PhrasesRequest": _object(
            ("text",), text=text, k=_whole("Phrases to offer.", 3, 1, 10), max_words=_whole("Of a phrase.", 4, 1, 8),
            threshold=_number("How probable a phrase must be.", 0.05, minimum=0.02, maximum=1),
            max_seconds=asked["max_seconds"],
        ),
        "PhrasesAnswer": _object(
            phrases=_list(_object(text={"type": "string"}, probability=_number("P(all of its words, in this order)."))),
            finished=_flag("Whether the time sufficed; else there may be more."),
        ),
        "CompletionsRequest": _completion_request(text),
        "CompletionsAnswer": {
            "type": "object",
            "description": "As OpenAI's API answers; server-sent events if streamed.",
        },
        "Error": _object(
            error=_object(
                message={"type": "string"}, type={"type": "string"}, param={"type": ["string", "null"]},
                code={"type": "integer"},
            )
        ),
    }  # fmt: skip


def _typist() -> Schema:
    default = TypistOptions()
    habits = _object(
        capitals=_flag("Who writes in capitals is offered words in capitals.", default.capitals),
        lone_i=_flag("In English “i” is offered as “I”, unless the text writes it small.", default.lone_i),
        addresses=_flag("Offer words inside e-mail addresses, web addresses and paths.", default.addresses),
        min_probability=_number("Less probable words are not offered.", default.min_probability, minimum=0, maximum=1),
    )
    described = {"description": "How offers follow the one who types.", "additionalProperties": False}
    return habits | described | {"examples": [{"capitals": False, "addresses": True, "min_probability": 0.05}]}


def _completion_request(text: Schema) -> Schema:
    texts = {"oneOf": [text, _list(text)]}
    return _object(
        model={"type": "string"}, prompt=texts, max_tokens=_whole("Tokens to write at most.", 16, 0, 1024),
        temperature=_number("0: the most probable.", 1.0, minimum=0, maximum=2),
        top_p=_number("Draw from the most probable tokens that reach this sum.", 1.0, exclusiveMinimum=0, maximum=1),
        n=_whole("Texts for each prompt.", 1, 1, 16), logprobs=_whole("Other tokens to name.", None, 0, 5),
        echo=_flag("Begin with the prompt."), stop=texts, seed=_whole("The same seed, the same text.", None, 0),
        stream=_flag("Send pieces as they are written."), stream_options={"type": "object"},
    )  # fmt: skip
