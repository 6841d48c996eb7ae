"""What real clients asked for, said again to each platform: nothing that the neutral form names is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.surfaces.openai_chat.decode import decode

from . import readback
from .corpus import needs_recordings, recordings
from .dialects import compiled, scope
from .said import Said, Turn

pytestmark = needs_recordings

# The upstream model decides what a platform can be told; these can be told most.
MODELS = {
    "openai": "gpt-5-mini",
    "azure-openai": "deployment",
    "codebuddy": "auto-chat",
    "anthropic": "claude-sonnet-4-5",
    "gemini": "gemini-2.5-pro",
    "vertex": "gemini-2.5-pro",
    "bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "bedrock-invoke": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "ollama": "qwen3",
    "coze": "738",
    "openai-compatible": "m",
    "mistral": "mistral-small-latest",
    "deepseek": "deepseek-chat",
    "groq": "openai/gpt-oss-120b",
    "openrouter": "openai/gpt-5-mini",
    "xai": "grok-9",
    "together": "m",
    "cerebras": "gpt-oss-120b",
    "cohere": "command-a-plus",
    "perplexity": "sonar",
    "moonshot": "kimi-k3",
    "zhipu": "glm-4.6v",
    "dashscope-openai": "qwen3-vl",
    "dashscope": "qwen3-max",
    "ark": "doubao-seed-1-6",
    "qianfan": "ernie-5.0",
    "vllm": "m",
    "llamacpp": "m",
    "lmstudio": "m",
    "huggingface": "m",
    "cloudflare": "m",
    "openai-responses": "gpt-5-mini",
}


def client_bodies() -> list[Any]:
    """The bodies of recorded OpenAI-shaped chat requests, whoever they went to."""
    found = {}
    for record in recordings(
        "openai-chat", "azure-openai-chat", "azure-ai-inference-chat", "ollama-openai-chat"
    ):
        body = (record.get("request") or {}).get("body")
        if body and body.get("messages"):
            found.setdefault(json.dumps(body, sort_keys=True), pytest.param(body, id=record["id"]))
    return list(found.values())


def rendered(dialect: str, body: dict[str, Any], surface: str = "openai-chat") -> Any:
    model = MODELS[dialect]
    spot = scope(dialect, chat=decode({"model": "smart", **body}), model=model, route={"surface": surface})
    return compiled(dialect).operations["chat"].request.render(spot).body


def strange(body: dict[str, Any]) -> bool:
    """Whether a body holds what only its own platform knows: custom tools, the audio of an earlier answer."""
    return '"custom"' in json.dumps(body)


def plain(said: Said) -> Said:
    """Without blank texts and without turns that say nothing."""
    turns = [replace(turn, texts=[text for text in turn.texts if text.strip()]) for turn in said.turns]
    kept = [turn for turn in turns if turn.texts or turn.media or turn.calls or turn.results]
    return replace(said, turns=merged(kept))


def merged(turns: list[Turn]) -> list[Turn]:
    said = Said()
    for turn in turns:
        target = said.turn(turn.role)
        for name in ("texts", "media", "calls", "results"):
            getattr(target, name).extend(getattr(turn, name))
    return said.turns


# --- what each platform can say ---------------------------------------------------------------------------


def names_of_calls(said: Said) -> dict[Any, str]:
    return {call_id: name for turn in said.turns for call_id, name, _ in turn.calls}


TOOL_WISH = "Answer with a call of a tool, not with text."
NO_CALL_WISH = "Answer with text, not with a call of a tool."
JSON_WISH = "Respond with a single JSON object and nothing else."


def as_anthropic(said: Said) -> Said:
    """max_tokens has a default and pays for thinking; temperature ends at 1, and goes without top_p."""
    settings = {name: said.settings[name] for name in ("temperature", "top_p", "stop", "user")}
    settings["budget"] = {"low": 2048, "medium": 8192}.get(said.settings["effort"])
    settings["max_tokens"] = (said.settings["max_tokens"] or 4096) + (settings["budget"] or 0)
    if settings["temperature"] is not None:
        settings["temperature"] = min(settings["temperature"], 1)
        settings["top_p"] = None
    system = [*said.system, JSON_WISH] if said.json else said.system
    return replace(said, system=system, settings=settings, json=False)


def as_bedrock(said: Said) -> Said:
    """As Anthropic's own, but that nothing has a default, tools stay once called, and none cannot be chosen."""
    settings = as_anthropic(said).settings
    if settings["budget"] is None:
        settings["max_tokens"] = said.settings["max_tokens"]
    system = [*said.system, JSON_WISH] if said.json else said.system
    called = {name: (None, {"type": "object"}) for turn in said.turns for _, name, _ in turn.calls}
    choice, tools = said.choice, said.tools or called
    if choice and choice[0] == "none":
        choice = None
        system, tools = ([*system, NO_CALL_WISH], tools) if called else (system, {})
    settings.pop("user")
    tools = {name: (told or None, schema) for name, (told, schema) in tools.items()}
    return replace(
        said, system=system, settings=settings, json=False, tools=tools, choice=choice if said.tools else None
    )


