"""A dialect has the compiled parts of what it extends, where it would say the same."""

from __future__ import annotations

from typing import Any

from engine.diagnostics import Problems
from engine.mapping.dialect import Dialect, compile_dialect
from engine.tree import Mapping, merge
from tests.mapping.templates import chat_scope, frame, plain, tree

BASE = """
tables:
  effort: {low: small}
  finish: {stop: end}
  other: {a: b}
let: {greeting: hello}
defs:
  text: {$args: [x], $do: "=x"}
mode: asked
error: {message: "=data.message", status: {"429": rate_limit}}
operations:
  chat:
    request: {path: /chat, body: {effort: "=get(tables.effort, body.effort)", hi: =greeting}}
    stream: {framing: sse, events: [{text: "=data.t"}, {finish: "=get(tables.finish, data.f)"}]}
    response: {events: [{text: "=data.t"}, {finish: "=get(tables.finish, data.f)"}]}
  embeddings:
    request: {path: /embed, body: {input: {$call: text, x: =body.input}}}
    response: {vectors: =data.v}
  rerank:
    request: {path: /rerank, body: {all: =tables}}
    response: {results: =data.v}
"""

ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def base(text: str = BASE) -> tuple[Mapping, Dialect]:
    node = tree(text, "base.yaml")
    assert isinstance(node, Mapping)
    return node, built("base", node)


def built(name: str, node: Mapping, parent: Dialect | None = None) -> Dialect:
    problems = Problems()
    made = compile_dialect(name, node, problems, parent=parent)
    assert not problems.items, [item.message for item in problems.items]
    return made


def heir(own: str, of: tuple[Mapping, Dialect]) -> tuple[Mapping, Dialect]:
    node = merge(of[0], tree(f"extends: base\n{own}", "heir.yaml"))
    assert isinstance(node, Mapping)
    return node, built("heir", node, of[1])


def body(dialect: Dialect, operation: str = "chat", **sent: Any) -> Any:
    request = dialect.operations[operation].request
    assert request is not None
    return request.render(chat_scope({**ASKED, **sent})).body


def finish(dialect: Dialect) -> list[tuple[Any, ...]]:
    stream = dialect.operations["chat"].stream
    assert stream is not None
    return plain(list(stream.events(frame('{"f": "stop"}'), stream.scope(chat_scope(ASKED)))))


def test_what_it_does_not_touch_is_not_compiled_again() -> None:
    parent = base()
    _, made = heir("operations: {chat: {request: {body: {more: 1}}}}", parent)
    shared, own = made.operations, parent[1].operations
    assert shared["embeddings"] is own["embeddings"] and shared["rerank"] is own["rerank"]
    assert shared["chat"] is not own["chat"]
    assert shared["chat"].stream is own["chat"].stream and shared["chat"].response is own["chat"].response
    assert made.error is parent[1].error
    assert body(made, effort="low") == {"effort": "small", "hi": "hello", "more": 1}
    assert body(parent[1], effort="low") == {"effort": "small", "hi": "hello"}


def test_what_reads_a_table_of_its_own_is_its_own() -> None:
    parent = base()
    _, made = heir("tables: {effort: {low: tiny}}", parent)
    assert body(made, effort="low")["effort"] == "tiny" and body(parent[1], effort="low")["effort"] == "small"
    assert made.operations["embeddings"] is parent[1].operations["embeddings"]
    assert body(made, "rerank")["all"]["effort"] == {"low": "tiny"}


def test_what_reads_all_tables_sees_one_more() -> None:
    parent = base()
    _, made = heir("tables: {new: {x: y}}", parent)
    assert body(made, "rerank")["all"]["new"] == {"x": "y"}
    assert "new" not in body(parent[1], "rerank")["all"]
    assert made.operations["chat"] is parent[1].operations["chat"]


def test_let_and_defs_of_its_own_hold_everywhere() -> None:
    parent = base()
    _, greets = heir("let: {greeting: good day}", parent)
    assert body(greets)["hi"] == "good day" and body(parent[1])["hi"] == "hello"
    _, calls = heir('defs: {text: {$args: [x], $do: "=to_string(x)"}}', parent)
    assert body(calls, "embeddings", input=[1])["input"] == "[1]"


def test_the_mode_of_the_dialect_is_part_of_each_operation() -> None:
    _, made = heir("mode: always", base())
    assert made.operations["chat"].mode_for("any") == "always"


def test_an_heir_of_an_heir_has_its_own_table_in_what_its_parent_inherited() -> None:
    first = base()
    second = heir("operations: {chat: {request: {body: {more: 1}}}}", first)
    _, third = heir("tables: {finish: {stop: over}}", second)
    assert finish(second[1]) == [("finish", {"reason": "end"})]
    assert finish(third) == [("finish", {"reason": "over"})]
    assert body(third)["more"] == 1


def test_what_changes_the_whole_of_what_its_parent_inherited_has_the_parts_of_it_still() -> None:
    first = base()
    second = heir("operations: {embeddings: {request: {path: /other}}}", first)
    _, third = heir("operations: {chat: {request: {body: {more: 1}}}}", second)
    assert third.operations["chat"].stream is first[1].operations["chat"].stream
    assert third.operations["chat"].response is first[1].operations["chat"].response
    assert body(third)["more"] == 1


def test_one_with_mistakes_leaves_nothing_so_that_each_heir_is_told_of_them() -> None:
    node = tree("operations: {chat: {request: {body: {x: =nonsense}}, stream: {events: []}}}", "base.yaml")
    assert isinstance(node, Mapping)
    found = Problems()
    parent = compile_dialect("base", node, found)
    assert parent.heritage is None and [item.code for item in found.items] == ["unknown-name"]
    again = Problems()
    compile_dialect("heir", node, again, parent=parent)
    assert [item.code for item in again.items] == ["unknown-name"]
