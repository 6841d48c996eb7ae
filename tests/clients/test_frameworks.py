"""Frameworks over every platform that can do what they ask: text, streams, tools with results, structured answers.

They are no requirements of the project: `tests/clients/run` installs them into an environment of its own.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.installed import needs_clients
from tests.clients.upstream import AFTER, RIVER, WORDS
from tests.matrix.cells import LACKING
from tests.matrix.engine import dialects

TOOLED = [name for name in dialects() if "tools" not in LACKING.get(name, ())]
ASKED = "Where is Köln?"
pytestmark = [pytest.mark.filterwarnings("default"), needs_clients]


def weather(city: str) -> str:
    """Tells the weather of a city."""
    assert city == "Köln"
    return "18 C, sunny"


# --- LangChain ---------------------------------------------------------------------------------------------


def langchain(kind: str, url: str, model: str) -> Any:
    if kind == "openai":
        from langchain_openai import ChatOpenAI

        return ChatOpenAI(base_url=f"{url}/v1", api_key="none", model=model, max_retries=0)
    if kind == "responses":
        from langchain_openai import ChatOpenAI

        return ChatOpenAI(
            base_url=f"{url}/v1", api_key="none", model=model, max_retries=0, use_responses_api=True
        )
    if kind == "anthropic":
        from langchain_anthropic import ChatAnthropic

        return ChatAnthropic(base_url=url, api_key="none", model=model, max_retries=0)
    if kind == "google":
        from langchain_google_genai import ChatGoogleGenerativeAI

        return ChatGoogleGenerativeAI(base_url=url, google_api_key="none", model=model, max_retries=1)
    from langchain_ollama import ChatOllama

    return ChatOllama(base_url=url, model=model)


@pytest.mark.parametrize("model", TOOLED)
@pytest.mark.parametrize("kind", ["openai", "responses", "anthropic", "google", "ollama"])
def test_langchain(kind: str, model: str, engine_url: str) -> None:
    pytest.importorskip("langchain_core")
    from langchain_core.messages import HumanMessage, ToolMessage
    from pydantic import BaseModel

    class River(BaseModel):
        """A river."""

        river_name: str

    chat = langchain(kind, engine_url, model)
    assert chat.invoke(ASKED).text == WORDS.said
    pieces = [piece.text for piece in chat.stream(ASKED)]
    assert "".join(pieces) == WORDS.said
    bound, said = chat.bind_tools([weather]), [HumanMessage(ASKED)]
    called = bound.invoke(said)
    (call,) = called.tool_calls
    assert (call["name"], call["args"]) == ("weather", {"city": "Köln"})
    told = ToolMessage(weather(**call["args"]), tool_call_id=call["id"])
    assert bound.invoke([*said, called, told]).text == AFTER.said
    assert chat.with_structured_output(River).invoke("which?") == River(**RIVER)


@pytest.mark.parametrize("model", sorted({*dialects()} - {*TOOLED}))
@pytest.mark.parametrize("kind", ["openai", "responses", "anthropic", "google", "ollama"])
def test_langchain_where_there_are_no_tools(kind: str, model: str, engine_url: str) -> None:
    pytest.importorskip("langchain_core")
    chat = langchain(kind, engine_url, model)
    assert chat.invoke(ASKED).text == WORDS.said
    assert "".join(piece.text for piece in chat.stream(ASKED)) == WORDS.said


# --- pydantic-ai -------------------------------------------------------------------------------------------


def pydantic_ai(kind: str, url: str, model: str) -> Any:
    if kind in ("openai", "responses"):
        from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
        from pydantic_ai.providers.openai import OpenAIProvider

        made = OpenAIChatModel if kind == "openai" else OpenAIResponsesModel
        return made(model, provider=OpenAIProvider(base_url=f"{url}/v1", api_key="none"))
    if kind == "anthropic":
        from anthropic import AsyncAnthropic
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.profiles.anthropic import AnthropicModelProfile
        from pydantic_ai.providers.anthropic import AnthropicProvider

        # What it knows of models, it knows by their names.
        return AnthropicModel(
            model,
            provider=AnthropicProvider(anthropic_client=AsyncAnthropic(base_url=url, api_key="none")),
            profile=AnthropicModelProfile(supports_json_schema_output=True),
        )
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleModel(model, provider=GoogleProvider(base_url=url, api_key="none"))


@pytest.mark.parametrize("model", TOOLED)
@pytest.mark.parametrize("kind", ["openai", "responses", "anthropic", "google"])
def test_pydantic_ai(kind: str, model: str, engine_url: str) -> None:
    found = pytest.importorskip("pydantic_ai")
    from pydantic import BaseModel

    class River(BaseModel):
        river_name: str

    made = pydantic_ai(kind, engine_url, model)
    agent = found.Agent(made)
    agent.tool_plain(weather)
    answer = agent.run_sync(ASKED)
    assert answer.output == AFTER.said and answer.usage.input_tokens == 40
    assert found.Agent(made, output_type=River).run_sync("which?").output == River(**RIVER)
    native = found.Agent(made, output_type=found.NativeOutput(River))
    assert native.run_sync("which?").output == River(**RIVER)
    stream = found.Agent(made).run_stream_sync(ASKED)
    assert list(stream.stream_text())[-1] == WORDS.said


# --- instructor --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", TOOLED)
@pytest.mark.parametrize("kind", ["openai tools", "openai schema", "anthropic"])
def test_instructor(kind: str, model: str, engine_url: str) -> None:
    found = pytest.importorskip("instructor")
    from anthropic import Anthropic
    from openai import OpenAI
    from pydantic import BaseModel

    class River(BaseModel):
        river_name: str

    said: Any = {"model": model, "messages": [{"role": "user", "content": "which?"}], "response_model": River}
    if kind == "anthropic":
        client = found.from_anthropic(Anthropic(base_url=engine_url, api_key="none", max_retries=0))
        assert client.messages.create(max_tokens=99, **said).river_name == "Rhein"
        return
    mode = found.Mode.TOOLS if kind == "openai tools" else found.Mode.JSON_SCHEMA
    client = found.from_openai(OpenAI(base_url=f"{engine_url}/v1", api_key="none", max_retries=0), mode=mode)
    assert client.chat.completions.create(**said).river_name == "Rhein"


# --- LlamaIndex --------------------------------------------------------------------------------------------


def llama_index(kind: str, url: str, model: str) -> Any:
    if kind == "openai":
        from llama_index.llms.openai_like import OpenAILike

        return OpenAILike(
            api_base=f"{url}/v1", api_key="none", model=model, is_chat_model=True, is_function_calling_model=True,
            max_retries=0,
        )  # fmt: skip
    if kind == "anthropic":
        from llama_index.llms.anthropic import Anthropic

        class Any200k(Anthropic):
            """It knows the context windows of Anthropic's own models only."""

            @property
            def metadata(self) -> Any:
                from llama_index.core.base.llms.types import LLMMetadata

                return LLMMetadata(is_chat_model=True, is_function_calling_model=True, model_name=self.model)

        return Any200k(base_url=url, api_key="none", model=model, max_retries=0)
    from llama_index.llms.ollama import Ollama

    return Ollama(base_url=url, model=model, is_function_calling_model=True)


@pytest.mark.parametrize("model", TOOLED)
@pytest.mark.parametrize("kind", ["openai", "anthropic", "ollama"])
def test_llama_index(kind: str, model: str, engine_url: str) -> None:
    pytest.importorskip("llama_index.core")
    from llama_index.core.llms import ChatMessage
    from llama_index.core.tools import FunctionTool

    llm, said = llama_index(kind, engine_url, model), [ChatMessage(role="user", content=ASKED)]
    assert llm.chat(said).message.content == WORDS.said
    assert "".join(piece.delta or "" for piece in llm.stream_chat(said)) == WORDS.said
    tool = FunctionTool.from_defaults(weather)
    answer = llm.predict_and_call([tool], ASKED)
    assert "18 C" in str(answer)
