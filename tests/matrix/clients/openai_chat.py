"""The OpenAI SDK: chat completions, at OpenAI's paths and at Azure's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx2
import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.matrix.asking import (
    EVERYTHING,
    FURTHER,
    PARAMETERS,
    PDF,
    PICTURE,
    QUESTION,
    SCHEMA,
    SEED,
    SOUND,
    SYSTEM,
    TIER,
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


class OpenAIChat:
    surface = "openai-chat"
    can = EVERYTHING | FURTHER
    errors: tuple[type[Exception], ...] = (openai.APIError,)

    def __init__(self) -> None:
        self.sdk = self.connected(httpx2.Client(transport=engine().transport(httpx2)))

    def connected(self, http: httpx2.Client) -> openai.OpenAI:
        return openai.OpenAI(
            base_url="http://engine.test/v1", api_key="none", max_retries=0, http_client=http
        )

    def ask(self, model: str, ask: Ask) -> Heard:
        return self.say(model, ask, messages(ask))

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        said = heard.raw if isinstance(heard.raw, dict) else heard.raw.to_dict()
        told = [
            {"role": "tool", "tool_call_id": call.id, "content": result.text}
            for call, result in zip(heard.calls, results, strict=True)
        ]
        return self.say(model, ask, [*messages(ask), said, *told])

    def say(self, model: str, ask: Ask, said: list[Json]) -> Heard:
        given: Json = {"model": model, "messages": said, **parameters(ask)}
        if not ask.stream:
            return whole(self.sdk.chat.completions.create(**given))
        heard, merged = Heard(), {}
        options = {"include_usage": True}
        for chunk in self.sdk.chat.completions.create(**given, stream=True, stream_options=options):
            note(heard, chunk, merged)
        heard.calls = [
            HeardCall(call["id"], call["name"], loads(call["arguments"])) for call in merged.values()
        ]
        heard.raw = assistant(heard, merged)
        return heard

    def refusal(self, error: Exception) -> Refusal:
        return Refusal(getattr(error, "status_code", None), str(error))

    def check(self, body: bytes, *, stream: bool) -> None:
        if not stream:
            ChatCompletion.model_validate_json(body)
            return
        *told, (_, end) = frames(body)
        assert end == "[DONE]"
        for _, data in told:
            ChatCompletionChunk.model_validate_json(data)


class AzureChat(OpenAIChat):
    surface = "azure-openai"

    def connected(self, http: httpx2.Client) -> openai.OpenAI:
        return openai.AzureOpenAI(
            azure_endpoint="http://engine.test",
            api_version="2024-10-21",
            api_key="none",
            max_retries=0,
            http_client=http,
        )


def messages(ask: Ask) -> list[Json]:
    asked: list[Json] = [{"type": "text", "text": QUESTION}]
    if ask.picture:
        asked.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}})
    if ask.pdf:
        file = {"filename": "rhein.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
        asked.append({"type": "file", "file": file})
    if ask.sound:
        asked.append({"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}})
    content = asked if len(asked) > 1 else QUESTION
    said: list[Json] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]
    if ask.results:
        calls = [
            {"id": r.call.id, "type": "function", "function": {"name": r.call.name, "arguments": r.call.text}}
            for r in ask.results
        ]
        said.append({"role": "assistant", "content": None, "tool_calls": calls})
        said += [{"role": "tool", "tool_call_id": r.call.id, "content": r.text} for r in ask.results]
    return said


def parameters(ask: Ask) -> Json:
    found: Json = {}
    if ask.tools:
        tool = {"name": TOOL, "description": TOLD, "parameters": PARAMETERS}
        found["tools"] = [{"type": "function", "function": tool}]
    if ask.schema:
        schema = {"name": "river", "schema": SCHEMA, "strict": True}
        found["response_format"] = {"type": "json_schema", "json_schema": schema}
    if ask.think:
        found["reasoning_effort"] = "medium"
    found |= {"logprobs": True} if ask.logprobs else {}
    found |= {"n": 2} if ask.two else {}
    found |= {"seed": SEED} if ask.seed else {}
    return found | ({"service_tier": TIER} if ask.tier else {})


def usage(told: Any) -> dict[str, int]:
    if told is None:
        return {}
    details, out = told.prompt_tokens_details, told.completion_tokens_details
    return counted(
        prompt=told.prompt_tokens,
        cached=details.cached_tokens if details else None,
        output=told.completion_tokens,
        reasoning=out.reasoning_tokens if out else None,
    )


def thoughts(extra: Json) -> str:
    """The SDK has no field for them; where bytes pass through, they are called as the platform calls them."""
    return extra.get("reasoning_content") or extra.get("reasoning") or ""


def whole(answer: ChatCompletion) -> Heard:
    choice = answer.choices[0]
    message = choice.message
    extra = message.model_extra or {}
    calls = [
        HeardCall(call.id, call.function.name, loads(call.function.arguments))
        for call in message.tool_calls or []
        if call.type == "function"
    ]
    told = Heard(message.content or "", 1, thoughts(extra), calls, choice.finish_reason)
    told.usage, told.raw = usage(answer.usage), message
    told.cited = cited(message.annotations)
    told.logs = logged(choice)
    told.others = {other.index: other.message.content or "" for other in answer.choices[1:]}
    return told


def cited(annotations: Any) -> list[str | None]:
    """Of a message, whose SDK has a type for them, or of a delta, which has none."""
    notes = [note if isinstance(note, dict) else note.model_dump() for note in annotations or ()]
    return [note["url_citation"]["url"] for note in notes]


def logged(choice: Any) -> list[tuple[str, float]]:
    tokens = choice.logprobs.content if choice.logprobs else None
    return [(token.token, token.logprob) for token in tokens or ()]


def note(heard: Heard, chunk: ChatCompletionChunk, merged: dict[int, Json]) -> None:
    if chunk.usage:
        heard.usage = usage(chunk.usage)
    for choice in chunk.choices:
        delta = choice.delta
        if choice.index:
            heard.others[choice.index] = heard.others.get(choice.index, "") + (delta.content or "")
            continue
        heard.logs += logged(choice)
        heard.cited += cited((delta.model_extra or {}).get("annotations"))
        heard.pieces += bool(delta.content)
        heard.text += delta.content or ""
        extra = delta.model_extra or {}
        heard.thoughts += thoughts(extra)
        heard.secrets += extra.get("reasoning_details") or []
        heard.finish = choice.finish_reason or heard.finish
        for call in delta.tool_calls or []:
            found = merged.setdefault(call.index, {"id": None, "name": "", "arguments": "", "extra": {}})
            found["id"] = call.id or found["id"]
            found["extra"] |= call.model_extra or {}
            if call.function:
                found["name"] += call.function.name or ""
                found["arguments"] += call.function.arguments or ""


def assistant(heard: Heard, merged: dict[int, Json]) -> Json:
    """What a stream told, as the message that it would have been."""
    calls = [
        {
            "id": c["id"],
            "type": "function",
            "function": {"name": c["name"], "arguments": c["arguments"]},
            **c["extra"],
        }
        for c in merged.values()
    ]
    said: Json = {"role": "assistant", "content": heard.text or None}
    said |= {"tool_calls": calls} if calls else {}
    said |= {"reasoning_content": heard.thoughts} if heard.thoughts else {}
    return said | ({"reasoning_details": heard.secrets} if heard.secrets else {})
