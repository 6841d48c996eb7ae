"""What real clients asked for, said again to each platform: nothing that the neutral form names is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
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
    "ollama": "qwen3",
    "coze": "738",
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


def unchanged(said: Said) -> Said:
    return said


EXPECTED: dict[str, Callable[[Said], Said]] = {
    "openai": unchanged,
    "azure-openai": unchanged,
    "codebuddy": as_codebuddy,
    "anthropic": as_anthropic,
    "gemini": as_gemini,
    "ollama": as_ollama,
    "coze": as_coze,
}


# What a platform has no words for, as it stands in a body: better refused than left out.
CANNOT_SAY: dict[str, list[str]] = {
    "openai": [],
    "azure-openai": [],
    "codebuddy": [],
    "anthropic": ['"input_audio"', '"type": "custom"'],
    "gemini": ['"type": "custom"'],
    "ollama": ['"input_audio"', '"type": "custom"', '"type": "file"', '{"url": "http'],
    "coze": ['"input_audio"', '"file_data"', '{"url": "data:'],
}


@pytest.mark.parametrize("dialect", MODELS)
@pytest.mark.parametrize("body", client_bodies())
def test_nothing_is_lost(body: dict[str, Any], dialect: str) -> None:
    asked = plain(readback.openai(body))
    unsaid = [reason for reason in CANNOT_SAY[dialect] if reason in json.dumps(body)]
    if unsaid:
        with pytest.raises(RequestRefused):
            rendered(dialect, body)
        return
    sent = rendered(dialect, body)
    found = plain(readback.READERS[dialect](sent))
    expected = plain(EXPECTED[dialect](asked))
    assert found == expected


@pytest.mark.parametrize("body", client_bodies())
def test_nothing_is_lost_for_clients_of_another_protocol(body: dict[str, Any]) -> None:
    """The same words, but the body is not the one to send: it is made of the neutral form alone."""
    if strange(body):
        return
    asked, found = readback.openai(body), readback.openai(rendered("openai", body, "another"))
    assert plain(found) == plain(asked)
