from __future__ import annotations

from typing import Any

from engine.mapping.response import ResponseProgram
from tests.mapping.templates import chat, dialect, plain, scope


def response(text: str) -> ResponseProgram:
    program = chat(f"request: {{path: /}}\n{text}").operations["chat"].response
    assert program is not None
    return program


def events(
    text: str, data: Any, status: int = 200, headers: dict[str, str] | None = None
) -> list[tuple[Any, ...]]:
    return plain(response(text).events(data, status, headers or {}, scope()))


def test_events_see_the_answer() -> None:
    text = "response: {events: [{text: =data.t, extra: {s: =status, h: =headers.x}}]}"
    assert events(text, {"t": "a"}, 201, {"x": "y"}) == [
        ("text", {"text": "a"}), ("extra", {"s": 201, "h": "y"})
    ]  # fmt: skip


def test_a_whole_answer_may_have_the_shape_of_a_frame() -> None:
    text = "stream: {select: =data.type, cases: {a: [{$set: {n: 1}}, {text: =state.n}]}}\nresponse: {from: stream}"
    assert events(text, {"type": "a"}) == [("text", {"text": 1})]


def test_the_attempts_own_scope_stays_as_it_is() -> None:
    given = scope(data="mine", state={"n": 0})
    program = response("stream: {events: [{$set: {n: =data}}]}\nresponse: {from: stream}")
    program.events(5, 200, {}, given)
    assert (given.data, given.state) == ("mine", {"n": 0})


def test_a_stream_that_is_not_there() -> None:
    found = dialect("operations: {chat: {request: {path: /}, response: {from: stream}}}")[1]
    assert [(item.code, item.at.column) for item in found] == [("missing-stream", 58)]


def test_models() -> None:
    program = response("response: {models: {$each: =data.l, $as: m, $do: {id: =m.n}}}")
    assert program.kind == "models"
    assert program.value({"l": [{"n": "a"}]}, 200, {}, scope()) == [{"id": "a"}]


def test_a_body() -> None:
    for text in ("response: {body: {data: =data.x}}", "response: {data: =data.x}"):
        program = response(text)
        assert program.kind == "body" and program.value({"x": 1}, 200, {}, scope()) == {"data": 1}


def test_nothing_at_all() -> None:
    assert chat("request: {path: /}\nresponse: {steps: []}").operations["chat"].response is None


def test_what_is_read_beside_the_answer() -> None:
    assert not response("response: {events: [{text: =data.t, extra: {s: =status}}]}").reads_request
    assert not response("stream: {events: [{text: =state.n}]}\nresponse: {from: stream}").reads_request
    assert response("response: {events: [{text: =params.p}]}").reads_request
    assert response("response: {events: [{text: =uid('x')}]}").reads_request
