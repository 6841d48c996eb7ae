"""A declared surface as the gateway sees it."""

from __future__ import annotations

import pytest

from engine.errors import ErrorClass, ErrorInfo, RequestRefused
from engine.surfaces.json_schema import SchemaError
from engine.surfaces.surface import ModelEntry
from tests.surfaces.declared.surfaces import asked, inbound, surface
from tests.surfaces.events import DONE, call, folded, meta, start, text, usage

SURFACE = surface()
BARE = surface("{decode: {turns: [{role: user, parts: =body.say}]}}")


def test_the_model() -> None:
    assert SURFACE.model_of({"model": "a"}, inbound()) == "a"
    assert SURFACE.model_of({"model": "a"}, inbound(names={"m": "b"})) == "b"
    assert BARE.model_of({"model": "a"}, inbound()) == "a"
    with pytest.raises(RequestRefused):
        SURFACE.model_of({}, inbound())


def test_a_wrong_body_names_the_field() -> None:
    with pytest.raises(RequestRefused) as caught:
        SURFACE.read({"say": 3}, inbound(), {}, {})
    assert caught.value.info.param == "say"
    with pytest.raises(SchemaError):
        surface("{decode: {schema: {typo: 1}}}")


def test_whole_answers() -> None:
    told = folded([start(), text("a"), call(name="f", key=0, id="c"), usage(output=2), DONE])
    assert SURFACE.whole(told, meta(), asked({"say": "hi"})) == {
        "id": "up-1", "said": "a", "calls": ["f"], "asked": "hi", "n": 2,
    }  # fmt: skip
    assert BARE.whole(told, meta(), asked({}))["text"] == "a"


def test_errors_and_last_words() -> None:
    info = ErrorInfo(ErrorClass.INVALID, "no")
    assert SURFACE.error(info) == {"fault": "no", "kind": "bad", "status": 400}
    assert BARE.error(info)["error"]["message"] == "no"
    sse = SURFACE.stream_type(asked({}))
    assert SURFACE.last_words(info, sse) == b'data: {"fault":"no","kind":"bad","status":400}\n\n'
    lines = SURFACE.last_words(info, SURFACE.stream_type(asked({}, query={"lines": "1"})))
    assert lines is not None and lines.endswith(b"}\n") and lines.startswith(b"{")
    assert SURFACE.last_words(info, "application/json") is None
    assert surface("{encode: {frames: =query.x}}").framing_of(asked({}, query={"x": "strange"})) == "sse"


def test_models_and_counts() -> None:
    assert SURFACE.models([ModelEntry("a"), ModelEntry("b")]) == {"all": ["a", "b"]}
    assert BARE.model(ModelEntry("a"))["created_at"] == "1970-01-01T00:00:00Z"
    assert BARE.models([]) == {"models": []}
    assert SURFACE.count(3) == {"n": 3}
    with pytest.raises(RequestRefused):
        BARE.count(3)
