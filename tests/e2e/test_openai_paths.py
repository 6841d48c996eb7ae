"""The OpenAI SDK's other ways to ask: legacy completions, and deployments by their paths."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from openai import AzureOpenAI, OpenAI

from tests.e2e.wires import TALKERS, WORDS, running


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("site")) as found:
        yield found[0]


@pytest.mark.parametrize("model", TALKERS)
def test_legacy_completions(url: str, model: str) -> None:
    client = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    answer = client.completions.create(model=model, prompt="hello", max_tokens=9)
    assert (answer.choices[0].text, answer.choices[0].finish_reason) == (WORDS, "stop")
    assert answer.usage is not None and answer.usage.total_tokens == 12
    chunks = list(
        client.completions.create(
            model=model, prompt=["hello"], stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == WORDS
    assert chunks[-1].usage is not None and chunks[-1].usage.total_tokens == 12


def test_what_legacy_completions_refuse(url: str) -> None:
    client = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    with pytest.raises(openai.BadRequestError, match="several prompts"):
        client.completions.create(model="plain", prompt=["a", "b"])


@pytest.mark.parametrize("model", TALKERS)
def test_deployments(url: str, model: str) -> None:
    client = AzureOpenAI(azure_endpoint=url, api_key="none", api_version="2024-10-21", max_retries=0)
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hello"}])
    assert answer.choices[0].message.content == WORDS
    stream = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "hello"}], stream=True
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == WORDS
