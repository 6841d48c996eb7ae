"""`stream.after:` a last call when a stream has ended, for what the stream itself does not tell."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.events import Event
from engine.expression.code import name
from engine.mapping.block import Block
from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.mapping.spot import Spot
from engine.mapping.statements import assign, give
from engine.mapping.steps import Step, compile_step
from engine.mapping.stream import OUT, write_events
from engine.mapping.unit import Unit


@dataclass(frozen=True, slots=True)
class AfterProgram:
    """The call, and the events of its answer. `reads_request`: they depend on what the client sent."""

    step: Step
    program: Program
    reads_request: bool

    def scope(self, attempt: Scope) -> Scope:
        """For a stream, which may last: the request, maybe large, is held only if it is read."""
        return attempt.fork() if self.reads_request else attempt.without_request()

    def events(self, data: Any, status: int, headers: Mapping[str, str], scope: Scope) -> list[Event]:
        """Raises `MappingFailed`."""
        events: list[Event] = self.program(scope.fork(data=data, status=status, reply_headers=headers))
        return events


def compile_after(unit: Unit, spot: Spot | None, *, has_steps: bool) -> AfterProgram | None:
    if spot is None:
        return None
    if not has_steps:
        message = "`after` goes on from what `steps` of the stream answered, and it has none"
        unit.problems.error(spot.at, "missing-key", message, path=spot.path)
    step, written = compile_step(unit, spot), spot.get("events")
    if step is None or written is None:  # which the schema has said
        return None

    def body(block: Block) -> list[ast.stmt]:
        return [assign(OUT, ast.List([], ast.Load())), *write_events(block, written), give(name(OUT))]

    program = unit.program(VIEWS["response"], spot.path, body)
    asked = [program, *(each for each in (step.when, step.until) if each)]
    return AfterProgram(step, program, unit.reads(*asked).anything)