def as_gemini(said: Said) -> Said:
    """Results go by the call's name, as objects; calls have no ids."""
    names = names_of_calls(said)
    turns = [
        replace(
            turn,
            calls=[(None, name, given) for _, name, given in turn.calls],
            results=[(names.get(call_id, call_id), as_object(text)) for call_id, text in turn.results],
        )
        for turn in said.turns
    ]
    settings = {name: said.settings[name] for name in ("temperature", "top_p", "max_tokens", "stop", "seed")}
    settings["budget"] = {"low": 1024, "medium": 8192}.get(said.settings["effort"])
    return replace(said, turns=turns, settings=settings)


def as_object(text: str) -> Any:
    value = readback.loaded(text)
    return value if isinstance(value, dict) else {"output": text}


def as_ollama(said: Said) -> Said:
    """One string a message, no tool_choice: `none` offers no tools, a named one is offered alone."""
    mode, name = said.choice or ("auto", None)
    wish = [TOOL_WISH] if said.tools and mode in ("required", "tool") else []
    tools = {own: tool for own, tool in said.tools.items() if mode != "none" and name in (None, own)}
    turns = [replace(turn, texts=["".join(turn.texts)] if turn.texts else []) for turn in said.turns]
    settings = {key: said.settings[key] for key in ("temperature", "top_p", "max_tokens", "stop", "seed")}
    settings["think"] = True if said.settings["effort"] else None
    return replace(said, system=said.system + wish, turns=turns, tools=tools, choice=None, settings=settings)


def as_coze(said: Said) -> Said:
    """A bot has its own model, tools and settings; the system's text opens the conversation."""
    first = Turn("user", texts=list(said.system))
    turns = [
        Turn(
            turn.role,
            texts=["".join(turn.texts)] if turn.texts and not turn.media else turn.texts,
            media=turn.media,
            calls=[(None, name, given) for _, name, given in turn.calls],
            results=[(None, text) for _, text in turn.results],
        )
        for turn in said.turns
    ]
    return Said(turns=merged([first, *turns]), settings={"user": said.settings["user"] or "proxyctl"})


def as_codebuddy(said: Said) -> Said:
    return replace(said, system=said.system or ["You are a helpful assistant."])


SCHEMA_WISH = "Respond with JSON only, valid against this JSON Schema: "


def without(*settings: str) -> Callable[[Said], Said]:
    """All but these settings."""
    return lambda said: replace(said, settings=said.settings | dict.fromkeys(settings))


def as_mistral(said: Said) -> Said:
    """Nine letters for an id; an effort is all or nothing; the seed has another name."""
    turns = [
        replace(
            turn,
            calls=[(short(call_id), name, given) for call_id, name, given in turn.calls],
            results=[(short(call_id), text) for call_id, text in turn.results],
        )
        for turn in said.turns
    ]
    effort = said.settings["effort"] and "high"
    return replace(said, turns=turns, settings=said.settings | {"effort": effort, "user": None})


