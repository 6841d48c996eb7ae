"""Official SDKs ask for more than chats: embeddings, moderations, rerank, of several protocols."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import ollama
import openai
import pytest
from google import genai
from google.genai import types

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer

SITE = """
version: 1
providers:
  mock: {{dialect: mock, base_url: "scripted:"}}
  busy: {{dialect: mock, base_url: "scripted:", retry: off, params: {{status: 429, error: slow down}}}}
  wire: {{dialect: openai, base_url: "{url}/v1", key: "${{env:E2E_KEY}}"}}
models:
  small: {{targets: [mock/m]}}
  busy: {{targets: [busy/m]}}
  wire: {{targets: [wire/embed-9]}}
  hear: {{targets: [wire/hear-9]}}
  talk: {{targets: [wire/talk-9]}}
  omni-moderation-latest: {{targets: [mock/m]}}
"""
SOUND = bytes(range(256)) * 8
RAW = b'{ "object":"list", "data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAgL8="}],\n "model":"embed-9", "usage":{"prompt_tokens":2,"total_tokens":2}}'


def upstream(request: Request) -> Answer:
    if request.path == "/v1/audio/speech":
        return Answer(200, {"content-type": "audio/mpeg"}, [SOUND[:999], SOUND[999:]])
    if request.path == "/v1/audio/transcriptions":
        return json_answer(
            {"text": f"{len(request.body)} bytes", "usage": {"type": "duration", "seconds": 2}}
        )
    if request.json["input"] == "fail":
        return json_answer({"error": {"message": "too long", "code": "context_length_exceeded"}}, 400)
    return Answer(200, {"content-type": "application/json"}, [RAW], len(RAW))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, TestUpstream]]:
    site = tmp_path_factory.mktemp("site")
    with TestUpstream(upstream) as server:
        write_site(site, all=SITE.format(url=server.url))
        with EngineProcess(site, env={"E2E_KEY": "sk-e2e"}) as engine:
            yield engine.url, server


@pytest.fixture(scope="module")
def client(served: tuple[str, TestUpstream]) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served[0]}/v1", api_key="x", max_retries=0) as made:
        yield made


def test_embeddings_of_the_openai_sdk(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="small", input=["a", "bcd"])
    assert [one.embedding for one in answer.data] == [[1.0, 0.5, -0.25], [3.0, 0.5, -0.25]]
    assert [one.index for one in answer.data] == [0, 1] and answer.usage.prompt_tokens == 2
    floats = client.embeddings.create(model="small", input="ab", encoding_format="float")
    assert floats.data[0].embedding == [2, 0.5, -0.25]


def test_bytes_pass_to_a_platform_of_the_same_wire(
    served: tuple[str, TestUpstream], client: openai.OpenAI
) -> None:
    raw = client.embeddings.with_raw_response.create(model="wire", input="a", dimensions=2)
    assert raw.content == RAW and raw.parse().data[0].embedding == [0.5, -1.0]
    sent = served[1].requests[-1]
    assert (sent.path, sent.headers["authorization"]) == ("/v1/embeddings", "Bearer sk-e2e")
    assert sent.json == {"model": "embed-9", "input": "a", "dimensions": 2, "encoding_format": "base64"}


def test_errors_of_embeddings_are_what_the_sdk_knows(client: openai.OpenAI) -> None:
    with pytest.raises(openai.RateLimitError, match="slow down"):
        client.embeddings.create(model="busy", input="a")
    with pytest.raises(openai.BadRequestError, match="too long"):
        client.embeddings.create(model="wire", input="fail")
    with pytest.raises(openai.BadRequestError) as empty:
        client.embeddings.create(model="small", input=[])
    assert empty.value.param == "input"
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="nobody", input="a")


def test_moderations_of_the_openai_sdk(client: openai.OpenAI) -> None:
    answer = client.moderations.create(input=["fine", "a scripted one"])
    assert [one.flagged for one in answer.results] == [False, True]


@pytest.fixture(scope="module")
def google(served: tuple[str, TestUpstream]) -> Iterator[genai.Client]:
    made = genai.Client(api_key="x", http_options=types.HttpOptions(base_url=served[0]))
    yield made
    made.close()


@pytest.fixture(scope="module")
def local(served: tuple[str, TestUpstream]) -> Iterator[ollama.Client]:
    with ollama.Client(host=served[0]) as made:
        yield made


def test_embeddings_of_the_google_sdk(google: genai.Client) -> None:
    contents: Any = ["a", "bcd"]
    answer = google.models.embed_content(model="small", contents=contents)
    assert [one.values for one in answer.embeddings or ()] == [[1, 0.5, -0.25], [3, 0.5, -0.25]]


def test_embeddings_of_the_ollama_sdk(local: ollama.Client) -> None:
    assert local.embed(model="small", input=["a", "bcd"]).embeddings == [[1, 0.5, -0.25], [3, 0.5, -0.25]]
    assert local.embeddings(model="small", prompt="ab").embedding == [2, 0.5, -0.25]
    with pytest.raises(ollama.ResponseError, match="slow down"):
        local.embed(model="busy", input="a")


def test_embeddings_of_the_azure_sdk(served: tuple[str, TestUpstream]) -> None:
    with openai.AzureOpenAI(azure_endpoint=served[0], api_key="x", api_version="2024-10-21") as azure:
        answer = azure.embeddings.create(model="small", input="abc")
    assert answer.data[0].embedding == [3, 0.5, -0.25]


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", "/rerank"])
def test_rerank(served: tuple[str, TestUpstream], path: str) -> None:
    body = {"model": "small", "query": "q", "documents": ["a", "b"], "top_n": 1, "return_documents": True}
    answer = post(served[0] + path, body)
    assert answer["results"] == [{"index": 0, "relevance_score": 1, "document": {"text": "a"}}]
    assert answer["meta"]["billed_units"] == {"search_units": 1}
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(served[0] + path, {**body, "documents": "a"})
    with refused.value as error:
        told = json.loads(error.read())
    assert refused.value.code == 400 and told["error"]["param"] == "documents" and told["message"]


def post(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def test_sound_of_the_openai_sdk(client: openai.OpenAI, served: tuple[str, TestUpstream]) -> None:
    assert client.audio.speech.create(model="talk", input="Hello", voice="alloy").content == SOUND
    with client.audio.speech.with_streaming_response.create(
        model="talk", input="Hello", voice="alloy"
    ) as answer:
        assert b"".join(answer.iter_bytes()) == SOUND and answer.headers["content-type"] == "audio/mpeg"
    assert client.audio.speech.create(model="small", input="Hello", voice="alloy").content == b"Hello"
    file = ("a.mp3", SOUND, "audio/mpeg")
    words = client.audio.transcriptions.create(model="hear", file=file, language="en")
    sent = served[1].requests[-1]
    assert (
        words.text == f"{len(sent.body)} bytes" and SOUND in sent.body and b"\r\n\r\nhear-9\r\n" in sent.body
    )
    assert client.audio.transcriptions.create(model="small", file=file).text == "a.mp3"
    timed = client.audio.transcriptions.create(model="small", file=file, response_format="verbose_json")
    assert (timed.text, timed.duration) == ("a.mp3", 1.5)
    with pytest.warns(DeprecationWarning):  # the SDK's own, of its type for a bare text
        bare = client.audio.translations.create(model="small", file=file, response_format="text")
    assert str(bare) == "a.mp3\n"


def test_pictures_of_the_openai_sdk(client: openai.OpenAI) -> None:
    made = client.images.generate(model="small", prompt="a cat")
    assert made.data and made.data[0].b64_json and made.data[0].revised_prompt == "a cat"
    edited = client.images.edit(model="small", image=("a.png", b"\x89PNG", "image/png"), prompt="greener")
    assert edited.data and edited.data[0].revised_prompt == "greener"
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model="small", prompt="")
    assert refused.value.param == "prompt"
