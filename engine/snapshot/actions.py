"""Endpoints over actions: their templates compiled, their inputs checked against what the action takes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.actions.action import Action, InputKind
from engine.actions.errors import ErrorShape, detail_shape, template_shape
from engine.actions.inputs import BadInput, Inputs, Slot
from engine.actions.profile import ProfileShape
from engine.actions.program import ActionProgram, Bearer, StreamShape
from engine.actions.registry import ACTIONS
from engine.actions.request import RequestCheck
from engine.actions.store import Store
from engine.actions.target import KEYS, TargetShape
from engine.diagnostics import Problems, Related
from engine.errors import EngineError
from engine.mapping.block import Block
from engine.mapping.dialect import Dialect
from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.mapping.sinks import Back
from engine.mapping.spot import Spot, text_of
from engine.mapping.unit import Unit
from engine.prompts.prompt import Prompt
from engine.registry import nearest
from engine.snapshot.answer_schema import schema_of
from engine.spec.endpoint import Endpoint, EndpointAuth, EndpointWith
from engine.surfaces.json_schema import SchemaError
from engine.surfaces.surface import Surface
from engine.tree import Mapping as Tree
from engine.tree import Node, Scalar, scalars

DETAIL = "detail"


@dataclass(frozen=True, slots=True)
class Around:
    """What endpoints may name: the site's prompts and stores, client protocols; where they are mounted."""

    prompts: Mapping[str, Prompt]
    stores: Mapping[str, Store]
    surface: Callable[[str], Surface | None]
    surface_names: tuple[str, ...]
    dialect: Callable[[str], Dialect | None]
    dialect_names: tuple[str, ...]
    mounts: Mapping[str, str]


class Templates:
    """The templates of one endpoint, compiled together."""

    def __init__(self, path: str, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self.unit = Unit(problems)

    def add(self, node: Node, key: str, view: str) -> Program:
        spot = Spot(node, f"{self.path}.{key}")

        def body(block: Block) -> list[ast.stmt]:
            return block.write(spot, Back())

        return self.unit.program(VIEWS[view], spot.path, body)

    def maybe(self, node: Node | None, key: str, view: str) -> Program | None:
        return None if node is None else self.add(node, key, view)

    def build(self, node: Node) -> None:
        self.unit.build(Spot(node, self.path))

    def is_constant(self, program: Program) -> bool:
        return not self.unit.reads(program).names


def build_action(name: str, declared: Endpoint, around: Around, problems: Problems) -> ActionProgram | None:
    """The program of an endpoint with an action; None, with a problem noted, when it makes none."""
    path, wanted = f"endpoints.{name}", declared.action or ""
    action = ACTIONS.get(wanted)
    if action is None:
        near = nearest(wanted, ACTIONS.names())
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(ACTIONS.names())}"
        message = f"there is no action {wanted!r}"
        problems.error(declared.place("action"), "unknown-action", message, hint=hint, path=f"{path}.action")
        return None
    own = Problems()
    templates = Templates(path, own)
    reading = _Inputs(action, declared, around, templates)
    response = templates.maybe(declared.response, "response", "endpoint.response")
    status = templates.maybe(declared.status, "status", "endpoint.response")
    errors = _errors(declared, around, templates)
    stream = _stream(action, declared, templates)
    profile = _profile(declared, templates)
    templates.build(Scalar(None, declared.at))
    inputs = None if own.has_errors else reading.finish()
    check = _request(declared, path, own)
    problems.extend(own.items)
    if own.has_errors or inputs is None or errors is None:
        return None
    schema = declared.request.schema if declared.request else None
    answers = _answers(declared, action)
    return ActionProgram(action, inputs, errors, check, response, status, stream, schema, profile, answers)


def _answers(declared: Endpoint, action: Action) -> dict[str, Any] | None:
    """By the template of the answer; of an action that has the answer as an input, by that."""
    template = declared.response
    if template is None and declared.with_ is not None and action.answer is not None:
        template = declared.with_.inputs.get(action.answer)
    return None if template is None else schema_of(template, action.result)


def _profile(declared: Endpoint, templates: Templates) -> ProfileShape | None:
    if declared.profile is None:
        return None
    return ProfileShape(
        templates.add(declared.profile.owner, "profile.owner", "endpoint"), declared.profile.space
    )


def build_errors(declared: Endpoint, path: str, around: Around, problems: Problems) -> ErrorShape | None:
    """How an endpoint tells errors, whatever it does; None, with a problem noted, when it cannot be said."""
    templates = Templates(path, problems)
    shape = _errors(declared, around, templates)
    templates.build(Scalar(None, declared.at))
    return shape


