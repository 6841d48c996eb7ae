"""Token counts: merged field by field as they come, settled by one arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COUNTS = ("prompt", "input", "cache_read", "cache_write", "output", "visible", "reasoning", "total")

Counts = dict[str, Any]


def merge(into: Counts, fields: Mapping[str, Any]) -> None:
    """A field that came again replaces the one before: platforms count up. `details` merge one level down."""
    for name in COUNTS:
        count = whole_number(fields.get(name))
        if count is not None:
            into[name] = count
    details = fields.get("details")
    if isinstance(details, dict):
        into["details"] = {**into.get("details", {}), **details}


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
    (not counted in) and `total` are always there; `cache_read`, `cache_write`, `reasoning` and `details` only
    when they came.
    """
    if not counts:
        return None
    cached = counts.get("cache_read", 0) + counts.get("cache_write", 0)
    reasoning = counts.get("reasoning", 0)
    prompt, output, total = prompt_of(counts, cached), output_of(counts, reasoning), counts.get("total")
    if total is not None and output is None:
        output = max(0, total - (prompt or 0))
    if total is not None and prompt is None:
        prompt = max(0, total - (output or 0))
    prompt, output = prompt or 0, output or 0
    settled: Counts = {
        "prompt": prompt,
        "input": max(0, prompt - cached),
        "output": output,
        "visible": max(0, output - reasoning),
        "total": prompt + output if total is None else total,
    }
    kept = ("cache_read", "cache_write", "reasoning", "details")
    return settled | {name: counts[name] for name in kept if name in counts}


def prompt_of(counts: Counts, cached: int) -> int | None:
    if "prompt" in counts:
        return int(counts["prompt"])
    return counts.get("input", 0) + cached if "input" in counts or cached else None


def output_of(counts: Counts, reasoning: int) -> int | None:
    if "output" in counts:
        return int(counts["output"])
    return counts.get("visible", 0) + reasoning if "visible" in counts or reasoning else None
