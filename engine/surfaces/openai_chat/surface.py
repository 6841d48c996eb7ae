"""Chat Completions as a `Surface`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import ErrorInfo
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.chat import Chat
from engine.surfaces.openai_chat.completion import completion
from engine.surfaces.openai_chat.decode import CARRIED, decode
from engine.surfaces.openai_chat.encode import StreamEncoder
from engine.surfaces.openai_chat.passthrough import PassStream, fault_of, patch_body, usage_of
from engine.surfaces.openai_chat.shapes import error_body
from engine.surfaces.surface import ModelEntry, StandardEndpoint


def wants_usage(body: Mapping[str, Any]) -> bool:
    return bool((body.get("stream_options") or {}).get("include_usage"))


class ChatPassthrough:
    patch = staticmethod(patch_body)
    usage_of = staticmethod(usage_of)
    fault_of = staticmethod(fault_of)

    def stream(self, body: Mapping[str, Any]) -> PassStream:
        return PassStream(include_usage=wants_usage(body))


class ChatCompletions:
    name = "openai-chat"
    wire = "openai-chat"
    stream_type = "text/event-stream; charset=utf-8"
    carried = CARRIED
    passthrough = ChatPassthrough()
    endpoints = (
        StandardEndpoint("openai-chat", "/v1/chat/completions", ("POST",), "surface"),
        StandardEndpoint("openai-chat-models", "/v1/models", ("GET",), "models"),
        StandardEndpoint("openai-chat-model", "/v1/models/{id}", ("GET",), "models"),
    )

    def decode(self, body: Any) -> Chat:
        return decode(body)

    def stream(self, body: Mapping[str, Any], meta: Meta) -> StreamEncoder:
        return StreamEncoder(meta, include_usage=wants_usage(body))

    def whole(self, folded: Folded, meta: Meta) -> dict[str, Any]:
        return completion(folded, meta)

    def error(self, info: ErrorInfo) -> dict[str, Any]:
        return error_body(info)

    def models(self, entries: Iterable[ModelEntry]) -> dict[str, Any]:
        return {"object": "list", "data": [self.model(entry) for entry in entries]}

    def model(self, entry: ModelEntry) -> dict[str, Any]:
        return {"id": entry.id, "object": "model", "created": entry.created, "owned_by": entry.owned_by}