def build_bearer(declared: EndpointAuth, path: str, problems: Problems) -> Bearer:
    templates = Templates(f"{path}.auth", problems)
    when = templates.maybe(declared.when, "when", "endpoint.auth")
    templates.build(Scalar(None, declared.at))
    return Bearer(declared.bearer, when)


def _request(declared: Endpoint, path: str, problems: Problems) -> RequestCheck | None:
    schema = declared.request.schema if declared.request else None
    if schema is None or declared.request is None:
        return None
    try:
        return RequestCheck(schema)
    except SchemaError as mistake:
        at = declared.request.place("schema")
        problems.error(at, "bad-schema", str(mistake), path=f"{path}.request.schema")
        return None


def _errors(declared: Endpoint, around: Around, templates: Templates) -> ErrorShape | None:
    status = templates.maybe(declared.error_status, "error_status", "endpoint.error")
    node, path = declared.errors, f"{templates.path}.errors"
    style = around.surface_names[0] if node is None else text_of(node)  # the hub
    if node is not None and (style is None or style.startswith("=") or "${" in style):
        return template_shape(templates.add(node, "errors", "endpoint.error"), status)
    if style == DETAIL:
        return detail_shape(status)
    names = (name for name in around.surface_names if name == style or name.startswith(f"{style}-"))
    surface = around.surface(next(names, ""))
    if surface is None:
        known = [DETAIL, *dict.fromkeys(name.split("-")[0] for name in around.surface_names)]
        near = nearest(style or "", known)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}, or a template"
        message = f"there is no style of errors {style!r}"
        templates.problems.error(declared.place("errors"), "unknown-style", message, hint=hint, path=path)
        return None
    found = surface
    return ErrorShape(lambda failure: found.error(failure.info), status)


def _stream(action: Action, declared: Endpoint, templates: Templates) -> StreamShape | None:
    stream = declared.stream
    if stream is None:
        return None
    path = f"{templates.path}.stream"
    if not action.events:
        message = f"the action {action.name!r} does not stream"
        templates.problems.error(declared.place("stream"), "no-stream", message, path=path)
        return None
    for kind in stream.kinds or ():
        if kind not in action.events:
            near = nearest(kind, list(action.events))
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(action.events)}"
            message = f"{action.name!r} has no events of the kind {kind!r}"
            templates.problems.error(
                stream.place("kinds"), "unknown-kind", message, hint=hint, path=f"{path}.kinds"
            )
    return StreamShape(
        templates.maybe(stream.when, "stream.when", "endpoint"),
        templates.maybe(stream.each, "stream.each", "endpoint.stream"),
        templates.maybe(stream.done, "stream.done", "endpoint.stream"),
        templates.maybe(stream.error, "stream.error", "endpoint.error"),
        frozenset(stream.kinds or ("text",)),
        stream.errors == "event",
    )


