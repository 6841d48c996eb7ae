"""`login:` how a credential is acquired and renewed: calls and conditions, compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.request import RequestProgram, compile_request
from engine.mapping.sinks import Back
from engine.mapping.spot import Spot, is_expression
from engine.mapping.unit import Unit
from engine.spec.forms import seconds
from engine.tree import Scalar

# RFC 8628, section 3.2 and 3.5.
EVERY = 5.0
SLOWER = 5.0
WITHIN = 15 * 60.0
BEFORE = 10 * 60.0


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds, written or computed from what the start gave."""

    written: float
    program: Program | None = None

    def of(self, scope: Any) -> float:
        """What is computed and is no number of seconds counts as not written. Raises `MappingFailed`."""
        found = self.program(scope) if self.program else None
        if isinstance(found, bool) or not isinstance(found, int | float) or found <= 0:
            return self.written
        return float(found)


@dataclass(frozen=True, slots=True)
class PollProgram:
    """Conditions are looked at in the order of `verdict`; `max` calls at most."""

    request: RequestProgram
    every: Span
    within: Span
    max: int | None
    conditions: Mapping[str, Program]

    def verdict(self, scope: Any) -> str | None:
        """`denied`, `slow_down`, `pending` or `until`, whichever holds first; None when none does.

        The scope is that of an answer. Raises `MappingFailed`.
        """
        return next(
            (name for name in VERDICTS if name in self.conditions and self.conditions[name](scope)), None
        )


VERDICTS = ("denied", "slow_down", "pending", "until")


@dataclass(frozen=True, slots=True)
class RefreshProgram:
    """`before` the end, in seconds; `when` says whether one can be renewed, None: each can."""

    request: RequestProgram
    before: float
    store: Program
    when: Program | None = None


@dataclass(frozen=True, slots=True)
class LoginProgram:
    """Without `values` the whole answer of the start is kept. `store` gives an object."""

    start: RequestProgram | None
    values: Program | None
    link: Program
    code: Program | None
    poll: PollProgram
    store: Program
    refresh: RefreshProgram | None


def compile_login(unit: Unit, spot: Spot | None) -> LoginProgram | None:
    """None, with a problem noted, when it could not acquire anything."""
    if spot is None:
        return None
    start, poll = spot.get("start"), spot.get("poll")
    link, store = _needed(unit, spot, "link"), _needed(unit, spot, "store")
    asked = _poll(unit, poll) if poll else None
    if poll is None:
        _missing(unit, spot, "poll")
    stored = _value(unit, "login.answer", store)
    refresh = _refresh(unit, spot.get("refresh"), stored)
    called = start.get("request") if start else None
    begun = compile_request(unit, called, VIEWS["login.start"]) if called else None
    values = _value(unit, "login.answer", start.get("values") if start else None)
    shown = _value(unit, "login.poll", link)
    code = _value(unit, "login.poll", spot.get("code"))
    if shown is None or asked is None or stored is None:
        return None
    return LoginProgram(begun, values, shown, code, asked, stored, refresh)


def _poll(unit: Unit, spot: Spot) -> PollProgram | None:
    request = _needed(unit, spot, "request")
    most = spot.get("max")
    found = {name: spot.get(name) for name in VERDICTS}
    view = VIEWS["login.answer"]
    conditions = {name: unit.condition(view, at) for name, at in found.items() if at is not None}
    every, within = _span(unit, spot.get("every"), EVERY), _span(unit, spot.get("within"), WITHIN)
    if request is None:
        return None
    return PollProgram(
        compile_request(unit, request, VIEWS["login.poll"]),
        every,
        within,
        most.node.value if most and isinstance(most.node, Scalar) else None,
        conditions,
    )


def _refresh(unit: Unit, spot: Spot | None, stored: Program | None) -> RefreshProgram | None:
    request = _needed(unit, spot, "request") if spot else None
    if spot is None or request is None:
        return None
    sent = compile_request(unit, request, VIEWS["login.refresh"])
    store = _value(unit, "login.answer", spot.get("store")) or stored
    before = _span(unit, spot.get("before"), BEFORE).written
    asked = spot.get("when")
    when = unit.condition(VIEWS["login.refresh"], asked) if asked else None
    return RefreshProgram(sent, before, store, when) if store else None


def _span(unit: Unit, spot: Spot | None, default: float) -> Span:
    if spot is None or not isinstance(spot.node, Scalar):
        return Span(default)
    if is_expression(spot.node):
        return Span(default, _value(unit, "login.poll", spot))
    try:
        return Span(seconds(str(spot.node.value)))
    except ValueError:
        message = f"expected a duration, got {spot.node.value!r}"
        hint = "durations are written 500ms, 5s, 10m or 1h; seconds that were answered =login.interval"
        unit.problems.error(spot.at, "bad-duration", message, hint=hint, path=spot.path)
        return Span(default)


def _value(unit: Unit, view: str, spot: Spot | None) -> Program | None:
    return unit.program(VIEWS[view], spot.path, lambda block: block.write(spot, Back())) if spot else None


def _needed(unit: Unit, spot: Spot, key: str) -> Spot | None:
    found = spot.get(key)
    if found is None:
        _missing(unit, spot, key)
    return found


def _missing(unit: Unit, spot: Spot, key: str) -> None:
    unit.problems.error(spot.at, "missing-key", f"the key {key!r} of a login is missing", path=spot.path)
