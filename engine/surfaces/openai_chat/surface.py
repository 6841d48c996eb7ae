"""Chat Completions as a `Surface`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import ErrorInfo, RequestRefused
from engine.events import Inbound
from engine.operations import CHAT
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.chat import Chat
from engine.surfaces.media import Inline
from engine.surfaces.openai_chat.completion import completion
from engine.surfaces.openai_chat.decode import CARRIED, chat_of, decode
from engine.surfaces.openai_chat.encode import StreamEncoder, error_chunk
from engine.surfaces.openai_chat.media import inline_body
from engine.surfaces.openai_chat.passthrough import PassStream, fault_of, patch_body, usage_of
from engine.surfaces.openai_chat.shapes import error_body
from engine.surfaces.openai_chat.texts import rewrite_body
from engine.surfaces.params import apply_params
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


def wants_usage(body: Mapping[str, Any]) -> bool:
    return bool((body.get("stream_options") or {}).get("include_usage"))


STREAM_TYPE = "text/event-stream; charset=utf-8"


class ChatReading:
    usage_of = staticmethod(usage_of)
    fault_of = staticmethod(fault_of)

    def stream(self, body: Mapping[str, Any]) -> PassStream:
        return PassStream(include_usage=wants_usage(body))


class ChatPassthrough:
    reading = ChatReading()
    notable = None
    patch = staticmethod(patch_body)


class ChatCompletions:
    name = "openai-chat"
    wire = "openai-chat"
    hub = True
    operation = CHAT
    form: Mapping[str, str] | None = None
    chats = True
    operations: Mapping[str, Surface] = {}
    id_prefix = "chatcmpl"
    carried: Mapping[str, str | None] = CARRIED
    passthrough: Passthrough | None = ChatPassthrough()
    endpoints: tuple[StandardEndpoint, ...] = (
        StandardEndpoint("openai-chat", "/v1/chat/completions", ("POST",), "surface"),
        StandardEndpoint("openai-chat-models", "/v1/models", ("GET",), "models"),
        StandardEndpoint("openai-chat-model", "/v1/models/{id}", ("GET",), "models"),
        StandardEndpoint("openai-chat-realtime", "/v1/realtime", ("GET",), "realtime"),
    )

    def decode(self, body: Any) -> Chat:
        return decode(body)

    def rewrite(self, body: dict[str, Any], chat: Chat, rewrite: Rewrite) -> tuple[dict[str, Any], Chat]:
        rewritten = rewrite_body(body, rewrite)
        return (body, chat) if rewritten is body else (rewritten, decode(rewritten))

    def inline(self, body: dict[str, Any], chat: Chat, inline: Inline) -> tuple[dict[str, Any], Chat]:
        inlined = inline_body(body, inline)
        return (body, chat) if inlined is body else (inlined, chat_of(inlined))

    def model_of(self, body: dict[str, Any], inbound: Inbound) -> str:
        return named_model(body.get("model"))

    def read(
        self,
        body: dict[str, Any],
        inbound: Inbound,
        params: Mapping[str, Any],
        override: Mapping[str, Any],
    ) -> tuple[dict[str, Any], Chat]:
        worded = apply_params(params, override, body)
        return worded, decode(worded)

    def renamed(self, lost: Iterable[str]) -> Iterable[str]:
        return lost

    def stream_type(self, asked: Asked) -> str:
        return STREAM_TYPE

    def stream(self, asked: Asked, body: Mapping[str, Any], meta: Meta) -> Encoder:
        return StreamEncoder(meta, include_usage=wants_usage(body))

    def whole(self, folded: Folded, meta: Meta, asked: Asked) -> dict[str, Any]:
        return completion(folded, meta)

    def told(self, results: dict[str, Any], meta: Meta, asked: Asked) -> Any:
        raise TypeError("a chat is told by events")

    def error(self, info: ErrorInfo) -> dict[str, Any]:
        return error_body(info)

    def models(self, entries: Iterable[ModelEntry]) -> dict[str, Any]:
        return {"object": "list", "data": [self.model(entry) for entry in entries]}

    def model(self, entry: ModelEntry) -> dict[str, Any]:
        return {"id": entry.id, "object": "model", "created": entry.created, "owned_by": entry.owned_by}

    def count(self, tokens: int) -> Any:
        raise RequestRefused("this protocol counts no tokens", status=404, code="unknown_url")

    def last_words(self, info: ErrorInfo, content_type: str) -> bytes | None:
        return error_chunk(error_body(info)) if content_type == STREAM_TYPE else None
