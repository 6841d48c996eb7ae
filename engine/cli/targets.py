"""How the targets of a running server stand, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from engine.cli.console import Console

Json = Mapping[str, Any]

HEADER = ["TARGET", "BREAKER", "FAILURES", "IN FLIGHT", "FIRST TOKEN", "WHOLE ANSWER", "ALIASES"]
NOTHING = "-"


def all_well(told: Json) -> bool:
    """Whether no target is left alone."""
    breakers = {target["breaker"] for target in told["targets"].values()}
    return breakers <= {"closed"} and not any(one["health"] == "unwell" for one in told["providers"].values())


def write_targets(told: Json, console: Console) -> None:
    rows = [_row(label, target) for label, target in told["targets"].items()]
    console.table(rows, header=HEADER)
    lines = [line for name, provider in told["providers"].items() for line in _provider(name, provider)]
    if lines:
        console.line()
    for line in lines:
        console.line(line)


def _row(label: str, target: Json) -> list[str]:
    state, since = target["breaker"], target["tried_from"]
    return [
        label,
        f"open until {_clock(since)}" if state == "open" else state.replace("_", " "),
        str(target["failures"]),
        NOTHING if target["in_flight"] is None else str(target["in_flight"]),
        _seconds(target["first_token"]),
        _seconds(target["whole_answer"]),
        ", ".join(target["aliases"]) or NOTHING,
    ]


def _provider(name: str, provider: Json) -> Iterator[str]:
    if provider["off"]:
        yield f"provider {name}: off, {provider['off']}"
    if provider["health"]:
        yield f"provider {name}: {provider['health']}"
    for credential, until in provider["resting"].items():
        yield f"provider {name}: credential {credential} rests" + (f" until {_clock(until)}" if until else "")


def _seconds(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds:.3f}s"


def _clock(moment: float) -> str:
    """`12:00:00Z`"""
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%SZ}"
