"""Token counts: merged field by field as they come, settled by one arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COUNTS = frozenset(
    {"prompt", "input", "cache_read", "cache_write", "output", "visible", "reasoning", "total", "units"}
)

Counts = dict[str, Any]


def merge(into: Counts, fields: Mapping[str, Any]) -> None:
    """A field that came again replaces the one before: platforms count up. `details` merge one level down."""
    for name, value in fields.items():
        if name in COUNTS:
            count = value if type(value) is int or value is None else whole_number(value)
            if count is not None:
                into[name] = count
        elif name == "details" and isinstance(value, dict):
            into["details"] = {**into.get("details", {}), **value}


def whole_number(value: Any) -> int | None:
    """A count; some platforms write it as text or as a decimal number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value == value // 1:
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None


def settle(counts: Counts) -> Counts | None:
    """None when nothing was counted; else every count that can be told.

    `prompt` (cached tokens counted in), `input` (not counted in), `output` (reasoning counted in), `visible`
    (not counted in) and `total` are always there; `cache_read`, `cache_write`, `reasoning`, `units` (of what
    is no token: searches, pictures, seconds) and `details` only when they came.
    """
    if not counts:
        return None
    told = counts.get
    prompt, output, total = told("prompt"), told("output"), told("total")
    cached, reasoning = told("cache_read", 0) + told("cache_write", 0), told("reasoning", 0)
    if prompt is None and ("input" in counts or cached):
        prompt = told("input", 0) + cached
    if output is None and ("visible" in counts or reasoning):
        output = told("visible", 0) + reasoning
    if total is None:
        prompt, output = prompt or 0, output or 0
        total = prompt + output
    elif output is None:
        output = max(0, total - (prompt or 0))
    if prompt is None:
        prompt = max(0, total - output)
    settled = {**counts}
    settled["prompt"], settled["output"], settled["total"] = prompt, output, total
    settled["input"] = prompt - cached if prompt > cached else 0
    settled["visible"] = output - reasoning if output > reasoning else 0
    return settled
