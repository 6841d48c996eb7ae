from __future__ import annotations

from types import SimpleNamespace

import pytest
from openai.types import Model

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.surfaces.openai_chat.surface import ChatCompletions, wants_usage
from engine.surfaces.registry import SURFACES
from engine.surfaces.surface import ModelEntry, Surface
from tests.surfaces.events import DONE, folded, meta, orderly, start, text, usage
from tests.surfaces.openai_chat.reading import chunks

SURFACE: Surface = ChatCompletions()
INBOUND = Inbound("POST", "/", {}, {}, b"", "r")
ASKED = SimpleNamespace(body={}, inbound=INBOUND)


def test_what_it_is() -> None:
    assert (SURFACE.name, SURFACE.wire) == ("openai-chat", "openai-chat")
    assert SURFACE.stream_type(ASKED).startswith("text/event-stream") and SURFACE.hub
    assert SURFACES.get("openai-chat") is not None


def test_it_decodes_and_encodes() -> None:
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream_options": {"include_usage": True},
    }
    assert SURFACE.model_of(body, INBOUND) == "m"
    seen, chat = SURFACE.read(body, INBOUND, {"temperature": 1}, {})
    assert chat.turns[0]["role"] == "user" and chat.temperature == seen["temperature"] == 1
    with pytest.raises(RequestRefused):
        SURFACE.read({"model": "m"}, INBOUND, {}, {})
    events = [start(), text("a"), usage(prompt=1, output=1), DONE]
    assert (
        chunks(SURFACE.stream(ASKED, body, meta()).encode(orderly(events)))[-1]["usage"]["total_tokens"] == 2
    )
    assert SURFACE.whole(folded(events), meta(), ASKED)["choices"][0]["message"]["content"] == "a"


def test_models() -> None:
    entries = [ModelEntry("smart", 1700000000), ModelEntry("cheap", owned_by="team")]
    listed = SURFACE.models(entries)
    assert listed["object"] == "list"
    assert [Model.model_validate(item, strict=True).id for item in listed["data"]] == ["smart", "cheap"]
    assert SURFACE.model(entries[1]) == {"id": "cheap", "object": "model", "created": 0, "owned_by": "team"}


def test_its_passthrough() -> None:
    passthrough = SURFACE.passthrough
    assert passthrough
    assert passthrough.patch(b"{}", {"model": "a"}, "b") == b'{"model":"b"}'
    assert (
        passthrough.reading.usage_of({})
        is passthrough.reading.fault_of({"choices": [{"message": {}}]})
        is None
    )
    for nonsense in ({}, {"choices": []}, {"choices": ["x"]}, {"choices": [{"message": "x"}]}):
        assert passthrough.reading.fault_of(nonsense).code == "unreadable_answer"
    assert not passthrough.reading.stream({"stream_options": None}).begun


def test_who_wants_usage() -> None:
    assert wants_usage({"stream_options": {"include_usage": True}})
    assert not any(
        map(wants_usage, [{}, {"stream_options": None}, {"stream_options": {"include_usage": False}}])
    )
