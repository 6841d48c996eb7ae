"""Helpers of the official SDKs that the matrix does not call, over the wire: parse, stream helpers, tool runners."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.clients.installed import needs_clients
from tests.clients.test_frameworks import ASKED, TOOLED
from tests.clients.upstream import AFTER, RIVER, WORDS

pytestmark = [pytest.mark.filterwarnings("default"), needs_clients]


def weather(city: str) -> str:
    """Tells the weather of a city.

    Args:
        city: its name
    """
    assert city == "Köln"
    return "18 C, sunny"


@pytest.mark.parametrize("model", TOOLED)
def test_openai(model: str, engine_url: str) -> None:
    from openai import OpenAI
    from pydantic import BaseModel

    class River(BaseModel):
        river_name: str

    client = OpenAI(base_url=f"{engine_url}/v1", api_key="none", max_retries=0)
    said: Any = [{"role": "user", "content": "which?"}]
    parsed = client.chat.completions.parse(model=model, messages=said, response_format=River)
    assert parsed.choices[0].message.parsed == River(**RIVER)
    with client.chat.completions.stream(model=model, messages=said, response_format=River) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == River(**RIVER)
    told = client.responses.parse(model=model, input="which?", text_format=River, store=False)
    assert told.output_parsed == River(**RIVER)
    with client.responses.stream(model=model, input="which?", text_format=River, store=False) as events:
        assert events.get_final_response().output_parsed == River(**RIVER)


@pytest.mark.parametrize("model", TOOLED)
def test_anthropic(model: str, engine_url: str) -> None:
    from anthropic import Anthropic, beta_tool

    client = Anthropic(base_url=engine_url, api_key="none", max_retries=0)
    runner = client.beta.messages.tool_runner(
        model=model, max_tokens=999, messages=[{"role": "user", "content": ASKED}], tools=[beta_tool(weather)]
    )
    assert runner.until_done().content[0].text == AFTER.said
    assert client.messages.count_tokens(
        model=model, messages=[{"role": "user", "content": ASKED}]
    ).input_tokens


@pytest.mark.parametrize("model", TOOLED)
def test_genai(model: str, engine_url: str) -> None:
    from google import genai
    from pydantic import BaseModel

    class River(BaseModel):
        river_name: str

    client = genai.Client(api_key="none", http_options={"base_url": engine_url})
    answer = client.models.generate_content(model=model, contents=ASKED, config={"tools": [weather]})
    assert answer.text == AFTER.said
    asked: Any = {"response_mime_type": "application/json", "response_schema": River}
    assert client.models.generate_content(model=model, contents="which?", config=asked).parsed == River(
        **RIVER
    )
    chat = client.chats.create(model=model)
    assert "".join(piece.text or "" for piece in chat.send_message_stream(ASKED)) == WORDS.said


@pytest.mark.parametrize("model", TOOLED)
def test_ollama(model: str, engine_url: str) -> None:
    import ollama

    client = ollama.Client(host=engine_url)
    said: list[Any] = [{"role": "user", "content": ASKED}]
    answer = client.chat(model=model, messages=said, tools=[weather])
    (call,) = answer.message.tool_calls or ()
    told = {"role": "tool", "tool_name": "weather", "content": weather(**call.function.arguments)}
    assert (
        client.chat(model=model, messages=[*said, answer.message, told], tools=[weather]).message.content
        == AFTER.said
    )
    schema: Any = {"type": "object", "properties": {"river_name": {"type": "string"}}}
    assert json.loads(client.chat(model=model, messages=said, format=schema).message.content or "") == RIVER
    assert client.generate(model=model, prompt=ASKED).response == WORDS.said


@pytest.mark.parametrize("model", TOOLED)
def test_mistral(model: str, engine_url: str) -> None:
    from mistralai.client import Mistral
    from pydantic import BaseModel

    class River(BaseModel):
        river_name: str

    client = Mistral(api_key="none", server_url=engine_url)
    said: Any = [{"role": "user", "content": "which?"}]
    parsed = client.chat.parse(River, model=model, messages=said)
    assert parsed.choices[0].message.parsed == River(**RIVER)
    with client.chat.parse_stream(River, model=model, messages=said) as stream:
        pieces = [event.data.choices[0].delta.content or "" for event in stream if event.data.choices]
    assert json.loads("".join(pieces)) == RIVER
    assert client.models.retrieve(model_id=model).id == model
    assert model in [card.id for card in client.models.list().data]


@pytest.mark.parametrize("model", TOOLED)
def test_cohere(model: str, engine_url: str) -> None:
    import cohere

    client = cohere.AsyncClientV2(api_key="none", base_url=engine_url)
    said: Any = [{"role": "user", "content": "which?"}]
    schema = {"type": "object", "properties": {"river_name": {"type": "string"}}}
    asked: Any = {"type": "json_object", "json_schema": schema}

    async def streamed() -> str:
        events = client.chat_stream(model=model, messages=said, response_format=asked)
        deltas = [event.delta.message.content async for event in events if event.type == "content-delta"]
        return "".join(delta.text or "" for delta in deltas)

    async def listed() -> list[str | None]:
        return [card.name for card in (await client.models.list()).models]

    async def both() -> tuple[str, list[str | None]]:
        return await streamed(), await listed()

    told, models = asyncio.run(both())
    assert json.loads(told) == RIVER and model in models
