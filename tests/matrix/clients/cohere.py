"""The Cohere SDK."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import cohere
import httpx
from cohere.core.api_error import ApiError
from cohere.v2.types import V2ChatResponse, V2ChatStreamResponse
from pydantic import TypeAdapter

from tests.matrix.asking import (
    EVERYTHING,
    PARAMETERS,
    PICTURE,
    QUESTION,
    SCHEMA,
    SEED,
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
    loads,
)
from tests.matrix.engine import engine
from tests.matrix.script import Json

EVENTS: TypeAdapter[Any] = TypeAdapter(V2ChatStreamResponse)
FINISH = {"COMPLETE": "stop", "TOOL_CALL": "tool_calls", "MAX_TOKENS": "length"}


class Broken(Exception):
    """A stream that ended with an error; the SDK raises none."""


class Cohere:
    surface = "cohere"
    can = EVERYTHING | {"citations", "logprobs", "seed"}
    errors: tuple[type[Exception], ...] = (ApiError, Broken)

    def __init__(self) -> None:
        http = httpx.Client(transport=engine().transport(httpx))
        self.sdk = cohere.ClientV2(
            api_key="none", base_url="http://engine.test", max_retries=0, httpx_client=http
        )

    def ask(self, model: str, ask: Ask) -> Heard:
        return self.say(model, ask, messages(ask))

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        told = [
            {"role": "tool", "tool_call_id": call.id, "content": result.text}
            for call, result in zip(heard.calls, results, strict=True)
        ]
        return self.say(model, ask, [*messages(ask), heard.raw, *told])

    def say(self, model: str, ask: Ask, said: list[Any]) -> Heard:
        given: Json = {"model": model, "messages": said, **parameters(ask)}
        if not ask.stream:
            return whole(self.sdk.chat(**given))
        return streamed(list(self.sdk.chat_stream(**given)))

    def refusal(self, error: Exception) -> Refusal:
        status = error.status_code if isinstance(error, ApiError) else None
        return Refusal(status, str(error))

    def check(self, body: bytes, *, stream: bool) -> None:
        if not stream:
            V2ChatResponse.model_validate_json(body)
            return
        for name, data in frames(body):
            if data != "[DONE]":
                assert EVENTS.validate_json(data).type == name


def messages(ask: Ask) -> list[Json]:
    content: list[Json] = [{"type": "text", "text": QUESTION}]
    if ask.picture:
        content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}})
    said: list[Json] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]
    if ask.results:
        calls = [called(r.call.id, r.call.name, r.call.text) for r in ask.results]
        said.append({"role": "assistant", "tool_calls": calls})
        said += [{"role": "tool", "tool_call_id": r.call.id, "content": r.text} for r in ask.results]
    return said


def called(id: str, name: str, arguments: str) -> Json:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def parameters(ask: Ask) -> Json:
    found: Json = {}
    if ask.tools:
        tool = {"name": TOOL, "description": TOLD, "parameters": PARAMETERS}
        found["tools"] = [{"type": "function", "function": tool}]
    if ask.schema:
        found["response_format"] = {"type": "json_object", "json_schema": SCHEMA}
    if ask.think:
        found["thinking"] = {"type": "enabled", "token_budget": 8192}
    found |= {"logprobs": True} if ask.logprobs else {}
    return found | ({"seed": SEED} if ask.seed else {})


def whole(answer: V2ChatResponse) -> Heard:
    heard = Heard("", 1, finish=FINISH[answer.finish_reason], raw=answer.message)
    for block in answer.message.content or ():
        if block.type == "thinking":
            heard.thoughts += block.thinking
        else:
            heard.text += block.text
    for call in answer.message.tool_calls or ():
        assert call.function and call.function.name
        heard.calls.append(HeardCall(call.id, call.function.name, loads(call.function.arguments)))
    heard.cited = [cited(note) for note in answer.message.citations or ()]
    heard.logs = [log for told in answer.logprobs or () for log in logged(told)]
    heard.usage = used(answer.usage)
    return heard


def cited(note: Any) -> str | None:
    url: str | None = note.sources[0].document.get("url")
    return url


def logged(told: Any) -> list[tuple[str, float]]:
    """Probabilities come for pieces of text, which may be several tokens."""
    return [(told.text, sum(told.logprobs))]


def used(usage: Any) -> dict[str, int]:
    tokens = usage.tokens
    counts = {"prompt": tokens.input_tokens, "output": tokens.output_tokens, "cached": usage.cached_tokens}
    return counted(**counts, reasoning=getattr(tokens, "reasoning_tokens", None))


def streamed(events: Sequence[Any]) -> Heard:
    """The answer of a stream, put together as a client does: the SDK has no helper for it."""
    heard, open_at, arguments = Heard(), None, ""
    for event in events:
        if event.type == "content-start":
            assert open_at is None
            open_at = event.index
        elif event.type == "content-delta":
            assert event.index == open_at
            content = event.delta.message.content
            heard.text += content.text or ""
            heard.thoughts += content.thinking or ""
            heard.pieces += bool(content.text)
            heard.logs += logged(event.logprobs) if event.logprobs else []
        elif event.type == "citation-start":
            heard.cited.append(cited(event.delta.message.citations))
        elif event.type == "content-end":
            assert event.index == open_at
            open_at = None
        elif event.type == "tool-call-start":
            call = event.delta.message.tool_calls
            arguments = call.function.arguments or ""
        elif event.type == "tool-call-delta":
            arguments += event.delta.message.tool_calls.function.arguments
        elif event.type == "tool-call-end":
            assert event.index == len(heard.calls)
            heard.calls.append(HeardCall(call.id, call.function.name, loads(arguments)))
    return ended(heard, events[-1])


def ended(heard: Heard, end: Any) -> Heard:
    assert end.type == "message-end"
    if end.delta.error:
        raise Broken(end.delta.error)
    heard.finish = FINISH[end.delta.finish_reason]
    heard.usage = used(end.delta.usage)
    calls = [called(c.id or "", c.name, json.dumps(c.given, ensure_ascii=False)) for c in heard.calls]
    heard.raw = (
        {"role": "assistant", "tool_calls": calls} if calls else {"role": "assistant", "content": heard.text}
    )
    return heard
