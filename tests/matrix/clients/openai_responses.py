"""The OpenAI SDK: responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx2
import openai
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.matrix.asking import (
    EVERYTHING,
    PARAMETERS,
    PDF,
    PICTURE,
    QUESTION,
    SCHEMA,
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

EVENTS: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
FINISH = {"completed": "stop", "incomplete": "length"}


class OpenAIResponses:
    surface = "openai-responses"
    can = EVERYTHING | {"pdf", "audio", "citations", "logprobs", "tier"}
    errors: tuple[type[Exception], ...] = (openai.APIError, RuntimeError)

    def __init__(self) -> None:
        http = httpx2.Client(transport=engine().transport(httpx2))
        self.sdk = openai.OpenAI(
            base_url="http://engine.test/v1", api_key="none", max_retries=0, http_client=http
        )

    def ask(self, model: str, ask: Ask) -> Heard:
        return self.say(model, ask, items(ask))

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        said = [item.to_dict() for item in heard.raw.output]
        told = [
            {"type": "function_call_output", "call_id": call.id, "output": result.text}
            for call, result in zip(heard.calls, results, strict=True)
        ]
        return self.say(model, ask, [*items(ask), *said, *told])

    def say(self, model: str, ask: Ask, said: list[Json]) -> Heard:
        given: Json = {
            "model": model,
            "instructions": SYSTEM,
            "input": said,
            "store": False,
            **parameters(ask),
        }
        if not ask.stream:
            return whole(self.sdk.responses.create(**given))
        heard = Heard()
        for event in self.sdk.responses.create(**given, stream=True):
            if event.type == "response.output_text.delta":
                heard.pieces += bool(event.delta)
                heard.text += event.delta
                heard.logs += [(each.token, each.logprob) for each in event.logprobs]
            elif event.type == "response.output_text.annotation.added":
                heard.cited.append(cited(event.annotation))
            elif event.type == "response.reasoning_summary_text.delta":
                heard.thoughts += event.delta
            elif event.type == "response.failed":
                raise RuntimeError(event.response.error.message if event.response.error else "failed")
            elif event.type in ("response.completed", "response.incomplete"):
                end = whole(event.response)
                assert (end.text, end.thoughts) == (heard.text, heard.thoughts)
                assert (end.logs, end.cited) == (heard.logs, heard.cited)
                end.pieces = heard.pieces
                return end
        raise AssertionError("the stream has no end")

    def refusal(self, error: Exception) -> Refusal:
        return Refusal(getattr(error, "status_code", None), str(error))

    def check(self, body: bytes, *, stream: bool) -> None:
        if not stream:
            Response.model_validate_json(body)
            return
        for number, (name, data) in enumerate(frames(body)):
            event = EVENTS.validate_json(data)
            assert (event.type, event.sequence_number) == (name, number)


def items(ask: Ask) -> list[Json]:
    content: list[Json] = [{"type": "input_text", "text": QUESTION}]
    if ask.picture:
        url = f"data:image/png;base64,{PICTURE}"
        content.append({"type": "input_image", "image_url": url, "detail": "auto"})
    if ask.pdf:
        data = f"data:application/pdf;base64,{PDF}"
        content.append({"type": "input_file", "filename": "rhein.pdf", "file_data": data})
    if ask.sound:
        content.append({"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}})
    said: list[Json] = [{"role": "user", "content": content}]
    for result in ask.results:
        call = result.call
        said.append({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.text})
    for result in ask.results:
        said.append({"type": "function_call_output", "call_id": result.call.id, "output": result.text})
    return said


def parameters(ask: Ask) -> Json:
    found: Json = {}
    if ask.tools:
        tool = {
            "type": "function",
            "name": TOOL,
            "description": TOLD,
            "parameters": PARAMETERS,
            "strict": True,
        }
        found["tools"] = [tool]
    if ask.schema:
        found["text"] = {"format": {"type": "json_schema", "name": "river", "schema": SCHEMA, "strict": True}}
    if ask.think:
        found["reasoning"] = {"effort": "medium", "summary": "auto"}
        found["include"] = ["reasoning.encrypted_content"]
    if ask.logprobs:
        found["include"] = ["message.output_text.logprobs"]
    return found | ({"service_tier": TIER} if ask.tier else {})


def whole(answer: Response) -> Heard:
    heard = Heard(answer.output_text, 1, finish=FINISH[answer.status or "completed"], raw=answer)
    for item in answer.output:
        if item.type == "message":
            for part in item.content:
                if part.type == "output_text":
                    heard.cited += map(cited, part.annotations)
                    heard.logs += [(each.token, each.logprob) for each in part.logprobs or ()]
        elif item.type == "function_call":
            heard.calls.append(HeardCall(item.call_id, item.name, loads(item.arguments)))
            heard.finish = "tool_calls"
        elif item.type == "reasoning":
            heard.thoughts += "".join(part.text for part in item.summary)
            heard.secrets += [item.encrypted_content] if item.encrypted_content else []
    usage: Any = answer.usage
    heard.usage = counted(
        prompt=usage.input_tokens,
        cached=usage.input_tokens_details.cached_tokens,
        output=usage.output_tokens,
        reasoning=usage.output_tokens_details.reasoning_tokens,
    )
    return heard


def cited(note: Any) -> str | None:
    url: str | None = note["url"] if isinstance(note, dict) else note.url
    return url
