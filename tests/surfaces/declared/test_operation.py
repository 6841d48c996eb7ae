"""What a protocol has beside its chat, as a surface of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import ErrorClass, ErrorInfo, MappingFailed, RequestRefused
from engine.events import Inbound
from engine.surfaces.answer import Meta
from engine.surfaces.declared.operation import OperationSurface
from engine.surfaces.surface import speaking, spoken
from tests.surfaces.declared.surfaces import surface

TEXT = """
operations:
  embeddings:
    model: =path.m || body.model
    schema: {type: object, required: [texts], properties: {texts: {type: array}, temperature: {type: number}}}
    body: {input: =body.texts, dimensions: =body.size, temperature: =body.temperature}
    names: {dimensions: size}
    ignored: [note]
    response: {made: "=map(&unpack_floats(@), vectors)", by: =model, id: =id, asked: =body.texts, at: =created, n: =usage.prompt}
  moderation: {wire: bytes}
error: {fault: =message}
"""
META = Meta("id-1", "alias", 7, lambda prefix: f"{prefix}1")


def operation(name: str = "embeddings") -> OperationSurface:
    found = surface(TEXT).operations[name]
    assert isinstance(found, OperationSurface)
    return found


def inbound(**names: str) -> Inbound:
    return Inbound("POST", "/", {}, {}, b"", "r", names=names)


def read(body: dict[str, Any], params: Any = None, override: Any = None) -> tuple[Any, Any]:
    return operation().read(body, inbound(), params or {}, override or {})


def test_a_protocol_tells_what_it_speaks() -> None:
    home = surface(TEXT)
    assert spoken(home) == ("embeddings", "moderation")
    assert speaking(home, "embeddings") is home.operations["embeddings"]
    assert (
        speaking(home, None) is None and speaking(home, "chat") is None and speaking(home, "rerank") is None
    )
    both = surface("decode: {turns: [{role: user, parts: a}]}\n" + TEXT.split("  moderation")[0])
    assert spoken(both) == ("chat", "embeddings") and speaking(both, None) is both
    only = surface(TEXT.split("  moderation")[0])
    assert speaking(only, None) is only.operations["embeddings"]


def test_a_request_in_the_hubs_words() -> None:
    body, task = read({"model": "x", "texts": ["a"], "size": 3, "note": 1, "odd": 2})
    assert body == {"input": ["a"], "dimensions": 3}
    assert list(task.unread) == ["odd"] and task.turns[0]["parts"][0]["text"] == "a"
    assert list(operation().renamed(["dimensions", "user"])) == ["size", "user"]


def test_the_model_may_stand_in_the_path() -> None:
    assert operation().model_of({}, inbound(m="small")) == "small"
    with pytest.raises(RequestRefused, match="name a model"):
        operation().model_of({}, inbound())


def test_a_wrong_body_is_refused_by_its_field() -> None:
    with pytest.raises(RequestRefused) as refused:
        read({"model": "x"})
    assert refused.value.info.param == "texts"


def test_an_aliass_parameters_hold_unless_they_are_about_chats() -> None:
    body, _ = read(
        {"texts": ["a"]}, {"dimensions": 5, "max_tokens": 9, "temperature": 1}, {"top_p": 1, "kind": "k"}
    )
    assert body == {"input": ["a"], "dimensions": 5, "temperature": 1, "kind": "k"}


def test_keyword_rules_reach_its_texts() -> None:
    one = operation()
    body, task = one.read({"texts": ["a cat", 7]}, inbound(), {}, {})
    made, rewritten = one.rewrite(body, task, lambda part, text: text.replace("cat", part))
    assert made["input"] == ["a text", 7] and rewritten.turns[0]["parts"][0]["text"] == "a text"
    assert one.rewrite(body, task, lambda part, text: text) == (body, task)


def test_results_in_the_protocols_own_shape() -> None:
    asked = SimpleNamespace(body={"texts": ["a"]}, inbound=inbound())
    told = operation().told({"vectors": [[1]], "usage": {"prompt": 4}}, META, asked)
    assert told == {"made": [[1]], "by": "alias", "id": "id-1", "asked": ["a"], "at": 7, "n": 4}
    told = operation().told({"vectors": [[1]], "model": "up", "id": "u"}, META, asked)
    assert (told["by"], told["id"]) == ("up", "u")
    with pytest.raises(MappingFailed):
        operation().told({"vectors": [1]}, META, asked)


def test_without_a_response_the_results_are_the_answer() -> None:
    asked = SimpleNamespace(body={}, inbound=inbound())
    told = operation("moderation").told({"results": []}, META, asked)
    assert told == {"results": [], "id": "id-1", "model": "alias", "created": 7}


def test_its_errors_are_the_protocols() -> None:
    assert operation().error(ErrorInfo(ErrorClass.INVALID, "no")) == {"fault": "no"}
    assert operation().last_words(ErrorInfo(ErrorClass.INVALID, "no"), "text/event-stream") is None


def test_bytes_may_pass_where_a_wire_is_named() -> None:
    assert operation("moderation").passthrough is not None and operation().passthrough is None


@pytest.mark.parametrize("ask", ["stream_type", "models", "model", "count"])
def test_it_is_no_chat(ask: str) -> None:
    with pytest.raises(TypeError, match="no chat"):
        getattr(operation(), ask)(None)
