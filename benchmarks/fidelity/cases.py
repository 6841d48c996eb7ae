"""The recorded answers, and what there is in each that a client should hear."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from tests.library import reference
from tests.library.answers import FRAMES
from tests.library.corpus import DIALECTS, answer_bytes, answered, recordings

Json = dict[str, Any]
# API of a recording -> how LiteLLM is told that it is this platform's. Hugging Face is left out: LiteLLM
# asks their own site before each call.
PREFIXES = {
    "openai-chat": "openai/",
    "azure-openai-chat": "azure/",
    "anthropic-messages": "anthropic/",
    "gemini-generate": "gemini/",
    "bedrock-converse": "bedrock/converse/",
    "bedrock-converse-stream": "bedrock/converse/",
    "ollama-chat": "ollama_chat/",
    "mistral-chat": "mistral/",
    "deepseek-chat": "deepseek/",
    "groq-chat": "groq/",
    "openrouter-chat": "openrouter/",
    "xai-chat": "xai/",
    "together-chat": "together_ai/",
    "perplexity-chat": "perplexity/",
    "cerebras-chat": "cerebras/",
    "cohere-chat-v2": "cohere_chat/",
    "moonshot-chat": "moonshot/",
    "zhipu-chat": "zai/",
    "dashscope-openai-chat": "dashscope/",
}
SIGNED = ("signature", "thoughtSignature", "thought_signature", "encrypted_content", "redactedContent")


def good() -> list[Json]:
    """Recordings of answers that are no errors, of platforms that both know."""
    found = [record for record in recordings(*PREFIXES) if answered(record)]
    return [record for record in found if read(record).error is None]


def read(record: Json) -> reference.Answer:
    return reference.READERS[DIALECTS[record["api"]]](record).settled()


def case(record: Json) -> Json:
    """As `theirs.py` wants it."""
    encoding = record["response"]["encoding"]
    return {
        "id": record["id"],
        "prefix": PREFIXES[record["api"]],
        "model": record["model"] or "m",
        "status": record["response"]["status"],
        "content_type": FRAMES.get(encoding, "application/json"),
        "body": base64.b64encode(answer_bytes(record)).decode(),
        "stream": encoding in FRAMES,
        "tools": any(choice.calls for choice in read(record).choices.values()),
    }


def walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """(key, text or number) of every leaf."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from walk(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item, key)
    else:
        yield key, value


def facts(record: Json) -> dict[str, Any]:
    """What a client should hear, by kind; kinds that the answer does not have are missing."""
    answer = read(record)
    choice = answer.choice(0)
    found: dict[str, Any] = {
        "text": choice.text,
        "reasoning": choice.reasoning,
        "calls": [[name, loaded(text)] for _, name, text in choice.calls],
        "call ids": [id for id, _, _ in choice.calls if id],
        "finish": choice.finish,
        "usage": [answer.usage.get("prompt"), answer.usage.get("completion")] if answer.usage else None,
        "cached": answer.usage.get("cached"),
        "reasoning tokens": answer.usage.get("reasoning"),
        "candidates": len(answer.choices) if len(answer.choices) > 1 else None,
    }
    leaves = list(walk([data for _, data in reference.frames(record)]))
    found["signatures"] = sorted(
        {text for key, text in leaves if key in SIGNED and isinstance(text, str) and text}
    )
    found["sources"] = sorted(set(sources([data for _, data in reference.frames(record)])))
    found["logprobs"] = [value for key, value in leaves if key in ("logprob", "logProbability")][:20]
    return {kind: value for kind, value in found.items() if value}


def sources(value: Any) -> Iterator[str]:
    """Addresses that an answer cites."""
    if isinstance(value, list):
        for item in value:
            yield from sources(item)
    elif isinstance(value, dict):
        for key in ("citations", "annotations", "groundingChunks", "search_results", "citation"):
            for name, text in walk(value.get(key)):
                if (name in ("url", "uri", key)) and isinstance(text, str) and text.startswith("http"):
                    yield text
        yield from (text for item in value.values() for text in sources(item))


def loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def heard(chunks: list[Json]) -> dict[str, Any]:
    """The same kinds, as a client hears them in Chat Completions."""
    text, reasoning, finish, calls, usage, indexes = "", "", None, {}, {}, set()
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        for item in chunk.get("choices") or []:
            indexes.add(item.get("index") or 0)
            if item.get("index"):
                continue
            told = item.get("message") or item.get("delta") or {}
            text += told.get("content") or ""
            reasoning += told.get("reasoning_content") or told.get("reasoning") or ""
            finish = item.get("finish_reason") or finish
            once = [{"function": told["function_call"]}] if told.get("function_call") else []
            for place, call in enumerate(told.get("tool_calls") or once):
                index = place if item.get("message") else call.get("index", place)
                into = calls.setdefault(index, {"id": None, "name": None, "text": ""})
                custom = call.get("custom") or {}
                function = call.get("function") or {
                    "name": custom.get("name"),
                    "arguments": custom.get("input"),
                }
                into["id"] = into["id"] or call.get("id")
                into["name"] = into["name"] or function.get("name")
                into["text"] += function.get("arguments") or ""
    prompt, out = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    leaves = list(walk(chunks))
    return {
        "text": text,
        "reasoning": reasoning,
        "calls": [[call["name"], loaded(call["text"])] for call in calls.values()],
        "call ids": [call["id"] for call in calls.values()],
        "finish": finish,
        "usage": [usage.get("prompt_tokens"), usage.get("completion_tokens")],
        "cached": prompt.get("cached_tokens"),
        "reasoning tokens": out.get("reasoning_tokens"),
        "candidates": len(indexes),
        "signatures": {value for _, value in leaves if isinstance(value, str)},
        "sources": {value for _, value in leaves if isinstance(value, str)},
        "logprobs": {value for key, value in leaves if key == "logprob"},
    }


def missing(wanted: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """The kinds that did not come as they are."""
    lost = []
    for kind, value in wanted.items():
        if kind in ("signatures", "sources", "logprobs"):
            whole = "\n".join(str(one) for one in told[kind])
            good = all(one in told[kind] or str(one) in whole for one in value)
        elif kind == "finish":  # some say `stop` after calls
            good = told[kind] == value or (value == "tool_calls" and told[kind] in ("stop", "function_call"))
        else:
            good = told[kind] == value
        lost += [] if good else [kind]
    return lost
