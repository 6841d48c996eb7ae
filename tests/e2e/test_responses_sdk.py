"""The official OpenAI SDK's Responses against the running engine, with upstreams of several wire formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.e2e.upstream import TestUpstream
from tests.e2e.wires import CALLERS, SCHEMA, TALKERS, WORDS, running

TOOLS: Any = [
    {"type": "function", "name": "weather", "description": "w", "parameters": SCHEMA, "strict": False}
]
EVENTS: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, TestUpstream]]:
    with running(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="module")
def client(served: tuple[str, TestUpstream]) -> OpenAI:
    return OpenAI(base_url=f"{served[0]}/v1", api_key="none", max_retries=0)


def strictly(response: Response) -> Response:
    return Response.model_validate(json.loads(response.model_dump_json()))


@pytest.mark.parametrize("model", TALKERS)
def test_whole_text(client: OpenAI, model: str) -> None:
    answer = strictly(client.responses.create(model=model, input="hello", instructions="Be brief."))
    assert (answer.output_text, answer.status, answer.object) == (WORDS, "completed", "response")
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (5, 7, 12)


@pytest.mark.parametrize("model", TALKERS)
def test_streamed_events_in_their_order(client: OpenAI, model: str) -> None:
    events = list(client.responses.create(model=model, input="hello", stream=True))
    for event in events:
        EVENTS.validate_python(json.loads(event.model_dump_json()))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events if event.type != "response.output_text.delta"]
    assert kinds == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
        "response.output_text.done", "response.content_part.done", "response.output_item.done",
        "response.completed",
    ]  # fmt: skip
    assert events[-1].type == "response.completed" and events[-1].response.output_text == WORDS
    with client.responses.stream(model=model, input="hello") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == WORDS


@pytest.mark.parametrize("model", CALLERS)
def test_tool_calls_whole_and_streamed(client: OpenAI, model: str) -> None:
    whole = client.responses.create(model=model, input="hello", tools=TOOLS)
    with client.responses.stream(model=model, input="hello", tools=TOOLS) as stream:
        for _ in stream:
            pass
        streamed = stream.get_final_response()
    for answer in (whole, streamed):
        (call,) = answer.output
        assert call.type == "function_call" and call.name == "weather"
        assert json.loads(call.arguments) == {"city": "Köln"}


@pytest.mark.parametrize("model", CALLERS)
def test_a_conversation_goes_up(client: OpenAI, served: tuple[str, TestUpstream], model: str) -> None:
    items: Any = [
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,aGk="}, {"type": "input_text", "text": "where?"}]},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city":"Köln"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "18C"},
    ]  # fmt: skip
    client.responses.create(model=model, input=items, tools=TOOLS)
    sent = served[1].requests[-1].body.decode()
    assert all(word in sent for word in ("aGk=", "where?", "weather", "18C"))


def test_reasoning(client: OpenAI) -> None:
    answer = client.responses.create(model="thinks", input="hello", reasoning={"effort": "low"})
    with client.responses.stream(model="thinks", input="hello") as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_response()
    for found in (answer, streamed):
        assert [item.type for item in found.output] == ["reasoning", "message"]
        assert found.output[0].type == "reasoning" and found.output[0].summary[0].text == "let me see"
    assert "response.reasoning_summary_text.delta" in kinds


def test_errors(client: OpenAI) -> None:
    with pytest.raises(openai.RateLimitError, match="slow down"):
        client.responses.create(model="busy", input="hello")
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="plain", input=[{"role": "robot", "content": "x"}])  # type: ignore[list-item]
    assert caught.value.param == "input[0].role"
    with pytest.raises(openai.BadRequestError, match="whole conversation"):
        client.responses.create(model="plain", input="x", previous_response_id="resp_1")
    events = list(client.responses.create(model="breaks", input="hello", stream=True))
    assert events[-1].type == "response.failed"


def test_what_is_not_carried_is_told(client: OpenAI) -> None:
    raw = client.responses.with_raw_response.create(
        model="claude", input="x", store=True, extra_body={"strange": 1}
    )
    assert raw.headers["x-proxyctl-unsupported"] == "strange, store"
