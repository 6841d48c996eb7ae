"""The Anthropic SDK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anthropic
import httpx2
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from tests.matrix.asking import (
    EVERYTHING,
    PARAMETERS,
    PDF,
    PICTURE,
    QUESTION,
    SCHEMA,
    SYSTEM,
    TOLD,
    TOOL,
    Ask,
    Heard,
    HeardCall,
    Refusal,
    Result,
    counted,
    frames,
)
from tests.matrix.engine import engine
from tests.matrix.script import Json

EVENTS: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)
FINISH = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


class AnthropicMessages:
    surface = "anthropic-messages"
    can = EVERYTHING | {"pdf", "citations"}
    errors: tuple[type[Exception], ...] = (anthropic.APIError,)

    def __init__(self) -> None:
        http = httpx2.Client(transport=engine().transport(httpx2))
        self.sdk = anthropic.Anthropic(
            base_url="http://engine.test", api_key="none", max_retries=0, http_client=http
        )

    def ask(self, model: str, ask: Ask) -> Heard:
        return self.say(model, ask, messages(ask))

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        said = [block.model_dump(mode="json", exclude_none=True) for block in heard.raw.content]
        told = [
            {"type": "tool_result", "tool_use_id": call.id, "content": result.text}
            for call, result in zip(heard.calls, results, strict=True)
        ]
        return self.say(
            model,
            ask,
            [*messages(ask), {"role": "assistant", "content": said}, {"role": "user", "content": told}],
        )

    def say(self, model: str, ask: Ask, said: list[Json]) -> Heard:
        given: Json = {
            "model": model,
            "max_tokens": 20_000,
            "system": SYSTEM,
            "messages": said,
            **parameters(ask),
        }
        if not ask.stream:
            return whole(self.sdk.messages.create(**given))
        with self.sdk.messages.stream(**given) as stream:
            pieces = list(stream.text_stream)
            heard = whole(stream.get_final_message())
        assert "".join(pieces) == heard.text
        heard.pieces = len(pieces)
        return heard

    def refusal(self, error: Exception) -> Refusal:
        return Refusal(getattr(error, "status_code", None), str(error))

    def check(self, body: bytes, *, stream: bool) -> None:
        if not stream:
            Message.model_validate_json(body)
            return
        for name, data in frames(body):
            if name != "ping":
                assert EVENTS.validate_json(data).type == name


def messages(ask: Ask) -> list[Json]:
    content: list[Json] = [{"type": "text", "text": QUESTION}]
    if ask.picture:
        source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
        content.append({"type": "image", "source": source})
    if ask.pdf:
        source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
        content.append({"type": "document", "title": "rhein.pdf", "source": source})
    said: list[Json] = [{"role": "user", "content": content}]
    if ask.results:
        calls = [
            {"type": "tool_use", "id": r.call.id, "name": r.call.name, "input": dict(r.call.given)}
            for r in ask.results
        ]
        told = [{"type": "tool_result", "tool_use_id": r.call.id, "content": r.text} for r in ask.results]
        said += [{"role": "assistant", "content": calls}, {"role": "user", "content": told}]
    return said


def parameters(ask: Ask) -> Json:
    found: Json = {}
    if ask.tools:
        found["tools"] = [{"name": TOOL, "description": TOLD, "input_schema": PARAMETERS}]
    if ask.schema:
        found["output_config"] = {"format": {"type": "json_schema", "schema": SCHEMA}}
    if ask.think:
        found["thinking"] = {"type": "enabled", "budget_tokens": 8192}
    return found


def whole(answer: Message) -> Heard:
    heard = Heard("", 1, finish=FINISH[answer.stop_reason or "end_turn"], raw=answer)
    for block in answer.content:
        if block.type == "text":
            heard.text += block.text
            heard.cited += [getattr(note, "url", None) for note in block.citations or ()]
        elif block.type == "thinking":
            heard.thoughts += block.thinking
            heard.secrets += [block.signature] if block.signature else []
        elif block.type == "tool_use":
            heard.calls.append(HeardCall(block.id, block.name, block.input))
    usage = answer.usage
    cached = usage.cache_read_input_tokens or 0
    details: Any = getattr(usage, "output_tokens_details", None)
    heard.usage = counted(
        prompt=usage.input_tokens + cached,
        cached=cached,
        output=usage.output_tokens,
        reasoning=getattr(details, "thinking_tokens", None),
    )
    return heard
