"""A client protocol that is YAML, as a `Surface`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.errors import ErrorInfo, RequestRefused
from engine.events import Inbound
from engine.operations import CHAT
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.chat import Chat
from engine.surfaces.declared.answer import answer_names
from engine.surfaces.declared.chat import DecodedChat
from engine.surfaces.declared.encode import CONTENT_TYPES, FrameEncoder
from engine.surfaces.declared.media import inlined
from engine.surfaces.declared.operation import operations_of, request_names, told_error
from engine.surfaces.declared.programs import Program, Programs, reading
from engine.surfaces.declared.texts import rewritten
from engine.surfaces.json_schema import check_body, compile_check
from engine.surfaces.media import Inline
from engine.surfaces.openai_chat.decode import CARRIED
from engine.surfaces.params import apply_params
from engine.surfaces.surface import (
    Asked,
    ModelEntry,
    Passthrough,
    Rewrite,
    StandardEndpoint,
    Surface,
    named_model,
)

Json = dict[str, Any]
NO_ANSWER: Json = {}


def no_time() -> float:
    return 0.0


class DeclaredSurface:
    """Implements `surface.Surface`. Pure: what it is asked for decides what it answers.

    Raises `json_schema.SchemaError` for a schema that cannot be compiled.
    """

    hub = False
    operation = CHAT
    form: Mapping[str, str] | None = None

    def __init__(
        self,
        programs: Programs,
        endpoints: tuple[StandardEndpoint, ...] = (),
        wire: str | None = None,
        passthrough: Passthrough | None = None,
    ) -> None:
        self.name = programs.name
        self.wire = wire or ""
        self.endpoints = endpoints
        self.passthrough = passthrough
        self.id_prefix = programs.encode.id
        self.carried: Mapping[str, str | None] = {**CARRIED, **programs.decode.carried}
        self.programs = programs
        self.chats = programs.chats
        self.operations: Mapping[str, Surface] = operations_of(programs)
        self._check = compile_check(programs.decode.schema) if programs.decode.schema else None

    # --- requests --------------------------------------------------------------------------------------

    def model_of(self, body: Json, inbound: Inbound) -> str:
        program = self.programs.decode.model
        if program is None:
            return named_model(body.get("model"))
        return named_model(reading(program, self._scope(body, inbound)))

    def read(
        self, body: Json, inbound: Inbound, params: Mapping[str, Any], override: Mapping[str, Any]
    ) -> tuple[Json, Chat]:
        if self._check is not None:
            check_body(self._check, body)
        decoding = self.programs.decode
        scope = self._scope(body, inbound)
        worded = (reading(decoding.body, scope) or {}) if decoding.body is not None else {}
        relays = self.passthrough is not None
        chat = DecodedChat(decoding, scope, body, worded, params, override, relays=relays)
        chat.body = apply_params(params, override, worded)
        return chat.body, chat

    def rewrite(self, body: Json, chat: Chat, rewrite: Rewrite) -> tuple[Json, Chat]:
        assert isinstance(chat, DecodedChat)
        return body, rewritten(chat, rewrite)

    def inline(self, body: Json, chat: Chat, inline: Inline) -> tuple[Json, Chat]:
        assert isinstance(chat, DecodedChat)
        return body, inlined(chat, inline)

    def renamed(self, lost: Iterable[str]) -> Iterable[str]:
        """Parameters as this protocol's clients call them."""
        names = self.programs.decode.names
        return [names.get(name, name) for name in lost]

    def _scope(self, body: Any, inbound: Inbound, **more: Any) -> Any:
        names = {**request_names(body, inbound), **more}
        return self.programs.scope(names, no_time, lambda prefix: f"{prefix}{inbound.request_id}")

    # --- answers ---------------------------------------------------------------------------------------

    def framing_of(self, asked: Asked) -> str:
        framing = self.programs.encode.framing
        if isinstance(framing, str):
            return framing
        found = framing(self._scope(asked.body, asked.inbound, event=NO_ANSWER))
        return found if found in CONTENT_TYPES else "sse"

    def stream_type(self, asked: Asked) -> str:
        return CONTENT_TYPES[self.framing_of(asked)]

    def stream(self, asked: Asked, body: Mapping[str, Any], meta: Meta) -> FrameEncoder:
        encoding = self.programs.encode
        names = {**request_names(asked.body, asked.inbound), "state": self.programs.state()}
        return FrameEncoder(
            encoding.cases,
            self.framing_of(asked),
            self.programs.scope(names, lambda: float(meta.created), meta.uid),
            meta,
            self._error_bytes,
            keeps_request=encoding.holds_request,
        )

    def whole(self, folded: Folded, meta: Meta, asked: Asked) -> Any:
        program = self.programs.encode.whole
        if program is None:
            return answer_names(folded, meta)
        names = {**request_names(asked.body, asked.inbound), "event": answer_names(folded, meta)}
        return program(self.programs.scope(names, lambda: float(meta.created), meta.uid))

    def told(self, results: Json, meta: Meta, asked: Asked) -> Any:
        raise TypeError("a chat is told by events")

    def error(self, info: ErrorInfo) -> Any:
        return told_error(self.programs, info)

    def _error_bytes(self, info: ErrorInfo) -> bytes:
        return orjson.dumps(self.error(info))

    def last_words(self, info: ErrorInfo, content_type: str) -> bytes | None:
        """The bytes that end a stream of that type with an error; None where there are none."""
        if content_type == CONTENT_TYPES["sse"]:
            return b"data: %b\n\n" % self._error_bytes(info)
        return self._error_bytes(info) + b"\n" if content_type == CONTENT_TYPES["ndjson"] else None

    # --- models and counts -----------------------------------------------------------------------------

    def models(self, entries: Iterable[ModelEntry]) -> Any:
        program = self.programs.encode.models
        told = [self.model(entry) for entry in entries]
        return {"models": told} if program is None else self._of_names(program, models=told)

    def model(self, entry: ModelEntry) -> Any:
        made = {
            "id": entry.id,
            "created": entry.created,
            "created_at": datetime.fromtimestamp(entry.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "owned_by": entry.owned_by,
        }
        program = self.programs.encode.one_model
        return made if program is None else self._of_names(program, model=made)

    def count(self, tokens: int) -> Any:
        """The answer to a count of a request's tokens."""
        program = self.programs.encode.count
        if program is None:
            raise RequestRefused("this protocol counts no tokens", status=404, code="unknown_url")
        return self._of_names(program, tokens=tokens)

    def _of_names(self, program: Program, **names: Any) -> Any:
        return program(self.programs.scope(names, no_time, str))
