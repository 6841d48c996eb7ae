"""One unit of compilation: `tables`, `let` and `defs` of a dialect, and the functions generated for it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from engine.diagnostics import Position, Problems
from engine.expression.code import call, compare, name
from engine.expression.module import Module
from engine.mapping.block import Block, Definition, Sink
from engine.mapping.events import Events, Fields
from engine.mapping.frames import Frames
from engine.mapping.names import OF_A_RESULT, OF_AN_ANSWER, OF_AN_EVENT, VIEWS, Reads, View
from engine.mapping.program import Functions, Program
from engine.mapping.reuse import Reuse
from engine.mapping.runtime import MAX_DEPTH, NOTHING, too_deep
from engine.mapping.sight import Sight, suggestion
from engine.mapping.sinks import Back, Items, kept
from engine.mapping.spot import Spot, text_of
from engine.mapping.statements import assign, assign_item, constant, function, give, run, when
from engine.mapping.write import write
from engine.tree import Mapping, Node, Scalar, Sequence, to_data

ANYWHERE = View(
    "anywhere",
    {known: at for view in VIEWS.values() for known, at in view.names.items()},
    True,
    True,
    True,
    keys=OF_AN_EVENT | OF_AN_ANSWER | OF_A_RESULT,
)


@dataclass(slots=True)
class Facts:
    """What one generated function reads, and which others it calls."""

    reads: Reads
    calls: set[str]


@dataclass(slots=True)
class Used:
    """Names of `tables`, `let` and `defs` that something used."""

    tables: set[str] = field(default_factory=set)
    lets: set[str] = field(default_factory=set)
    defs: set[str] = field(default_factory=set)


class Unit:
    """Implements `block.Home`. Add programs with `program`, then `build` them together.

    `lets_in`: the view whose names `let` sees.
    """

    def __init__(self, problems: Problems, root: Spot | None = None, lets_in: str = "request") -> None:
        self._lets_in = lets_in
        self.module = Module()
        self.problems = problems
        self.tables = root.get("tables") if root else None
        self.used = Used()
        self._table_data: dict[str, Any] = _object_data(self.tables)
        self.programs: list[Program] = []
        self._facts: dict[str, Facts] = {}
        self._variants: dict[tuple[str, str, str, int], str] = {}
        self._lets: dict[str, str] = {}
        written = root.get("defs") if root else None
        self._definitions = read_definitions(written, problems, _places_of_calls(root.node) if root else {})
        self._malformed = _names(written) - self._definitions.keys()
        self._add_lets(root.get("let") if root else None)

    # --- functions -------------------------------------------------------------------------------------

    def program(self, view: View, path: str, body: Callable[[Block], list[ast.stmt]]) -> Program:
        """A function of the scope whose statements `body` writes; to be called after `build`."""
        block = self._block(view, constant(0))
        program = Program(self.module.fresh(view.name.replace(".", "_")), self.module, path)
        self._finish(program.title, ["scope"], block, body(block))
        self.programs.append(program)
        return program

    def condition(self, view: View, spot: Spot) -> Program:
        """A function of the scope that says whether a condition holds."""
        return self.program(view, spot.path, lambda block: [give(block.condition(spot).test)])

    def build(self, at: Spot) -> None:
        """Compile all of it to byte code; `at` is what was too much when Python cannot."""
        try:
            functions = Functions(self.module, self.module.build(at.path or "template"))
        except (SyntaxError, RecursionError, MemoryError) as failure:
            message = f"too deep or too long to compile ({type(failure).__name__})"
            self.problems.error(at.at, "too-complex", message, path=at.path)
            return
        for program in self.programs:
            program.bind(functions)

    def reads(self, *programs: Program) -> Reads:
        """What these programs and all that they call read."""
        total = Reads()
        waiting = [program.title for program in programs]
        seen = set(waiting)
        while waiting:
            facts = self._facts[waiting.pop()]
            total.add(facts.reads)
            waiting += facts.calls - seen
            seen |= facts.calls
        total.lets = not seen.isdisjoint(self._lets.values())
        return total

    def let_reads(self) -> Reads:
        """What the names of `let` read, used or not."""
        total = Reads()
        for title in self._lets.values():
            total.add(self._facts[title].reads)
        return total

    def _block(self, view: View, depth: ast.expr, visible: tuple[str, ...] | None = None) -> Block:
        seen = tuple(self._lets) if visible is None else visible
        calls: set[str] = set()
        lets = {let: partial(self._call_let, let, calls) for let in seen} if view.lets else {}
        sight = Sight(self.module, view, self._table_data, lets)
        return Block(self, view, sight, seen, depth, calls)

    def _finish(self, title: str, parameters: Iterable[str], block: Block, body: list[ast.stmt]) -> None:
        self._define_code(title, parameters, [*block.names.prologue(), *body], block)

    def _define_code(self, title: str, parameters: Iterable[str], body: list[ast.stmt], block: Block) -> None:
        # Where `$set` may stand, a field may have changed since it was read.
        if block.names.repeats and not block.view.writes:
            Reuse(block.fresh).statements(body, {})
        self.module.define(function(title, parameters, body))
        self._learn(title, block)

    def _learn(self, title: str, block: Block) -> None:
        reads = block.names.reads
        self._facts[title] = Facts(reads, block.calls)
        self.used.tables |= reads.tables

    # --- block.Home ------------------------------------------------------------------------------------

    def write(self, block: Block, spot: Spot, sink: Sink) -> list[ast.stmt]:
        before, block.here = block.here, spot
        statements = write(block, spot, sink)
        block.here = before
        return statements

    def definition(self, block: Block, wanted: Spot) -> Definition | None:
        title = text_of(wanted.node)
        definition = self._definitions.get(title or "") if block.view.lets else None
        if title in self._malformed and block.view.lets:
            return None
        if title is None or definition is None:
            known = f"there are {', '.join(self._definitions)}" if self._definitions else "`defs:` has none"
            hint = suggestion(title or "", self._definitions) or known
            self.problems.error(
                wanted.at, "unknown-def", f"no such definition {title!r}", hint=hint, path=wanted.path
            )
            return None
        self.used.defs.add(title)
        return definition

    def callee(self, block: Block, definition: Definition, mode: str) -> str:
        key = (definition.name, mode, block.view.name, len(block.visible))
        if key not in self._variants:
            self._variants[key] = self.module.fresh(f"def_{definition.name}")
            self._define(self._variants[key], definition, mode, block.view, block.visible)
        return self._variants[key]

    # --- let -------------------------------------------------------------------------------------------

    def _add_lets(self, spot: Spot | None) -> None:
        """Each `let` is a function that remembers its value in the scope; it sees those before it."""
        if spot is None or not isinstance(spot.node, Mapping):
            return
        for entry in spot.node:
            if not entry.key.isidentifier() or entry.key in (*VIEWS[self._lets_in].names, "tables"):
                message = f"{entry.key!r} cannot be a name of let"
                self.problems.error(entry.key_at, "bad-name", message, path=spot.below(entry.key))
                continue
            title = self.module.fresh(f"let_{entry.key}")
            block = self._block(VIEWS["let" if self._lets_in == "request" else self._lets_in], constant(0))
            body = kept(block, spot.of(entry), "value")
            self._remember(title, f"let {entry.key}", body, block)
            self._lets[entry.key] = title

    def _remember(self, title: str, cell: str, body: list[ast.stmt], block: Block) -> None:
        """Define a function that keeps its value in a cell of the scope and finds it there the next time."""
        known = compare(constant(cell), ast.In(), name("cells"))
        before = [
            assign("cells", ast.Attribute(name("scope"), "cells", ast.Load())),
            when(known, [give(ast.Subscript(name("cells"), constant(cell), ast.Load()))]),
        ]
        after = [assign_item("cells", constant(cell), name("value")), give(name("value"))]
        self._define_code(title, ["scope"], [*before, *block.names.prologue(), *body, *after], block)

    def _call_let(self, let: str, calls: set[str]) -> ast.expr:
        calls.add(self._lets[let])
        self.used.lets.add(let)
        return call(name(self._lets[let]), name("scope"))

    # --- defs ------------------------------------------------------------------------------------------

    def check_unused(self) -> None:
        """Compile the definitions that nothing calls, for their mistakes."""
        unused = {title: found for title, found in self._definitions.items() if title not in self.used.defs}
        for title, definition in unused.items():
            function = self.module.fresh(f"def_{title}")
            self._define(function, definition, "value", ANYWHERE, tuple(self._lets))

    def _define(
        self, title: str, definition: Definition, mode: str, view: View, visible: tuple[str, ...]
    ) -> None:
        block = self._block(view, name("depth"), visible)
        block.own = definition
        leading, sink = _mode(mode)
        arguments = {argument: self.module.fresh(argument) for argument in definition.arguments}
        with block.binding(arguments):
            body = block.write(definition.body, sink)
        deep = compare(name("depth"), ast.Gt(), constant(MAX_DEPTH))
        guard = when(deep, [run(block.use(too_deep, constant(definition.name)))])
        block.module.place(guard, definition.spot.at)
        ending = [give(self.module.constant(NOTHING))] if mode == "value" else []
        parameters = [*leading, "scope", "depth", *arguments.values()]
        opening = block.names.opening(arguments.values())
        self._finish(title, parameters, block, [guard, *opening, *body, *ending])


def _mode(mode: str) -> tuple[tuple[str, ...], Sink]:
    """The leading parameters of a definition that is called for `mode`, and where its value goes."""
    if mode == "value":
        return (), Back()
    if mode == "items":
        return ("out",), Items("out").inner()
    if mode == "frames":
        return ("out",), Frames("out")
    if mode == "events":
        return ("out", "choice"), Events("out", name("choice"))
    return ("out", "choice"), Fields(mode, "out", name("choice"))


def _object_data(spot: Spot | None) -> dict[str, Any]:
    data = to_data(spot.node) if spot else None
    return data if isinstance(data, dict) else {}


def _names(spot: Spot | None) -> set[str]:
    return set(spot.node.entries) if spot and isinstance(spot.node, Mapping) else set()


def _places_of_calls(node: Node, found: dict[str, set[Position]] | None = None) -> dict[str, set[Position]]:
    """Where each definition is called; what an alias of YAML repeats is one place."""
    found = {} if found is None else found
    if isinstance(node, Mapping):
        called = node.entries.get("$call")
        if called is not None:
            found.setdefault(text_of(called.value) or "", set()).add(called.key_at)
    below = (entry.value for entry in node) if isinstance(node, Mapping) else ()
    for each in node.items if isinstance(node, Sequence) else below:
        _places_of_calls(each, found)
    return found


def read_definitions(
    spot: Spot | None, problems: Problems, calls: dict[str, set[Position]] | None = None
) -> dict[str, Definition]:
    """`defs: {name: {$args: […], $do: template}}`; `calls`: the places of the calls of each."""
    if spot is None or not isinstance(spot.node, Mapping):
        return {}
    found = ((entry.key, _definition(entry.key, spot.of(entry), problems)) for entry in spot.node)
    once = {title for title, places in (calls or {}).items() if len(places) == 1}
    return {
        title: replace(definition, once=title in once)
        for title, definition in found
        if definition is not None
    }


def _definition(title: str, spot: Spot, problems: Problems) -> Definition | None:
    shape = "a definition is {$args: [names], $do: template}"
    if not isinstance(spot.node, Mapping):
        problems.error(spot.at, "bad-arguments", shape, path=spot.path)
        return None
    for entry in spot.node:
        if entry.key not in ("$args", "$do"):
            hint = suggestion(entry.key, ("$args", "$do"))
            problems.error(entry.key_at, "bad-arguments", shape, hint=hint, path=spot.below(entry.key))
    body = spot.node.entries.get("$do")
    if body is None:
        problems.error(spot.at, "bad-arguments", shape, hint="$do is missing", path=spot.path)
        return None
    arguments = _arguments(spot.get("$args"), problems)
    if arguments is None:
        return None
    return Definition(title, spot, arguments, spot.of(body), _calls_in_rounds(body.value))


def _calls_in_rounds(node: Node, *, rounds: bool = False) -> bool:
    """Whether a template calls a definition for each element of a list."""
    if isinstance(node, Sequence):
        return any(_calls_in_rounds(item, rounds=rounds) for item in node.items)
    if not isinstance(node, Mapping):
        return False
    if rounds and "$call" in node.entries:
        return True
    inside = rounds or "$each" in node.entries
    return any(_calls_in_rounds(entry.value, rounds=inside) for entry in node)


def _arguments(spot: Spot | None, problems: Problems) -> tuple[str, ...] | None:
    if spot is None:
        return ()
    nodes = spot.node.items if isinstance(spot.node, Sequence) else ()
    names = [node.value for node in nodes if isinstance(node, Scalar) and isinstance(node.value, str)]
    good = isinstance(spot.node, Sequence) and len(set(names)) == len(nodes)
    if not good or not all(map(str.isidentifier, names)):
        problems.error(spot.at, "bad-arguments", "$args takes a list of different names", path=spot.path)
        return None
    return tuple(names)
