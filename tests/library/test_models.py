"""The list of models, and what a dialect knows about models by their names."""

from __future__ import annotations

from typing import Any

import pytest

from .corpus import needs_recordings, recordings
from .dialects import compiled, names, scope

ANSWERS: dict[str, tuple[Any, list[str]]] = {
    "openai": (
        {"object": "list", "data": [{"id": "a", "object": "model", "created": 1, "owned_by": "o"}]},
        ["a"],
    ),
    "azure-openai": ({"data": [{"id": "gpt-x"}]}, ["gpt-x"]),
    "codebuddy": ({"code": 0, "data": {"models": [{"id": "auto-chat"}]}}, ["auto-chat"]),
    "anthropic": ({"data": [{"type": "model", "id": "c", "display_name": "C"}], "has_more": False}, ["c"]),
    "gemini": (
        {
            "models": [
                {"name": "models/g", "supportedGenerationMethods": ["generateContent"]},
                {"name": "models/embed", "supportedGenerationMethods": ["embedContent"]},
            ]
        },
        ["g"],
    ),
    "coze": ({"code": 0, "data": {"space_bots": [{"bot_id": "7", "bot_name": "Seven"}], "total": 1}}, ["7"]),
    "ollama": ({"models": [{"name": "llama3:8b", "model": "llama3:8b"}]}, ["llama3:8b"]),
    "mock": ({"models": ["mock"]}, ["mock"]),
    "coze-workflow": (
        {"code": 0, "data": {"items": [{"workflow_id": "7", "workflow_name": "Seven"}], "has_more": False}},
        ["7"],
    ),
    "dashscope": ({"output": {"models": [{"model": "qwen-max", "name": "Qwen"}], "total": 1}}, ["qwen-max"]),
    "dify": ({"name": "Helper", "description": "", "tags": [], "mode": "chat"}, ["Helper"]),
    "replicate": ({"results": [{"owner": "meta", "name": "llama"}], "next": None}, ["meta/llama"]),
    "vertex": (
        {"publisherModels": [{"name": "publishers/google/models/gemini-2.5-pro"}]},
        ["gemini-2.5-pro"],
    ),
    "bedrock": (
        {"modelSummaries": [{"modelId": "amazon.nova-lite-v1:0", "modelName": "Nova Lite"}]},
        ["amazon.nova-lite-v1:0"],
    ),
    "bedrock-invoke": (
        {"modelSummaries": [{"modelId": "anthropic.claude-haiku-4-5", "modelName": "Claude"}]},
        ["anthropic.claude-haiku-4-5"],
    ),
    "cloudflare": ({"result": [{"id": "u", "name": "@cf/a/m"}], "success": True}, ["@cf/a/m"]),
    "cohere": ({"models": [{"name": "command-a", "endpoints": ["chat"]}]}, ["command-a"]),
    "together": ([{"id": "org/m", "display_name": "M", "organization": "Org"}], ["org/m"]),
}
# Those that list models as OpenAI does.
ALIKE = (
    "openai-compatible", "mistral", "deepseek", "groq", "openrouter", "xai", "perplexity", "cerebras", "moonshot",
    "zhipu", "dashscope-openai", "ark", "qianfan", "vllm", "llamacpp", "lmstudio", "huggingface",
    "openai-responses",
)  # fmt: skip
ANSWERS |= dict.fromkeys(ALIKE, ({"object": "list", "data": [{"id": "a"}]}, ["a"]))


def models(dialect: str, data: Any) -> list[str]:
    program = compiled(dialect).operations["models"].response
    assert program is not None
    return [model["id"] for model in program.value(data, 200, {}, scope(dialect))]


def test_every_dialect_lists_its_models() -> None:
    assert sorted(ANSWERS) == [name for name in names() if "models" in compiled(name).operations]


@pytest.mark.parametrize("dialect", ANSWERS)
def test_models(dialect: str) -> None:
    data, expected = ANSWERS[dialect]
    assert models(dialect, data) == expected


@needs_recordings
@pytest.mark.parametrize(
    ("api", "dialect", "known"),
    [
        ("anthropic-models", "anthropic", "claude-opus-5"),
        ("gemini-models", "gemini", "gemini-2.5-flash"),
        ("dashscope-models", "dashscope-openai", "qwen-max"),
    ],
)
def test_recorded_models(api: str, dialect: str, known: str) -> None:
    for record in recordings(api):
        found = models(dialect, record["response"]["body"])
        assert known in found and all(found)


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("openai", "/models"),
        ("azure-openai", "/openai/models"),
        ("anthropic", "/v1/models"),
        ("gemini", "/v1beta/models"),
        ("ollama", "/api/tags"),
    ],
)
def test_where_models_are_listed(dialect: str, path: str) -> None:
    program = compiled(dialect).operations["models"].request
    assert program is not None
    rendered = program.render(scope(dialect))
    assert (rendered.method, rendered.path) == ("GET", path)


FEATURES = [
    ("anthropic", "claude-3-5-haiku-20241022", set()),
    ("anthropic", "claude-3-7-sonnet-20250219", set()),
    ("anthropic", "claude-sonnet-4-20250514", set()),
    ("anthropic", "claude-sonnet-4-5-20250929", {"structured_outputs", "one_sampling"}),
    ("anthropic", "claude-opus-4-6", {"structured_outputs", "one_sampling", "adaptive_thinking"}),
    (
        "anthropic",
        "claude-haiku-5",
        {"structured_outputs", "one_sampling", "adaptive_thinking", "xhigh_effort"},
    ),
    ("gemini", "gemini-2.0-flash", set()),
    ("gemini", "gemini-2.5-pro", {"json_schema"}),
    ("gemini", "gemini-3-pro-preview", {"json_schema", "thinking_level", "thought_signatures"}),
    ("ollama", "gpt-oss:120b", {"think_levels"}),
    ("ollama", "qwen3", set()),
]


@pytest.mark.parametrize(("dialect", "model", "expected"), FEATURES)
def test_features(dialect: str, model: str, expected: set[str]) -> None:
    features = scope(dialect, model=model).features
    assert {name for name, has in features.items() if has} == expected


@needs_recordings
def test_features_are_those_that_the_platform_lists() -> None:
    """One recorded list of models tells what each can do."""
    listed = recordings("anthropic-models")[0]["response"]["body"]["data"]
    assert len(listed) > 5
    for model in listed:
        can, features = model["capabilities"], scope("anthropic", model=model["id"]).features
        told = {
            "structured_outputs": can["structured_outputs"]["supported"],
            "adaptive_thinking": can["thinking"]["types"]["adaptive"]["supported"],
            "xhigh_effort": can["effort"]["xhigh"]["supported"],
        }
        assert {name: features[name] for name in told} == told, model["id"]
