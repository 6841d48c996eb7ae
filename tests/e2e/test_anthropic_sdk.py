"""The official Anthropic SDK against the running engine, with upstreams of several wire formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from tests.e2e.upstream import TestUpstream
from tests.e2e.wires import CALLERS, SCHEMA, TALKERS, WORDS, running

TOOLS: Any = [{"name": "weather", "description": "the weather", "input_schema": SCHEMA}]
HELLO: Any = [{"role": "user", "content": "hello"}]
EVENTS: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, TestUpstream]]:
    with running(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="module")
def client(served: tuple[str, TestUpstream]) -> Anthropic:
    return Anthropic(base_url=served[0], api_key="none", max_retries=0)


def strictly(message: Message) -> Message:
    return Message.model_validate(message.model_dump(mode="json"), strict=False)


@pytest.mark.parametrize("model", TALKERS)
def test_whole_text(client: Anthropic, model: str) -> None:
    answer = strictly(client.messages.create(model=model, max_tokens=99, system="Be brief.", messages=HELLO))
    assert [block.model_dump(exclude_none=True) for block in answer.content] == [
        {"type": "text", "text": WORDS}
    ]
    assert (answer.role, answer.stop_reason, answer.type) == ("assistant", "end_turn", "message")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 7)


@pytest.mark.parametrize("model", TALKERS)
def test_streamed_text(client: Anthropic, model: str) -> None:
    with client.messages.create(model=model, max_tokens=99, messages=HELLO, stream=True) as raw:
        kinds = [EVENTS.validate_python(event.model_dump(mode="json")).type for event in raw]
    assert kinds[:3] == ["message_start", "content_block_start", "content_block_delta"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    with client.messages.stream(model=model, max_tokens=99, messages=HELLO) as stream:
        assert "".join(stream.text_stream) == WORDS
        final = stream.get_final_message()
    assert (final.stop_reason, final.usage.input_tokens, final.usage.output_tokens) == ("end_turn", 5, 7)


@pytest.mark.parametrize("model", CALLERS)
def test_tool_calls_whole_and_streamed(client: Anthropic, model: str) -> None:
    whole = client.messages.create(model=model, max_tokens=99, messages=HELLO, tools=TOOLS)
    with client.messages.stream(model=model, max_tokens=99, messages=HELLO, tools=TOOLS) as stream:
        streamed = stream.get_final_message()
    for answer in (whole, streamed):
        (call,) = answer.content
        assert call.type == "tool_use" and (call.name, call.input) == ("weather", {"city": "Köln"})
        assert answer.stop_reason == "tool_use"


@pytest.mark.parametrize("model", CALLERS)
def test_a_conversation_with_results_and_pictures_goes_up(
    client: Anthropic, served: tuple[str, TestUpstream], model: str
) -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    messages: Any = [
        {"role": "user", "content": [picture, {"type": "text", "text": "where?"}]},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Köln"}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "18C"}]},
    ]
    client.messages.create(model=model, max_tokens=99, messages=messages, tools=TOOLS)
    sent = served[1].requests[-1].body.decode()
    assert all(word in sent for word in ("aGk=", "where?", "weather", "18C"))


def test_thinking(client: Anthropic) -> None:
    answer = client.messages.create(model="thinks", max_tokens=99, messages=HELLO)
    with client.messages.stream(model="thinks", max_tokens=99, messages=HELLO) as stream:
        streamed = stream.get_final_message()
    for found in (answer, streamed):
        assert [block.type for block in found.content] == ["thinking", "text"]
        assert found.content[0].type == "thinking" and found.content[0].thinking == "let me see"


def test_tokens_and_models(client: Anthropic) -> None:
    assert client.messages.count_tokens(model="plain", messages=HELLO).input_tokens > 0
    assert set(TALKERS) <= {model.id for model in client.models.list()}
    assert client.models.retrieve("plain").type == "model"


def test_errors_have_the_sdks_own_types(client: Anthropic) -> None:
    with pytest.raises(anthropic.RateLimitError) as limited:
        client.messages.create(model="busy", max_tokens=9, messages=HELLO)
    assert limited.value.response.headers["retry-after"] == "3"
    assert limited.value.body == {
        "type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}, "request_id": None,
    }  # fmt: skip
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="nobody", max_tokens=9, messages=HELLO)
    with pytest.raises(anthropic.BadRequestError, match="messages"):
        client.messages.create(model="plain", max_tokens=9, messages=[])


def test_an_error_in_mid_stream(client: Anthropic) -> None:
    with (
        pytest.raises(anthropic.APIStatusError),
        client.messages.stream(model="breaks", max_tokens=9, messages=HELLO) as stream,
    ):
        list(stream)


def test_what_is_not_carried_is_told(client: Anthropic) -> None:
    raw = client.messages.with_raw_response.create(
        model="plain", max_tokens=9, messages=HELLO, extra_body={"top_k": 3, "strange": 1}
    )
    assert raw.headers["x-proxyctl-unsupported"] == "strange, top_k"
