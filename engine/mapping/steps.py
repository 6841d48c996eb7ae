"""`steps:` calls after the first one, until the answer is there, or its stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.request import RequestProgram, compile_request
from engine.mapping.spot import Spot, text_of
from engine.mapping.unit import Unit
from engine.spec.forms import seconds
from engine.tree import Scalar, Sequence

EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """Call `request` each `every` seconds until `until` holds, `max` times at most (None: as time allows).

    `told`: `when` and `until` as they are written, for people.
    """

    request: RequestProgram
    when: Program | None
    until: Program | None
    every: float
    max: int | None
    told: Mapping[str, str]

    def wanted(self, data: Any, status: int, headers: Mapping[str, str], scope: Any) -> bool:
        """Whether it is made at all, after this answer. Raises `MappingFailed`."""
        if self.when is None:
            return True
        return bool(self.when(scope.renew(data=data, status=status, reply_headers=headers)))

    def done(self, data: Any, status: int, headers: Mapping[str, str], scope: Any) -> bool:
        """Whether this answer ends the step. `scope` is the step's own. Raises `MappingFailed`."""
        if self.until is None:
            return True
        return bool(self.until(scope.fork(data=data, status=status, reply_headers=headers)))


Steps = tuple[Step, ...]
"""For each call, `scope.renew(data=…)` with the answer of the call before."""


def compile_steps(unit: Unit, spot: Spot | None, *, to_stream: bool = False) -> Steps:
    """`to_stream`: the last one's answer is a stream, which nothing is asked of."""
    if spot is None:
        return ()
    written = list(spot.items() if isinstance(spot.node, Sequence) else (spot,))
    until = written[-1].get("until") if to_stream and written else None
    if until is not None:
        message = "the answer of the last step is the stream, so `until` has nothing to look at"
        unit.problems.error(until.at, "until-of-a-stream", message, path=until.path)
    return tuple(step for item in written if (step := compile_step(unit, item)) is not None)


def compile_cancel(unit: Unit, spot: Spot | None, *, has_steps: bool) -> RequestProgram | None:
    if spot is None:
        return None
    if not has_steps:
        message = "`cancel` ends what `steps` wait for, and this operation has none"
        unit.problems.error(spot.at, "nothing-to-cancel", message, path=spot.path)
    return compile_request(unit, spot, VIEWS["step"])


def compile_step(unit: Unit, spot: Spot) -> Step | None:
    request = spot.get("request")
    if request is None:  # which the schema has said
        return None
    when, until = spot.get("when"), spot.get("until")
    most = spot.get("max")
    told = {key: text_of(part.node) for key, part in (("when", when), ("until", until)) if part}
    return Step(
        request=compile_request(unit, request, VIEWS["step"]),
        when=unit.condition(VIEWS["until"], when) if when else None,
        until=unit.condition(VIEWS["until"], until) if until else None,
        every=_every(unit, spot.get("every")),
        max=most.node.value if most and isinstance(most.node, Scalar) else None,
        told={key: text or "…" for key, text in told.items()},
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
