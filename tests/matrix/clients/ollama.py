"""The Ollama SDK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import ollama

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
)
from tests.matrix.engine import engine
from tests.matrix.script import Json


class Ollama:
    surface = "ollama"
    can = EVERYTHING | {"logprobs", "seed"}
    errors: tuple[type[Exception], ...] = (ollama.ResponseError,)

    def __init__(self) -> None:
        self.sdk = ollama.Client(host="http://engine.test", transport=engine().transport(httpx))

    def ask(self, model: str, ask: Ask) -> Heard:
        return self.say(model, ask, messages(ask))

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        told = [{"role": "tool", "tool_name": result.call.name, "content": result.text} for result in results]
        return self.say(model, ask, [*messages(ask), heard.raw, *told])

    def say(self, model: str, ask: Ask, said: list[Any]) -> Heard:
        given: Json = {"model": model, "messages": said, **parameters(ask)}
        heard = Heard(raw={"role": "assistant", "content": "", "tool_calls": []})
        answers = self.sdk.chat(**given, stream=True) if ask.stream else [self.sdk.chat(**given)]
        for answer in answers:
            note(heard, answer)
        heard.raw["content"] = heard.text
        heard.finish = "tool_calls" if heard.calls else heard.finish
        return heard

    def refusal(self, error: Exception) -> Refusal:
        status = getattr(error, "status_code", None)
        return Refusal(None if status == -1 else status, str(error))

    def check(self, body: bytes, *, stream: bool) -> None:
        for line in body.splitlines() if stream else [body]:
            ollama.ChatResponse.model_validate_json(line)


def messages(ask: Ask) -> list[Json]:
    asked: Json = {"role": "user", "content": QUESTION}
    asked |= {"images": [PICTURE]} if ask.picture else {}
    said: list[Json] = [{"role": "system", "content": SYSTEM}, asked]
    if ask.results:
        calls = [{"function": {"name": r.call.name, "arguments": dict(r.call.given)}} for r in ask.results]
        said.append({"role": "assistant", "content": "", "tool_calls": calls})
        said += [{"role": "tool", "tool_name": r.call.name, "content": r.text} for r in ask.results]
    return said


def parameters(ask: Ask) -> Json:
    found: Json = {}
    if ask.tools:
        tool = {"name": TOOL, "description": TOLD, "parameters": PARAMETERS}
        found["tools"] = [{"type": "function", "function": tool}]
    if ask.schema:
        found["format"] = SCHEMA
    if ask.think:
        found["think"] = True
    found |= {"logprobs": True} if ask.logprobs else {}
    return found | ({"options": {"seed": SEED}} if ask.seed else {})


def note(heard: Heard, answer: ollama.ChatResponse) -> None:
    message = answer.message
    heard.pieces += bool(message.content)
    heard.text += message.content or ""
    heard.thoughts += message.thinking or ""
    heard.logs += [(each.token, each.logprob) for each in answer.logprobs or ()]
    for call in message.tool_calls or ():
        heard.calls.append(HeardCall(None, call.function.name, dict(call.function.arguments)))
        heard.raw["tool_calls"].append(call.model_dump())
    if answer.done:
        heard.finish = answer.done_reason
        heard.usage = counted(prompt=answer.prompt_eval_count, output=answer.eval_count)
