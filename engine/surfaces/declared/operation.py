"""What a client protocol has beside its chat, as a `Surface` of its own: one operation of the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import ErrorInfo
from engine.events import Inbound
from engine.operations import OPERATIONS, Kind
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.chat import Chat
from engine.surfaces.declared.encode import error_names
from engine.surfaces.declared.programs import Asking, Programs, reading
from engine.surfaces.json_schema import check_body, compile_check
from engine.surfaces.media import Inline
from engine.surfaces.openai_chat.decode import CARRIED
from engine.surfaces.openai_chat.shapes import error_body
from engine.surfaces.params import apply_params
from engine.surfaces.passed import PassedAnswer
from engine.surfaces.surface import (
    Asked,
    Encoder,
    ModelEntry,
    Passthrough,
    Rewrite,
    StandardEndpoint,
    Surface,
    named_model,
)
from engine.surfaces.task import Task, unread

Json = dict[str, Any]


class OperationSurface:
    """Implements `surface.Surface` for a protocol's `programs`. Knows nothing of the protocol's own surface,
    which holds it: what a snapshot is made of has no circles.

    Raises `json_schema.SchemaError` for a schema that cannot be compiled.
    """

    hub = True  # its bodies are in the hub's words, once they are read
    carried: Mapping[str, str | None] = {}
    endpoints: tuple[StandardEndpoint, ...] = ()
    operations: Mapping[str, Surface] = {}
    chats = False

    def __init__(self, kind: Kind, asking: Asking, programs: Programs) -> None:
        self.kind = kind
        self.operation = kind.name
        self.name = programs.name
        self.wire = asking.wire
        self.id_prefix = kind.name
        self.passthrough: Passthrough | None = PassedAnswer() if asking.wire else None
        self._asking = asking
        self._programs = programs
        self._check = compile_check(asking.schema) if asking.schema else None
        properties = (asking.schema or {}).get("properties", {})
        self._own = frozenset(properties)
        self.form: Mapping[str, str] | None = types_of(properties) if kind.form else None

    # --- requests --------------------------------------------------------------------------------------

    def model_of(self, body: Json, inbound: Inbound) -> str:
        program = self._asking.model
        if program is None:
            return named_model(body.get("model"))
        return named_model(reading(program, self._scope(body, inbound)))

    def read(
        self, body: Json, inbound: Inbound, params: Mapping[str, Any], override: Mapping[str, Any]
    ) -> tuple[Json, Chat]:
        if self._check is not None:
            check_body(self._check, body)
        asking, lost = self._asking, unread(body, self._asking.known)
        worded = body
        if asking.body is not None:
            scope = self._scope(body, inbound)
            worded = reading(asking.body, scope) or {}
            lost += scope.lost
        worded = apply_params(self._fitting(params), self._fitting(override), worded)
        return worded, Task(self.kind, worded, lost)

    def _fitting(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """What an alias or a client says of its chats is not said of this."""
        if not params:
            return params
        return {name: value for name, value in params.items() if name in self._own or name not in CARRIED}

    def rewrite(self, body: Json, chat: Chat, rewrite: Rewrite) -> tuple[Json, Chat]:
        changed = {name: _rewritten(body[name], rewrite) for name in self.kind.texts if name in body}
        if all(changed[name] == body[name] for name in changed):
            return body, chat
        made = {**body, **changed}
        return made, Task(self.kind, made, chat.unread)

    def inline(self, body: Json, chat: Chat, inline: Inline) -> tuple[Json, Chat]:
        """Nothing is fetched: what a request of this kind names by URL, its platform fetches."""
        return body, chat

    def renamed(self, lost: Iterable[str]) -> Iterable[str]:
        return [self._asking.names.get(name, name) for name in lost]

    def _scope(self, body: Any, inbound: Inbound) -> Any:
        return self._programs.scope(
            request_names(body, inbound), lambda: 0.0, lambda prefix: f"{prefix}{inbound.request_id}"
        )

    # --- answers ---------------------------------------------------------------------------------------

    def told(self, results: Json, meta: Meta, asked: Asked) -> Any:
        """The JSON body of an answer with these results."""
        event = {
            **results,
            "id": results.get("id") or meta.id,
            "model": results.get("model") or meta.model,
            "created": meta.created,
        }
        if self._asking.response is None:
            return event
        names = {**request_names(asked.body, asked.inbound), "event": event}
        return self._asking.response(self._programs.scope(names, lambda: float(meta.created), meta.uid))

    def error(self, info: ErrorInfo) -> Any:
        return told_error(self._programs, info)

    def last_words(self, info: ErrorInfo, content_type: str) -> bytes | None:
        return None

    # --- what only a chat has ----------------------------------------------------------------------------

    def stream_type(self, asked: Asked) -> str:
        raise self._no_chat()

    def stream(self, asked: Asked, body: Mapping[str, Any], meta: Meta) -> Encoder:
        raise self._no_chat()

    def whole(self, folded: Folded, meta: Meta, asked: Asked) -> Any:
        raise self._no_chat()

    def models(self, entries: Iterable[ModelEntry]) -> Any:
        raise self._no_chat()

    def model(self, entry: ModelEntry) -> Any:
        raise self._no_chat()

    def count(self, tokens: int) -> Any:
        raise self._no_chat()

    def _no_chat(self) -> TypeError:
        return TypeError(f"{self.name}: {self.operation} is no chat")


def operations_of(programs: Programs) -> dict[str, Surface]:
    """The operations of a protocol beside its chat. Raises `SchemaError`."""
    return {
        name: OperationSurface(OPERATIONS[name], asking, programs)
        for name, asking in programs.operations.items()
    }


def told_error(programs: Programs, info: ErrorInfo) -> Any:
    """An error in the protocol's own shape, the hub's if it has none."""
    program = programs.encode.error
    if program is None:
        return error_body(info)
    return program(programs.scope({"event": error_names(info)}, lambda: 0.0, str))


def types_of(properties: Mapping[str, Any]) -> dict[str, str]:
    """The JSON types of fields that are no texts; of several, the first."""
    named = {name: schema.get("type") for name, schema in properties.items()}
    firsts = {name: kind[0] if isinstance(kind, list) else kind for name, kind in named.items() if kind}
    return {name: kind for name, kind in firsts.items() if kind != "string"}


def request_names(body: Any, inbound: Inbound) -> dict[str, Any]:
    return {"body": body, "headers": inbound.headers, "path": inbound.names, "query": inbound.query}


def _rewritten(value: Any, rewrite: Rewrite) -> Any:
    """A text, a list of texts, or an object with a text in it."""
    if isinstance(value, str):
        return rewrite("text", value)
    if isinstance(value, list):
        return [_rewritten(item, rewrite) for item in value]
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return {**value, "text": rewrite("text", value["text"])}
    return value
