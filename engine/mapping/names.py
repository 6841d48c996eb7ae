"""Which names each template position sees, and how a name is read by generated code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.events import CHAT_FIELDS, EVENT_FIELDS
from engine.operations import OPERATIONS

REQUEST = ("body", "chat", "model", "params", "features", "route", "client", "credential", "headers")
ENDPOINT = ("body", "headers", "client", "params", "method", "path", "query")
DECODE = ("body", "headers", "client", "path", "query")
REPLY = {"data": "data", "status": "status", "headers": "reply_headers"}

# What an event may say, whatever its kind, and what a whole answer says: keys of the object in `event`.
OF_AN_ERROR = frozenset({"message", "class", "code", "param", "retry_after", "status", "type"})
OF_AN_EVENT = OF_AN_ERROR | {field for fields in EVENT_FIELDS.values() for field in fields or ()}
OF_AN_ANSWER = frozenset(
    {"id", "model", "created", "fingerprint", "service_tier", "choices", "usage", "extra", "parts", "text",
     "reasoning", "refusal", "tool_calls", "citations", "logprobs", "audio", "images", "finish"}
)  # fmt: skip

# What an answer of an operation beside the chat says, whatever the operation.
OF_A_RESULT = frozenset({"created"} | {each for kind in OPERATIONS.values() for each in kind.results})

# The client's parameters that somebody may write without `body.` in front.
BODY_NAMES = ("messages", "max_completion_tokens", "top_k", "response_format", "reasoning_effort", "metadata",
              "input", "prompt", "stream_options")  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """What a position sees. `names` maps a name to the attribute of `Scope` that holds it.

    `lets`: also `let`, `defs` and `tables` of the dialect · `writes`: `$set` may stand here ·
    `reports`: `$unsupported` may · `open`: every name is one of the keys of `data` · `keys`: names that are
    keys of the object in `event`.
    """

    name: str
    names: Mapping[str, str]
    lets: bool = False
    writes: bool = False
    reports: bool = False
    open: bool = False
    keys: frozenset[str] = frozenset()


def _view(title: str, base: tuple[str, ...], more: Mapping[str, str] | None = None, **flags: Any) -> View:
    return View(title, {**{name: name for name in base}, **(more or {})}, **flags)


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        _view("let", REQUEST, lets=True),
        _view("request", REQUEST, lets=True, reports=True),
        _view("step", REQUEST, _same("data"), lets=True),
        _view("until", REQUEST, REPLY, lets=True),
        _view("auth", REQUEST, _same("method", "path", "query", "payload"), lets=True),
        _view("stream", REQUEST, _same("event", "data", "state"), lets=True, writes=True),
        _view("response", REQUEST, REPLY, lets=True),
        _view("error", REQUEST, {**REPLY, "text": "text"}, lets=True),
        _view("login.start", ("params", "features"), lets=True),
        _view("login.poll", ("params", "features"), _same("login"), lets=True),
        _view(
            "login.answer",
            ("params", "features", "credential"),
            {**REPLY, **_same("login", "text")},
            lets=True,
        ),
        _view("login.refresh", ("params", "features", "credential"), lets=True),
        _view("decode", DECODE, lets=True, reports=True),
        _view(
            "encode",
            DECODE,
            _same("kind", "choice", "event", "state"),
            lets=True,
            writes=True,
            keys=OF_AN_EVENT,
        ),
        _view("encode.whole", DECODE, _same("event"), lets=True, keys=OF_AN_ANSWER),
        *(
            _view(
                f"encode.{kind.name}",
                DECODE,
                _same("event"),
                lets=True,
                keys=frozenset({"created", *kind.results}),
            )
            for kind in OPERATIONS.values()
        ),
        _view("encode.error", (), _same("event"), lets=True, keys=OF_AN_ERROR),
        _view("encode.model", (), _same("model", "models"), lets=True),
        _view("encode.count", (), _same("tokens"), lets=True),
        _view("target", ("body", "chat", "headers", "client", "params")),
        _view("endpoint", ENDPOINT),
        _view("endpoint.input", ENDPOINT, _same("profile")),
        _view("endpoint.auth", ("headers", "method", "path", "query")),
        _view("endpoint.response", ENDPOINT, _same("result", "completion", "profile")),
        _view("endpoint.stream", ENDPOINT, _same("event", "result", "profile")),
        _view("endpoint.error", ENDPOINT, _same("error")),
        _view("jwt", (), _same("claims")),
        _view("directory", (), open=True),
        _view("directory.file", ("credential",)),
    )
}


# Stands among the names that a function reads for the scope itself.
SCOPE = "scope"

# What is the same for all requests for one model of a provider with one credential, but for most of `chat`.
FIXED = frozenset({"model", "params", "features", "credential", "chat"})


@dataclass(slots=True)
class Reads:
    """What a generated function reads: which names, and which parts of the request.

    `names` holds attributes of the scope, and SCOPE for what needs the scope itself: the clock, ids.
    `body` and `chat` hold field names; `whole_body` and `whole_chat` are true once the bare name was used.
    `lets`: whether it reads a name of `let`, which may hold any part of the request.
    """

    names: set[str] = field(default_factory=set)
    body: set[str] = field(default_factory=set)
    chat: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)
    whole_headers: bool = False
    whole_body: bool = False
    whole_chat: bool = False
    lets: bool = False
    tables: set[str] = field(default_factory=set)
    whole_tables: bool = False

    @property
    def fixed_but_headers(self) -> bool:
        """The same, but for headers of the client that are read by their names."""
        names = self.names - {"headers"}
        return not self.whole_headers and names <= FIXED and self.chat <= {"stream"} and not self.whole_chat

    @property
    def fixed(self) -> bool:
        """Whether model, credential and `chat.stream` are all that makes a difference from call to call."""
        return self.names <= FIXED and self.chat <= {"stream"} and not self.whole_chat

    @property
    def anything(self) -> bool:
        return bool(self.body or self.chat or self.whole_body or self.whole_chat or self.lets)

    def add(self, other: Reads) -> None:
        self.names |= other.names
        self.body |= other.body
        self.chat |= other.chat
        self.headers |= other.headers
        self.whole_headers |= other.whole_headers
        self.whole_body |= other.whole_body
        self.whole_chat |= other.whole_chat
        self.lets |= other.lets
        self.tables |= other.tables
        self.whole_tables |= other.whole_tables

    @property
    def body_fields(self) -> frozenset[str] | None:
        return None if self.whole_body else frozenset(self.body)

    @property
    def chat_fields(self) -> frozenset[str]:
        return frozenset(CHAT_FIELDS) if self.whole_chat else frozenset(self.chat)
