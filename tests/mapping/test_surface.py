"""Surfaces, compiled."""

from __future__ import annotations

from typing import Any

from engine.diagnostics import Problems
from engine.mapping.surface import SurfacePrograms, compile_surface
from engine.tree import Mapping
from tests.mapping.templates import tree


def compiled(text: str) -> tuple[SurfacePrograms, list[str]]:
    node = tree(text)
    assert isinstance(node, Mapping)
    problems = Problems()
    return compile_surface("s", node, problems), [item.code for item in problems.items]


def scope(surface: SurfacePrograms, **names: Any) -> Any:
    return surface.scope(names, lambda: 0.0, str)


def test_fields_of_the_request() -> None:
    surface, faults = compiled(
        "{let: {who: =body.user.name}, decode: {model: =path.m, turns: [{role: user, parts: =body.say}], user: =who, body: {k: =query.k}}}"
    )
    assert faults == []
    decode = surface.decode
    seen = scope(surface, body={"say": "x", "user": {"name": "u"}}, path={"m": "a"}, query={"k": "1"})
    assert decode.model is not None and decode.body is not None
    assert (decode.model(seen), decode.fields["user"](seen), decode.body(seen)) == ("a", "u", {"k": "1"})
    assert decode.fields["turns"](seen) == [{"role": "user", "parts": "x"}]
    assert decode.known == {"model", "say", "user"}


def test_what_reads_all_of_the_body_knows_every_field() -> None:
    assert compiled("{decode: {user: =to_json(body)}}")[0].decode.known is None
    assert compiled("{decode: {user: =body.u, ignored: [a, b]}}")[0].decode.known == {"u", "a", "b", "model"}


def test_what_it_may_not_say() -> None:
    assert compiled("{encode: {cases: {txt: []}}}")[1] == ["unknown-event"]
    assert compiled("{encode: {frames: ssee}}")[1] == ["unknown-framing"]
    assert compiled("{decode: {user: =chat.user}}")[1] == ["unknown-name"]
    assert compiled("{encode: {whole: =state.x}}")[1] == ["unknown-name"]
    assert compiled("{tables: {a: {b: c}}}")[1] == ["unused-name"]


def test_whether_a_stream_needs_the_request() -> None:
    assert not compiled("{encode: {cases: {start: [{data: =body.x}], text: [{data: =text}]}}}")[
        0
    ].encode.holds_request
    assert compiled("{encode: {cases: {text: [{data: =body.x}]}}}")[0].encode.holds_request


def test_the_other_parts() -> None:
    surface, faults = compiled(
        "{encode: {id: x_, whole: {t: =text}, frames: \"=if(query.a, 'ndjson', 'sse')\", state: {n: [1]}},"
        " error: {e: =message, c: =class}, models: {one: =model.id, list: {all: =models}}, count_tokens: {n: =tokens}}"
    )
    assert faults == []
    encode = surface.encode
    assert encode.whole and encode.error and encode.models and encode.one_model and encode.count
    assert encode.whole(scope(surface, event={"text": "a"})) == {"t": "a"}
    assert encode.error(scope(surface, event={"message": "m", "class": "auth"})) == {"e": "m", "c": "auth"}
    assert encode.one_model(scope(surface, model={"id": 1})) == 1
    assert encode.models(scope(surface, models=[1])) == {"all": [1]}
    assert encode.count(scope(surface, tokens=3)) == {"n": 3}
    assert not isinstance(encode.framing, str)
    first = surface.state()
    first["n"].append(2)
    assert surface.state() == {"n": [1]}
    assert surface.any_program is encode.whole
