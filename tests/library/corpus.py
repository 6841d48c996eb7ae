"""The recorded exchanges beside the repository, and what each API's recordings are read with."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "wire" / "recorded"

needs_recordings = pytest.mark.skipif(
    not RECORDED.is_dir(),
    reason="the recorded exchanges (../shared/wire/recorded) are not beside the repository",
)

# API of a recording -> the dialect that reads it
DIALECTS = {
    "openai-chat": "openai",
    "azure-openai-chat": "azure-openai",
    "azure-ai-inference-chat": "azure-openai",
    "ollama-openai-chat": "openai",
    "gemini-openai-compat": "openai",
    "anthropic-openai-compat": "openai",
    "bedrock-mantle-openai-chat": "openai",
    "writer-chat": "openai",
    "anthropic-messages": "anthropic",
    "gemini-generate": "gemini",
    "vertex-generate": "vertex",
    "coze-chat-v3": "coze",
    "ollama-chat": "ollama",
    "mistral-chat": "mistral",
    "deepseek-chat": "deepseek",
    "groq-chat": "groq",
    "openrouter-chat": "openrouter",
    "xai-chat": "xai",
    "together-chat": "together",
    "perplexity-chat": "perplexity",
    "cerebras-chat": "cerebras",
    "cohere-chat-v2": "cohere",
    "moonshot-chat": "moonshot",
    "zhipu-chat": "zhipu",
    "dashscope-openai-chat": "dashscope-openai",
    "huggingface-chat": "huggingface",
    "dashscope-generation": "dashscope",
    "dashscope-multimodal": "dashscope",
    "coze-workflow-stream": "coze-workflow",
    "coze-workflows-chat": "coze-workflow",
    "replicate-stream": "replicate",
    "bedrock-converse": "bedrock",
    "bedrock-converse-stream": "bedrock",
    "bedrock-invoke": "bedrock-invoke",
    "bedrock-invoke-stream": "bedrock-invoke",
    "openai-responses": "openai-responses",
    "azure-openai-responses": "openai-responses",
    "bedrock-mantle-openai-responses": "openai-responses",
    "deepseek-responses": "openai-responses",
    "openrouter-responses": "openai-responses",
    "xai-responses": "openai-responses",
}


@cache
def recordings(*apis: str) -> list[dict[str, Any]]:
    """The recordings of these APIs (all that a dialect reads when none is named), in file order."""
    wanted = set(apis or DIALECTS)
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(RECORDED.glob("*/*.json")))
    return [record for record in found if record["api"] in wanted and not of_another_maker(record)]


def of_another_maker(record: dict[str, Any]) -> bool:
    """An answer of InvokeModel that is none of Anthropic's: its dialect reads no other."""
    invoked = record["api"].startswith("bedrock-invoke") and answered(record)
    return invoked and "anthropic" not in record["model"]


def cases(wanted: Callable[[dict[str, Any]], bool]) -> list[Any]:
    """Recordings for `parametrize`."""
    return [pytest.param(record, id=record["id"]) for record in recordings() if wanted(record)]


def answered(record: dict[str, Any]) -> bool:
    return bool(record["response"]["status"] < 400)


def answer_bytes(record: dict[str, Any]) -> bytes:
    """The body as it came; of a JSON body, one that says the same."""
    response = record["response"]
    if "body_text" in response:
        return str(response["body_text"]).encode()
    if "body_base64" in response:
        return b64decode(response["body_base64"])
    return json.dumps(response.get("body"), ensure_ascii=False).encode()


def answer_json(record: dict[str, Any]) -> Any:
    response = record["response"]
    if "body" in response:
        return response["body"]
    try:
        return json.loads(response.get("body_text", ""))
    except ValueError:
        return None
