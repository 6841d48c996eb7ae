"""The Mistral SDK."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2
from mistralai.client import Mistral as Sdk
from mistralai.client.errors import MistralError
from mistralai.client.models import ChatCompletionResponse, CompletionChunk

from tests.matrix.asking import (
    EVERYTHING,
    PDF,
    QUESTION,
    SEED,
    SOUND,
    Ask,
    Heard,
    HeardCall,
    Refusal,
    Result,
    counted,
    frames,
    loads,
)
from tests.matrix.clients.openai_chat import messages, parameters
from tests.matrix.engine import engine
from tests.matrix.script import Json


class Mistral:
    surface = "mistral"
    can = EVERYTHING | {"pdf", "audio", "candidates", "seed"}
    errors: tuple[type[Exception], ...] = (MistralError,)

    def __init__(self) -> None:
        http = httpx2.Client(transport=engine().transport(httpx2))
        self.sdk = Sdk(api_key="none", server_url="http://engine.test", client=http)

    def ask(self, model: str, ask: Ask) -> Heard:
        return self.say(model, ask, asked(ask))

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        told = [
            {"role": "tool", "name": call.name, "tool_call_id": call.id, "content": result.text}
            for call, result in zip(heard.calls, results, strict=True)
        ]
        return self.say(model, ask, [*asked(ask), heard.raw, *told])

    def say(self, model: str, ask: Ask, said: list[Any]) -> Heard:
        given: Json = {"model": model, "messages": said, **parameters(replace(ask, seed=False))}
        given |= {"random_seed": SEED} if ask.seed else {}
        heard = Heard()
        if not ask.stream:
            answer = self.sdk.chat.complete(**given)
            choice = answer.choices[0]
            note(heard, choice.message, choice.finish_reason, answer.usage)
            heard.raw = choice.message
            heard.others = {other.index: other.message.content for other in answer.choices[1:]}
            return heard
        for event in self.sdk.chat.stream(**given):
            chunk = event.data
            for part in chunk.choices:
                if part.index:
                    heard.others[part.index] = heard.others.get(part.index, "") + (part.delta.content or "")
                else:
                    note(heard, part.delta, part.finish_reason, None)
            heard.usage = used(chunk.usage) if chunk.usage else heard.usage
        heard.raw = {"role": "assistant", "content": heard.text, "tool_calls": calls(heard)}
        return heard

    def refusal(self, error: Exception) -> Refusal:
        status = getattr(error, "status_code", None)
        return Refusal(None if status == 200 else status, f"{error} {getattr(error, 'body', '')}")

    def check(self, body: bytes, *, stream: bool) -> None:
        if not stream:
            ChatCompletionResponse.model_validate_json(body)
            return
        *told, (_, end) = frames(body)
        assert end == "[DONE]"
        for _, data in told:
            CompletionChunk.model_validate_json(data)


def asked(ask: Ask) -> list[Json]:
    """Files and sound are told otherwise than in the hub."""
    said = messages(replace(ask, pdf=False, sound=False))
    more: list[Json] = []
    if ask.pdf:
        url = f"data:application/pdf;base64,{PDF}"
        more.append({"type": "document_url", "document_url": url, "document_name": "rhein.pdf"})
    if ask.sound:
        more.append({"type": "input_audio", "input_audio": SOUND})
    if more:
        said[1]["content"] = [{"type": "text", "text": QUESTION}, *more]
    return said


def note(heard: Heard, said: Any, finish: str | None, usage: Any) -> None:
    """A message, or a piece of one."""
    content = said.content or ()
    for part in [{"type": "text", "text": content}] if isinstance(content, str) else as_json(content):
        if part["type"] == "thinking":
            heard.thoughts += "".join(piece["text"] for piece in part["thinking"])
        else:
            heard.text += part["text"]
            heard.pieces += bool(part["text"])
    for call in said.tool_calls or ():
        given = call.function.arguments
        heard.calls.append(
            HeardCall(call.id, call.function.name, loads(given) if isinstance(given, str) else given)
        )
    heard.finish = finish or heard.finish
    heard.usage = used(usage) if usage else heard.usage


def as_json(parts: Sequence[Any]) -> list[Json]:
    return [part.model_dump(mode="json") for part in parts]


def used(usage: Any) -> dict[str, int]:
    details = (usage.model_extra or {}).get("prompt_tokens_details") or {}
    return counted(
        prompt=usage.prompt_tokens, output=usage.completion_tokens, cached=details.get("cached_tokens")
    )


def calls(heard: Heard) -> list[Json] | None:
    told = [
        {
            "id": c.id,
            "type": "function",
            "function": {"name": c.name, "arguments": json.dumps(c.given, ensure_ascii=False)},
        }
        for c in heard.calls
    ]
    return told or None
