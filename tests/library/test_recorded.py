"""Every recorded chat answer, read through its dialect, says what a reading by hand says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from engine.errors import ErrorClass
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.openai_chat.completion import completion
from engine.surfaces.openai_chat.encode import StreamEncoder

from . import reference
from .answers import error, ids, read
from .corpus import DIALECTS, answered, cases, needs_recordings, recordings

pytestmark = needs_recordings

META = Meta(id="chatcmpl-test", model="m", created=1_700_000_000, uid=ids())
SEEDS = (1, 2, 3)

# What a recorded error must be read as: the id's beginning -> class, part of the message
ERRORS: dict[str, tuple[ErrorClass, str]] = {
    "anthropic-messages.json.01": (ErrorClass.INVALID, "must have non-empty content"),
    "anthropic-messages.json.02": (ErrorClass.AUTH, "x-api-key"),
    "anthropic-messages.json.03": (ErrorClass.NOT_FOUND, "invalid-model-that-does-not-exist"),
    "azure-ai-inference-chat.json.01": (ErrorClass.AUTH, "invalid subscription key"),
    "azure-ai-inference-chat.json.02": (ErrorClass.RATE_LIMIT, "exceeded rate limit"),
    "bedrock-converse.json.01": (ErrorClass.CONTEXT_LENGTH, "Input Tokens Exceeded"),
    "bedrock-converse.json.02": (ErrorClass.AUTH, "security token"),
    "bedrock-converse-stream.json.01": (ErrorClass.NOT_FOUND, "identifier is invalid"),
    "bedrock-converse-stream.json.02": (ErrorClass.NOT_FOUND, "identifier is invalid"),
    "bedrock-invoke.json.01": (ErrorClass.NOT_FOUND, "identifier is invalid"),
    "bedrock-invoke.json.02": (ErrorClass.AUTH, "You don't have access"),
    "bedrock-invoke-stream.json.01": (ErrorClass.NOT_FOUND, "identifier is invalid"),
    "azure-openai-chat.json.01": (ErrorClass.NOT_FOUND, "deployment"),
    "deepseek-chat.json.01": (ErrorClass.CONTEXT_LENGTH, "maximum context length"),
    "deepseek-chat.json.02": (ErrorClass.AUTH, "Authentication Fails"),
    "groq-chat.json.01": (ErrorClass.UPSTREAM, "Tool call validation failed"),
    "groq-chat.json.02": (ErrorClass.NOT_FOUND, "does not exist"),
    "mistral-chat.json.01": (ErrorClass.AUTH, "Invalid API Key"),
    "openrouter-chat.json.01": (ErrorClass.CONTEXT_LENGTH, "maximum context length"),
    "openrouter-chat.json.02": (ErrorClass.AUTH, "Missing Authentication header"),
    "openrouter-chat.json.03": (ErrorClass.RATE_LIMIT, "temporarily rate-limited"),
    "perplexity-chat.json.01": (ErrorClass.CONTEXT_LENGTH, "too long"),
    "perplexity-chat.json.02": (ErrorClass.AUTH, "Invalid API key"),
    "together-chat.json.01": (ErrorClass.AUTH, "Incorrect API key"),
    "cohere-chat-v2.json.01": (ErrorClass.CONTEXT_LENGTH, "too many tokens"),
    "cohere-chat-v2.json.02": (ErrorClass.AUTH, "Incorrect API key"),
    "dashscope-generation.json.01": (ErrorClass.AUTH, "Invalid API-key"),
    "dashscope-openai-chat.json.01": (ErrorClass.AUTH, "You didn't provide an API key"),
    "coze-chat-v3.json.R07": (ErrorClass.INVALID, "bind body failed"),
    "gemini-generate.json.01": (ErrorClass.AUTH, "API key not valid"),
    "gemini-generate.json.02": (ErrorClass.NOT_FOUND, "is not found"),
    "gemini-generate.json.03": (ErrorClass.RATE_LIMIT, "exceeded your current quota"),
    "gemini-generate.json.R10": (ErrorClass.RATE_LIMIT, "exceeded your current quota"),
    "ollama-chat.json.01": (ErrorClass.NOT_FOUND, "not found"),
    "ollama-openai-chat.json.01": (ErrorClass.CONTEXT_LENGTH, "prompt too long"),
    "ollama-openai-chat.json.02": (ErrorClass.AUTH, "Unauthorized"),
    "openai-chat.json.01": (ErrorClass.INVALID, "'stop' is not supported"),
    "openai-chat.json.02": (ErrorClass.AUTH, "Incorrect API key"),
    "openai-chat.json.03": (ErrorClass.NOT_FOUND, "has been deprecated"),
    "openai-chat.json.04": (ErrorClass.UPSTREAM, ""),
    "openai-chat.json.R34": (ErrorClass.INVALID, "'max_tokens' is not supported"),
    "deepseek-responses.json.01": (ErrorClass.INVALID, "No tool output found"),
    "openai-responses.json.01": (ErrorClass.INVALID, "Invalid schema for function"),
    "openai-responses.json.02": (ErrorClass.AUTH, "Incorrect API key"),
    "openai-responses.json.R31": (ErrorClass.QUOTA, "exceeded your current quota"),
    "openai-responses.json.R33": (ErrorClass.INVALID, "'temperature' is not supported"),
    "xai-responses.json.01": (ErrorClass.INVALID, "Incorrect API key"),
    "vertex-generate.json.01": (ErrorClass.CONTEXT_LENGTH, "exceeds the maximum number of tokens"),
    "vertex-generate.json.02": (ErrorClass.NOT_FOUND, "not found"),
}


def whole(answer: Folded) -> dict[int, dict[str, Any]]:
    return {
        choice.index: {
            "text": choice.text or "",
            "reasoning": choice.reasoning or "",
            "refusal": choice.refusal or "",
            "calls": [(call.name, arguments(call.arguments)) for call in choice.tool_calls],
            "finish": choice.finish,
        }
        for choice in answer.choices
    }


def by_hand(answer: reference.Answer) -> dict[int, dict[str, Any]]:
    return {
        index: {
            "text": choice.text,
            "reasoning": choice.reasoning,
            "refusal": choice.refusal,
            "calls": [(name, arguments(text)) for _, name, text in choice.calls],
            "finish": choice.finish,
        }
        for index, choice in answer.settled().choices.items()
    }


def arguments(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # a custom tool's input


def expectation(record: dict[str, Any]) -> reference.Answer:
    return reference.READERS[DIALECTS[record["api"]]](record)


def good(record: dict[str, Any]) -> bool:
    return answered(record) and expectation(record).error is None


def broken(record: dict[str, Any]) -> bool:
    return answered(record) and not good(record)


def refused(record: dict[str, Any]) -> bool:
    return not answered(record)


@pytest.mark.parametrize("record", cases(good))
def test_answer(record: dict[str, Any]) -> None:
    expected = by_hand(expectation(record))
    for seed in SEEDS:
        fold, events = read(record, DIALECTS[record["api"]], seed)
        assert not [event for event in events if event.kind == "error"]
        assert whole(fold.result()) == expected


@pytest.mark.parametrize("record", cases(broken))
def test_an_error_in_a_stream_ends_it(record: dict[str, Any]) -> None:
    _, events = read(record, DIALECTS[record["api"]])
    assert events[-1].kind == "error" and expectation(record).error in events[-1].fields["message"]


@pytest.mark.parametrize("record", cases(good))
def test_usage_and_ids(record: dict[str, Any]) -> None:
    expected = expectation(record)
    fold, _ = read(record, DIALECTS[record["api"]])
    answer = ChatCompletion.model_validate(completion(fold.result(), META))
    used = answer.usage
    if expected.usage:
        assert used is not None
        found = {
            "prompt": used.prompt_tokens,
            "completion": used.completion_tokens,
            "cached": (used.prompt_tokens_details and used.prompt_tokens_details.cached_tokens) or 0,
            "reasoning": (used.completion_tokens_details and used.completion_tokens_details.reasoning_tokens)
            or 0,
        }
        assert {name: found[name] for name in expected.usage} == expected.usage
    for choice in answer.choices:
        given = [call_id for call_id, _, _ in expected.choices[choice.index].calls]
        calls = [call.id for call in choice.message.tool_calls or []]
        assert len(set(calls)) == len(calls) and all(calls)
        assert [found or own for found, own in zip(given, calls, strict=True)] == calls


@pytest.mark.parametrize("record", cases(good))
def test_chunks_are_what_the_official_sdk_reads(record: dict[str, Any]) -> None:
    expected = expectation(record)
    _, events = read(record, DIALECTS[record["api"]])
    stream = StreamEncoder(META, include_usage=True).encode(events).decode()
    frames = [data for _, data in reference.sse(stream)]
    assert frames[-1] == "[DONE]"
    chunks = [ChatCompletionChunk.model_validate_json(data) for data in frames[:-1]]
    texts = {index: "" for index in expected.choices}
    finishes: dict[int, list[str]] = {index: [] for index in expected.choices}
    for chunk in chunks:
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            finishes[choice.index] += [choice.finish_reason] if choice.finish_reason else []
    assert texts == {index: choice.text for index, choice in expected.choices.items()}
    assert finishes == {index: [choice.finish] for index, choice in expected.settled().choices.items()}


@pytest.mark.parametrize("record", cases(refused))
def test_error(record: dict[str, Any]) -> None:
    info = error(record, DIALECTS[record["api"]])
    error_class, message = ERRORS[".".join(record["id"].split(".")[:3])]
    assert info.error_class == error_class
    assert message in info.message and info.message


def test_the_delay_of_a_rate_limit_is_read_from_the_body() -> None:
    found = {
        record["id"].split(".")[2]: error(record, "gemini")
        for record in recordings("gemini-generate")
        if record["response"]["status"] == 429
    }
    assert found["R10"].retry_after == 34.4
    assert found["03"].retry_after == pytest.approx(48, abs=1.5)
