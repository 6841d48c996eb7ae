from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from engine.errors import MappingFailed
from engine.mapping.stream import StreamProgram
from tests.mapping.templates import chat, dialect, frame, plain, scope


def stream(text: str) -> StreamProgram:
    indented = "\n".join(f"  {line}" for line in text.strip().splitlines())
    program = chat(f"request: {{path: /}}\nstream:\n{indented}").operations["chat"].stream
    assert program is not None
    return program


def read(text: str, data: str, event: str | None = None, **names: Any) -> list[tuple[Any, ...]]:
    return plain(stream(text).events(frame(data, event), scope(**names)))


def test_what_is_not_written() -> None:
    program = stream("events: []")
    assert (program.framing, program.payload, program.end) == ("sse", "json", None)


def test_events_for_every_frame() -> None:
    text = "frames: ndjson\nevents:\n  - text: =data.t\n    finish: =data.f\n  - usage: {output: =data.n}\n"
    assert read(text, '{"t": "a", "n": 0}') == [("text", {"text": "a"}), ("usage", {"output": 0})]
    assert read(text, "{}") == []


def test_the_frame_that_ends_it() -> None:
    assert read('end: "[DONE]"\nevents: [{text: =data}]', " [DONE]\n") == [("done", {})]


def test_an_empty_payload_is_null() -> None:
    assert read("events: [{text: =data || event}]", " ", "ping") == [("text", {"text": "ping"})]


def test_a_payload_that_is_not_json_is_an_error_event() -> None:
    found = read("events: [{text: =data}]", "{oops")
    assert [(kind, fields["class"]) for kind, fields in found] == [("error", "upstream")]


def test_events_that_are_packed_in_others() -> None:
    text = 'data: "=parse_json(b64decode(data.bytes)) || data"\nselect: =data.kind\ncases: {t: [{text: =data.x}]}'
    packed = b64encode(b'{"kind": "t", "x": "hi"}').decode()
    assert read(text, f'{{"bytes": "{packed}"}}') == [("text", {"text": "hi"})]
    assert read(text, '{"kind": "t", "x": "bare"}') == [("text", {"text": "bare"})]


def test_a_payload_of_text() -> None:
    assert read("payload: text\nevents: [{text: =data}]", "{oops") == [("text", {"text": "{oops"})]


@pytest.mark.parametrize(
    ("events", "reads"),
    [
        ("[{text: =data.t}]", False),
        ("[{text: =model}, {text: =now()}, {$set: {a: =params.b}}]", False),
        ("[{text: =body.t}]", True),
        ("[{text: =to_json(body)}]", True),
        ("[{text: =chat.user}]", True),
        ("[{text: =asked}]", True),
        ("[{$call: say}]", True),
        ("[{text: =to_json(@)}]", True),
    ],
)
def test_whether_it_needs_the_request(events: str, reads: bool) -> None:
    made, found = dialect(f"""
let: {{asked: =body.t}}
defs: {{say: {{$args: [], $do: [{{text: =asked}}]}}}}
operations:
  chat:
    request: {{path: /, headers: {{a: =asked}}}}
    stream: {{events: {events}}}
""")
    assert {item.code for item in found} <= {"unused-name"}
    program = made.operations["chat"].stream
    assert program is not None and program.reads_request is reads
    attempt = scope(body={"t": "x"})
    assert program.scope(attempt).body == (attempt.body if reads else None)


class TestSelect:
    TEXT = "select: =data.type\ncases:\n  a: [{text: one}]\n  '2': [{text: two}]\n  true: [{text: yes}]\n  ping:\n"

    @pytest.mark.parametrize(
        ("label", "texts"),
        [
            ('"a"', ["one"]),
            ("2", ["two"]),
            ("true", ["yes"]),
            ('"ping"', []),
            ('"b"', []),
            ("null", []),
            ("[1]", []),
        ],
    )
    def test_labels_are_compared_as_text(self, label: str, texts: list[str]) -> None:
        found = read(self.TEXT, f'{{"type": {label}}}')
        assert [fields["text"] for _, fields in found] == texts

    def test_other_labels_may_be_errors(self) -> None:
        found = read(f"{self.TEXT}default: error", '{"type": "b"}')
        assert [(kind, fields["message"]) for kind, fields in found] == [
            ("error", "the upstream sent an event of an unknown kind: b")
        ]

    def test_the_events_name_may_be_the_label(self) -> None:
        assert read("select: =event\ncases: {x: {text: =data.t}}", '{"t": 1}', "x") == [("text", {"text": 1})]


class TestState:
    def test_it_lasts_for_the_stream(self) -> None:
        program = stream('state: {n: 0}\nevents:\n  - $set: {n: "=add(state.n, `1`)"}\n  - text: =state.n\n')
        first, second = scope(), scope()
        assert plain(program.events(frame("1"), first)) == [("text", {"text": 1})]
        assert plain(program.events(frame("1"), first)) == [("text", {"text": 2})]
        assert plain(program.events(frame("1"), second)) == [("text", {"text": 1})]

    def test_the_first_state_is_nobodys_to_change(self) -> None:
        program = stream("state: {l: {}}\nevents: [{$set: {seen: =state.l}}]")
        given = scope()
        program.events(frame("1"), given)
        given.state["l"]["x"] = 1
        assert program.state == {"l": {}}


def test_a_failure_knows_its_place() -> None:
    with pytest.raises(MappingFailed) as failure:
        read("events:\n  - $each: =data.l\n    $as: x\n    $do: {text: =x}\n", '{"l": "text"}')
    assert failure.value.where == "d.yaml:6:19"
    assert failure.value.info.message.endswith("$each needs a list, got a text")


def test_framings_are_known_by_name() -> None:
    text = "operations: {chat: {request: {path: /}, stream: {frames: ssse, events: []}}}"
    found = dialect(text, framings=frozenset({"sse", "ndjson"}))[1]
    assert [(item.code, item.at.column, item.hint, item.path) for item in found] == [
        ("unknown-framing", 58, "did you mean 'sse'?", "dialects.d.operations.chat.stream.frames")
    ]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ("{}", "missing-key"),
        ("{select: =data.x}", "missing-key"),
        ("{cases: {a: []}}", "missing-key"),
        ("{select: data.x, cases: {a: []}}", "missing-equals"),
        ("{select: =data.x, cases: [a]}", "wrong-type"),
    ],
)
def test_a_stream_that_loses_its_events_is_refused(stream: str, code: str) -> None:
    _, found = dialect(f"operations: {{chat: {{request: {{path: /}}, stream: {stream}}}}}")
    assert [item.code for item in found] == [code]
