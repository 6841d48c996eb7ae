"""`response.steps:` calls after the first one, until the answer is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.request import RequestProgram, compile_request
from engine.mapping.spot import Spot
from engine.mapping.unit import Unit
from engine.spec.forms import seconds
from engine.tree import Scalar, Sequence

EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """Call `request` each `every` seconds until `until` holds, `max` times at most (None: as time allows)."""

    request: RequestProgram
    until: Program | None
    every: float
    max: int | None

    def done(self, data: Any, status: int, headers: Mapping[str, str], scope: Any) -> bool:
        """Whether this answer ends the step. `scope` is the step's own. Raises `MappingFailed`."""
        if self.until is None:
            return True
        return bool(self.until(scope.fork(data=data, status=status, reply_headers=headers)))


@dataclass(frozen=True, slots=True)
class StepsProgram:
    """For each call, `scope.renew(data=…)` with the answer of the call before."""

    steps: tuple[Step, ...]


def compile_steps(unit: Unit, spot: Spot | None) -> StepsProgram | None:
    if spot is None:
        return None
    written = spot.items() if isinstance(spot.node, Sequence) else (spot,)
    found = tuple(step for item in written if (step := _step(unit, item)) is not None)
    return StepsProgram(found) if found else None


def _step(unit: Unit, spot: Spot) -> Step | None:
    request = spot.get("request")
    if request is None:  # which the schema has said
        return None
    until = spot.get("until")
    most = spot.get("max")
    return Step(
        request=compile_request(unit, request, VIEWS["step"]),
        until=unit.condition(VIEWS["until"], until) if until else None,
        every=_every(unit, spot.get("every")),
        max=most.node.value if most and isinstance(most.node, Scalar) else None,
    )


def _every(unit: Unit, spot: Spot | None) -> float:
    if spot is None or not isinstance(spot.node, Scalar):
        return EVERY
    try:
        return seconds(str(spot.node.value))
    except ValueError:
        message = f"expected a duration, got {spot.node.value!r}"
        hint = "durations are written 500ms, 5s, 10m or 1h"
        unit.problems.error(spot.at, "bad-duration", message, hint=hint, path=spot.path)
        return EVERY
