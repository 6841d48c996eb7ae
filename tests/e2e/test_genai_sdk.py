"""The official google-genai SDK against the running engine, with upstreams of several wire formats."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from tests.e2e.upstream import TestUpstream
from tests.e2e.wires import CALLERS, SCHEMA, TALKERS, WORDS, running

TOOL = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(name="weather", description="w", parameters_json_schema=SCHEMA)
    ]
)
WITH_TOOL = types.GenerateContentConfig(
    tools=[TOOL], automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, TestUpstream]]:
    with running(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="module", params=["v1", "v1beta"])
def client(request: pytest.FixtureRequest, served: tuple[str, TestUpstream]) -> genai.Client:
    options = types.HttpOptions(base_url=served[0], api_version=request.param)
    return genai.Client(api_key="none", http_options=options)


@pytest.mark.parametrize("model", TALKERS)
def test_whole_and_streamed_text(client: genai.Client, model: str) -> None:
    config = types.GenerateContentConfig(
        system_instruction="Be brief.", temperature=0.5, max_output_tokens=99
    )
    answer = client.models.generate_content(model=model, contents="hello", config=config)
    assert answer.text == WORDS and answer.candidates is not None and answer.usage_metadata is not None
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    assert (answer.usage_metadata.prompt_token_count, answer.usage_metadata.total_token_count) == (5, 12)
    chunks = list(client.models.generate_content_stream(model=model, contents="hello"))
    assert "".join(chunk.text or "" for chunk in chunks) == WORDS
    assert chunks[-1].usage_metadata is not None and chunks[-1].usage_metadata.total_token_count == 12


@pytest.mark.parametrize("model", CALLERS)
def test_tool_calls_whole_and_streamed(client: genai.Client, model: str) -> None:
    whole = client.models.generate_content(model=model, contents="hello", config=WITH_TOOL)
    chunks = list(client.models.generate_content_stream(model=model, contents="hello", config=WITH_TOOL))
    for calls in (whole.function_calls, [call for chunk in chunks for call in chunk.function_calls or ()]):
        assert calls is not None
        assert [(call.name, call.args) for call in calls] == [("weather", {"city": "Köln"})]


@pytest.mark.parametrize("model", CALLERS)
def test_a_conversation_goes_up(client: genai.Client, served: tuple[str, TestUpstream], model: str) -> None:
    contents: Any = [
        types.Content(role="user", parts=[types.Part.from_bytes(data=b"hi", mime_type="image/png"), types.Part(text="where?")]),
        types.Content(role="model", parts=[types.Part.from_function_call(name="weather", args={"city": "Köln"})]),
        types.Content(role="user", parts=[types.Part.from_function_response(name="weather", response={"result": "18C"})]),
    ]  # fmt: skip
    client.models.generate_content(model=model, contents=contents, config=WITH_TOOL)
    sent = served[1].requests[-1].body.decode()
    assert all(word in sent for word in ("aGk=", "where?", "weather", "18C"))


def test_thoughts_tokens_models_and_errors(client: genai.Client) -> None:
    answer = client.models.generate_content(model="thinks", contents="hello")
    assert answer.candidates and answer.candidates[0].content and answer.candidates[0].content.parts
    assert [bool(part.thought) for part in answer.candidates[0].content.parts] == [True, False]
    assert (client.models.count_tokens(model="plain", contents="hello").total_tokens or 0) > 0
    assert {f"models/{name}" for name in TALKERS} <= {model.name for model in client.models.list()}
    with pytest.raises(errors.APIError) as caught:
        client.models.generate_content(model="busy", contents="hello")
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model="nobody", contents="hello")
    assert caught.value.code == 404


def test_a_json_array_without_alt_sse(served: tuple[str, TestUpstream]) -> None:
    body = json.dumps({"contents": [{"parts": [{"text": "hello"}]}]}).encode()
    url = f"{served[0]}/v1beta/models/plain:streamGenerateContent"
    with urllib.request.urlopen(
        urllib.request.Request(url, body, {"content-type": "application/json"})
    ) as answer:
        chunks = json.loads(answer.read())
    texts = [part["text"] for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    assert "".join(texts) == WORDS and chunks[-1]["candidates"][0]["finishReason"] == "STOP"