class _Inputs:
    """`with:` of one endpoint: compiled when made, looked at once all is built."""

    def __init__(self, action: Action, declared: Endpoint, around: Around, templates: Templates) -> None:
        self._action = action
        self._declared = declared
        self._around = around
        self._problems = templates.problems
        self._templates = templates
        self._path = f"{templates.path}.with"
        self._nodes = _written(declared.with_)
        self._named: dict[str, Any] = {}
        self._made: list[tuple[str, Callable[[Scope], Any]]] = []
        self._programs: dict[str, Program] = {}
        for name, node in self._nodes.items():
            self._read(name, node)
        self._check_missing()

    def finish(self) -> Inputs:
        """What the values of constants come to."""
        known, asked = dict(self._named), []
        for name, program in self._programs.items():
            declared = self._action.input(name)
            assert declared is not None
            slot, node = Slot.of(declared), self._nodes[name]
            if not self._templates.is_constant(program):
                asked.append((slot, program))
            elif not any(leaf.missing for leaf in scalars(node)):
                self._constant(slot, program, node, known)
        return Inputs(known, tuple(asked), tuple(self._made))

    def _constant(self, slot: Slot, program: Program, node: Node, known: dict[str, Any]) -> None:
        name = slot.input.name
        try:
            value = program(Scope())
            if value is not None:
                known[name] = slot.fit(value)
        except (BadInput, EngineError) as mistake:
            secret = any(leaf.origin for leaf in scalars(node))
            self._problems.error(
                node.at, "bad-input", str(mistake), path=f"{self._path}.{name}", secret=secret
            )

    def _read(self, name: str, node: Node) -> None:
        declared = self._action.input(name)
        if declared is None:
            known = [each.name for each in self._action.inputs]
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"it takes {', '.join(known) or 'none'}"
            message = f"the action {self._action.name!r} has no input {name!r}"
            at = self._declared.with_.place(name) if self._declared.with_ else self._declared.at
            self._problems.error(at, "unknown-input", message, hint=hint, path=f"{self._path}.{name}")
        elif declared.kind is InputKind.VALUE:
            self._programs[name] = self._templates.add(node, f"with.{name}", "endpoint.input")
        elif declared.kind is InputKind.TARGET:
            self._target(name, node)
        else:
            self._name(name, node, declared.kind)

    def _name(self, name: str, node: Node, kind: InputKind) -> None:
        """The prompt or store of that name; of one that does not exist another check tells."""
        wanted = text_of(node)
        if wanted is None or wanted.startswith("=") or "${" in wanted:
            message = f"`{name}` is the name of something in this site, no template"
            self._problems.error(node.at, "bad-input", message, path=f"{self._path}.{name}")
            return
        if kind is InputKind.STORE:
            store = self._around.stores.get(wanted)
            if store is not None:
                self._made.append((name, store.opened))
            return
        prompt = self._around.prompts.get(wanted)
        if prompt is not None:
            self._named[name] = prompt
            self._check_variables(prompt, node)

    def _target(self, name: str, node: Node) -> None:
        """A mapping whose `dialect` is known, and templates."""
        path = f"{self._path}.{name}"
        if not isinstance(node, Tree):
            message = f"`{name}` is a mapping: {', '.join(KEYS)}"
            self._problems.error(node.at, "bad-input", message, path=path)
            return
        for entry in node:
            if entry.key not in KEYS:
                near = nearest(entry.key, list(KEYS))
                hint = f"did you mean {near!r}?" if near else f"there are {', '.join(KEYS)}"
                message = f"a target has no key {entry.key!r}"
                self._problems.error(entry.key_at, "unknown-key", message, hint=hint, path=path)
        dialect = self._dialect(node, path)
        programs = {
            entry.key: self._templates.add(entry.value, f"with.{name}.{entry.key}", "endpoint.input")
            for entry in node
            if entry.key in KEYS and entry.key != "dialect"
        }
        if dialect is not None:
            self._made.append((name, TargetShape(dialect, programs).made))

    def _dialect(self, node: Tree, path: str) -> Dialect | None:
        entry = node.get("dialect")
        wanted = text_of(entry) if entry is not None else None
        found = self._around.dialect(wanted) if wanted else None
        if found is None:
            known = list(self._around.dialect_names)
            near = nearest(wanted or "", known)
            hint = f"did you mean {near!r}?" if near else "it is the name of a dialect, no template"
            message = f"there is no dialect {wanted!r}" if wanted else "a target names its `dialect`"
            at = entry.at if entry is not None else node.at
            self._problems.error(at, "unknown-name", message, hint=hint, path=f"{path}.dialect")
        return found

    def _check_missing(self) -> None:
        for declared in self._action.inputs:
            if declared.required and declared.name not in self._nodes:
                message = f"the action {self._action.name!r} needs the input {declared.name!r}"
                self._missing(message, declared.summary)
        for group in self._action.one_of:
            if self._nodes.keys().isdisjoint(group):
                self._missing(f"the action {self._action.name!r} needs one of {', '.join(group)}", None)

    def _missing(self, message: str, hint: str | None) -> None:
        self._problems.error(
            self._declared.place("action"), "missing-input", message, hint=hint, path=self._path
        )

    def _check_variables(self, prompt: Prompt, node: Node) -> None:
        """What the prompt needs must be given; what it does not know has no effect."""
        given = self._nodes.get("variables")
        if given is not None and not (
            isinstance(given, Tree) and not any(e.key.startswith("$") for e in given)
        ):
            return
        names = given.entries if isinstance(given, Tree) else {}
        at, path = (given or node).at, f"{self._path}.variables"
        for variable in sorted(prompt.needed - names.keys()):
            message = f"prompt {prompt.name!r} needs the variable {variable!r}"
            related = (Related(prompt.at, "the prompt"),) if prompt.at else ()
            self._problems.error(at, "missing-variable", message, path=path, related=related)
        for variable in names.keys() - prompt.variables:
            near = nearest(variable, list(prompt.variables))
            hint = f"did you mean {near!r}?" if near else None
            message = f"prompt {prompt.name!r} has no variable {variable!r}"
            place = names[variable].key_at
            self._problems.warning(place, "unknown-variable", message, hint=hint, path=path)


def _written(declared: EndpointWith | None) -> dict[str, Node]:
    """Every input with its template, in written order as far as that is known."""
    if declared is None:
        return {}
    named = {"prompt": declared.prompt, "model": declared.model, "conversations": declared.conversations}
    return {**{name: node for name, node in named.items() if node is not None}, **declared.inputs}
