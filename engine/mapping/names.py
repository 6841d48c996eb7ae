"""Which names each template position sees, and how a name is read by generated code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.events import CHAT_FIELDS

REQUEST = ("body", "chat", "model", "params", "features", "route", "client", "credential", "headers")
ENDPOINT = ("body", "headers", "client", "params", "method", "path", "query")
REPLY = {"data": "data", "status": "status", "headers": "reply_headers"}

# The client's parameters that somebody may write without `body.` in front.
BODY_NAMES = ("messages", "max_completion_tokens", "top_k", "response_format", "reasoning_effort", "metadata",
              "input", "prompt", "stream_options")  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """What a position sees. `names` maps a name to the attribute of `Scope` that holds it.

    `lets`: also `let`, `defs` and `tables` of the dialect · `writes`: `$set` may stand here ·
    `reports`: `$unsupported` may · `open`: every name is one of the keys of `data`.
    """

    name: str
    names: Mapping[str, str]
    lets: bool = False
    writes: bool = False
    reports: bool = False
    open: bool = False


def _view(title: str, base: tuple[str, ...], more: Mapping[str, str] | None = None, **flags: bool) -> View:
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
        _view("target", ("body", "chat", "headers", "client", "params")),
        _view("endpoint", ENDPOINT),
        _view("endpoint.response", ENDPOINT, _same("result", "completion")),
        _view("endpoint.stream", ENDPOINT, _same("event", "result")),
        _view("endpoint.error", ENDPOINT, _same("error")),
        _view("jwt", (), _same("claims")),
        _view("directory", (), open=True),
    )
}


@dataclass(slots=True)
class Reads:
    """What a generated function reads of the request, for the report of parameters that nobody carries.

    `body` and `chat` hold field names; `whole_body` and `whole_chat` are true once the bare name was used.
    """

    body: set[str] = field(default_factory=set)
    chat: set[str] = field(default_factory=set)
    whole_body: bool = False
    whole_chat: bool = False

    def add(self, other: Reads) -> None:
        self.body |= other.body
        self.chat |= other.chat
        self.whole_body |= other.whole_body
        self.whole_chat |= other.whole_chat

    @property
    def body_fields(self) -> frozenset[str] | None:
        return None if self.whole_body else frozenset(self.body)

    @property
    def chat_fields(self) -> frozenset[str]:
        return frozenset(CHAT_FIELDS) if self.whole_chat else frozenset(self.chat)
