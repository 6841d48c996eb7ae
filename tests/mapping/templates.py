"""Templates and dialects out of YAML text, for the tests of this package."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.config.yaml import parse_node
from engine.diagnostics import Diagnostic, Problems, in_order
from engine.events import Event, Frame
from engine.mapping.block import Block
from engine.mapping.dialect import Dialect, compile_dialect
from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.mapping.sinks import Back
from engine.mapping.spot import Spot
from engine.mapping.unit import Unit
from engine.surfaces.openai_chat.decode import decode
from engine.tree import Mapping, Node

SHARED = Path(__file__).resolve().parents[3] / "shared"
CLOCK = 1_700_000_000.0


def tree(text: str, file: str = "t.yaml") -> Node:
    problems = Problems()
    node = parse_node(file, text.encode(), problems)
    assert node is not None and not problems.items, problems.items
    return node


def spot(text: str, path: str = "") -> Spot:
    return Spot(tree(text), path)


def unit(root: str = "{}") -> Unit:
    """A unit with the `tables`, `let` and `defs` of a piece of YAML."""
    return Unit(Problems(), spot(root))


def program(
    text: str, view: str = "stream", root: str = "{}", build: Callable[[Unit], Program] | None = None
) -> Program:
    """A template compiled without problems."""
    made, found = checked(text, view, root)
    assert not found, found
    return made


def checked(text: str, view: str = "stream", root: str = "{}") -> tuple[Program, list[Diagnostic]]:
    home = unit(root)
    where = spot(text)

    def body(block: Block) -> list[ast.stmt]:
        return block.write(where, Back())

    made = home.program(VIEWS[view], "template", body)
    home.check_unused()
    home.build(where)
    return made, in_order(home.problems.items)


def render(text: str, view: str = "stream", root: str = "{}", **names: Any) -> Any:
    """The value of a template; None when it yields nothing."""
    return program(text, view, root)(scope(**names))


def problems(text: str, view: str = "stream", root: str = "{}") -> list[tuple[str, int, int]]:
    """The code, line and column of everything that is wrong with a template."""
    return [(item.code, item.at.line, item.at.column) for item in checked(text, view, root)[1]]


def scope(**names: Any) -> Scope:
    numbers = iter(range(1, 1000))
    return Scope(clock=lambda: CLOCK, ids=lambda prefix: f"{prefix}{next(numbers)}", **names)


def chat_scope(body: dict[str, Any], **names: Any) -> Scope:
    """As the gateway makes it for a client's chat request."""
    given = {"model": "m", "params": {}, "features": {}, "credential": {"key": "sk-test"}, "headers": {}}
    return scope(body=body, chat=decode(body), **{**given, **names})


def dialect(text: str, **known: Any) -> tuple[Dialect, list[Diagnostic]]:
    """A dialect of its own YAML, and what is wrong with it."""
    node = tree(text, "d.yaml")
    assert isinstance(node, Mapping)
    found = Problems()
    made = compile_dialect("d", node, found, **known)
    return made, in_order(found.items)


def good(text: str, **known: Any) -> Dialect:
    made, found = dialect(text, **known)
    assert not found, [(str(item.at), item.message) for item in found]
    return made


def chat(text: str) -> Dialect:
    """A dialect with one operation, whose parts are indented by nothing."""
    indented = "\n".join(f"    {line}" for line in text.strip("\n").splitlines())
    return good(f"operations:\n  chat:\n{indented}\n")


def frame(data: str, event: str | None = None) -> Frame:
    return Frame(event, data)


def plain(events: list[Event]) -> list[tuple[Any, ...]]:
    """Events as (kind, fields), or (kind, fields, choice) for another choice than the first."""
    return [tuple(event) if event.choice else (event.kind, event.fields) for event in events]
