"""The official Ollama SDK against the running engine, with upstreams of several wire formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ollama
import pytest

from tests.e2e.upstream import TestUpstream
from tests.e2e.wires import CALLERS, SCHEMA, TALKERS, WORDS, running

TOOLS: Any = [{"type": "function", "function": {"name": "weather", "description": "w", "parameters": SCHEMA}}]
HELLO: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, TestUpstream]]:
    with running(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="module")
def client(served: tuple[str, TestUpstream]) -> ollama.Client:
    return ollama.Client(host=served[0])


@pytest.mark.parametrize("model", TALKERS)
def test_whole_and_streamed_text(client: ollama.Client, model: str) -> None:
    answer = client.chat(model=model, messages=HELLO, options={"temperature": 0.5})
    assert (answer.message.content, answer.done, answer.done_reason) == (WORDS, True, "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (5, 7)
    lines = list(client.chat(model=model, messages=HELLO, stream=True))
    assert "".join(line.message.content or "" for line in lines) == WORDS
    assert [line.done for line in lines][-2:] == [False, True] and lines[-1].eval_count == 7


@pytest.mark.parametrize("model", TALKERS)
def test_generate(client: ollama.Client, model: str) -> None:
    assert client.generate(model=model, prompt="hello", system="Be brief.").response == WORDS
    lines = list(client.generate(model=model, prompt="hello", stream=True))
    assert "".join(line.response for line in lines) == WORDS and lines[-1].done


@pytest.mark.parametrize("model", CALLERS)
def test_tool_calls_whole_and_streamed(client: ollama.Client, model: str) -> None:
    whole = client.chat(model=model, messages=HELLO, tools=TOOLS)
    lines = list(client.chat(model=model, messages=HELLO, tools=TOOLS, stream=True))
    for calls in (
        whole.message.tool_calls,
        [call for line in lines for call in line.message.tool_calls or ()],
    ):
        assert calls is not None
        assert [(call.function.name, call.function.arguments) for call in calls] == [
            ("weather", {"city": "Köln"})
        ]


@pytest.mark.parametrize("model", CALLERS)
def test_a_conversation_goes_up(client: ollama.Client, served: tuple[str, TestUpstream], model: str) -> None:
    messages: Any = [
        {"role": "user", "content": "where?", "images": ["aGk="]},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Köln"}}}]},
        {"role": "tool", "tool_name": "weather", "content": "18C"},
    ]  # fmt: skip
    client.chat(model=model, messages=messages, tools=TOOLS)
    sent = served[1].requests[-1].body.decode()
    assert all(word in sent for word in ("aGk=", "where?", "weather", "18C"))


def test_the_rest(client: ollama.Client) -> None:
    answer = client.chat(model="thinks", messages=HELLO, think=True)
    assert (answer.message.thinking, answer.message.content) == ("let me see", "yes")
    assert set(TALKERS) <= {model.model for model in client.list().models}
    assert client.show("plain").capabilities
    with pytest.raises(ollama.ResponseError, match="slow down") as caught:
        client.chat(model="busy", messages=HELLO)
    assert caught.value.status_code == 429
    with pytest.raises(ollama.ResponseError):
        list(client.chat(model="breaks", messages=HELLO, stream=True))