def short(call_id: str) -> str:
    return call_id if re.fullmatch("[a-zA-Z0-9]{9}", call_id) else sha256(call_id.encode()).hexdigest()[:9]


def wished(said: Said, wishes: list[str]) -> Said:
    """What is asked for in words stands behind what the system says first."""
    if not wishes:
        return said
    wish = "\n\n".join(wishes)
    system = [f"{said.system[0]}\n\n{wish}", *said.system[1:]] if said.system else [wish]
    return replace(said, system=system)


def schemaless(said: Said) -> list[str]:
    if said.schema is None:
        return []
    return [SCHEMA_WISH + json.dumps(said.schema, separators=(",", ":"), ensure_ascii=False)]


def free(said: Said, *, named: bool = True) -> tuple[Said, list[str]]:
    """Without forced tools: a wish instead. `named`: nor may one be forced by its name."""
    mode, name = said.choice or ("auto", None)
    if not said.tools or mode not in ("required", "tool") or (mode == "tool" and not named):
        return said, []
    which = f"the tool '{name}'" if name else "a tool"
    return replace(said, choice=("auto", None)), [f"Answer with a call of {which}, not with text."]


def as_deepseek(said: Said) -> Said:
    """No schemas."""
    made = wished(without("user", "seed")(said), schemaless(said))
    return made if said.schema is None else replace(made, json=True, schema=None)


def as_moonshot(said: Said) -> Said:
    """No forced tools, a temperature of one at most, thinking without efforts."""
    made = clamped(without("user", "seed", "effort")(said), 0, 1, "temperature")
    return wished(*free(made))


def as_zhipu(said: Said) -> Said:
    """Neither schemas nor forced tools; sampling between zero and one."""
    made, wishes = free(clamped(without("user", "effort")(said), 0.01, 0.99, "temperature", "top_p"))
    made = wished(made, [*schemaless(said), *wishes])
    return made if said.schema is None else replace(made, json=True, schema=None)


def as_dashscope(said: Said) -> Said:
    """A tool can be forced by its name only; thinking has budgets."""
    return wished(*free(without("user", "effort")(said), named=False))


def clamped(said: Said, low: float, high: float, *names: str) -> Said:
    given = {name: said.settings[name] for name in names if said.settings[name] is not None}
    return replace(
        said, settings=said.settings | {name: min(max(value, low), high) for name, value in given.items()}
    )


def as_perplexity(said: Said) -> Said:
    """No tools; what neighbours say is one text; plain JSON is asked for in words."""
    turns = [
        replace(turn, texts=["\n\n".join(turn.texts)] if turn.texts and not turn.media else turn.texts)
        for turn in said.turns
    ]
    made = without("user", "seed", "stop")(replace(said, turns=turns, tools={}, choice=None))
    made = replace(made, system=["\n\n".join(said.system)] if said.system else [], json=False)
    return wished(made, [JSON_WISH] if said.json else [])


def as_cohere(said: Said) -> Said:
    """A named tool is offered alone; what is said before a call is one text; thinking has budgets."""
    mode, name = said.choice or ("auto", None)
    tools = {own: tool for own, tool in said.tools.items() if name in (None, own)}
    turns = [replace(turn, texts=["".join(turn.texts)] if turn.calls else turn.texts) for turn in said.turns]
    choice = ("required", None) if mode == "tool" else None if mode == "auto" else said.choice
    settings = {key: said.settings[key] for key in ("temperature", "top_p", "max_tokens", "stop", "seed")}
    settings["budget"] = {"low": 1024, "medium": 4096}.get(said.settings["effort"])
    return replace(said, turns=turns, tools=tools, choice=choice if said.tools else None, settings=settings)


def as_responses(said: Said) -> Said:
    """One text of instructions; sixteen tokens at least; no stop, no seed; a tool has parameters."""
    settings = {key: said.settings[key] for key in ("temperature", "top_p", "max_tokens", "user", "effort")}
    settings["max_tokens"] = settings["max_tokens"] and max(16, settings["max_tokens"])
    none = {"type": "object", "properties": {}}
    tools = {name: (told, schema or none) for name, (told, schema) in said.tools.items()}
    system = ["\n\n".join(said.system)] if said.system else []
    return replace(said, system=system, settings=settings, tools=tools)


def unchanged(said: Said) -> Said:
    return said


EXPECTED: dict[str, Callable[[Said], Said]] = {
    "openai": unchanged,
    "azure-openai": unchanged,
    "codebuddy": as_codebuddy,
    "anthropic": as_anthropic,
    "gemini": as_gemini,
    "vertex": as_gemini,
    "bedrock": as_bedrock,
    "bedrock-invoke": as_anthropic,
    "ollama": as_ollama,
    "coze": as_coze,
    "openai-compatible": unchanged,
    "mistral": as_mistral,
    "deepseek": as_deepseek,
    "groq": unchanged,
    "openrouter": unchanged,
    "xai": unchanged,
    "together": without("user"),
    "cerebras": unchanged,
    "cohere": as_cohere,
    "perplexity": as_perplexity,
    "moonshot": as_moonshot,
    "zhipu": as_zhipu,
    "dashscope-openai": as_dashscope,
    "dashscope": as_dashscope,
    "ark": without("user", "seed"),
    "qianfan": without("effort"),
    "vllm": unchanged,
    "llamacpp": unchanged,
    "lmstudio": unchanged,
    "huggingface": unchanged,
    "cloudflare": without("user"),
    "openai-responses": as_responses,
}


# What a platform has no words for, as it stands in a body: better refused than left out.
CANNOT_SAY: dict[str, list[str]] = {
    "openai": [],
    "azure-openai": [],
    "codebuddy": [],
    "anthropic": ['"input_audio"', '"type": "custom"'],
    "bedrock-invoke": ['"input_audio"', '"type": "custom"'],
    "gemini": ['"type": "custom"'],
    "vertex": ['"type": "custom"'],
    "bedrock": ['"type": "custom"', '{"url": "http', '"file_id"'],
    "ollama": ['"input_audio"', '"type": "custom"', '"type": "file"', '{"url": "http'],
    "coze": ['"input_audio"', '"file_data"', '{"url": "data:'],
    "deepseek": ['"type": "image_url"'],
    "cerebras": ['"type": "image_url"'],
    "moonshot": ['{"url": "http'],
    "perplexity": ['"input_audio"', '"tool_calls"', '"role": "function"', '"function_call": {', '"file_id"'],
    "cohere": ['"input_audio"', '"type": "file"', '"type": "custom"'],
}


@pytest.mark.parametrize("dialect", MODELS)
@pytest.mark.parametrize("body", client_bodies())
def test_nothing_is_lost(body: dict[str, Any], dialect: str) -> None:
    asked = plain(readback.openai(body))
    unsaid = [reason for reason in CANNOT_SAY.get(dialect, []) if reason in json.dumps(body)]
    if unsaid:
        with pytest.raises(RequestRefused):
            rendered(dialect, body)
        return
    sent = rendered(dialect, body)
    found = plain(readback.READERS[dialect](sent))
    expected = plain(EXPECTED[dialect](asked))
    assert found == expected


@pytest.mark.parametrize("dialect", ["openai", "openai-compatible", "openrouter", "vllm"])
@pytest.mark.parametrize("body", client_bodies())
def test_nothing_is_lost_for_clients_of_another_protocol(body: dict[str, Any], dialect: str) -> None:
    """The same words, but the body is not the one to send: it is made of the neutral form alone."""
    if strange(body):
        return
    asked, found = readback.openai(body), readback.openai(rendered(dialect, body, "another"))
    assert plain(found) == plain(asked)
