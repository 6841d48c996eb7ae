"""What became of a test case."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Any

from engine.diagnostics import Position


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that did not hold. `at` is the expectation's own place; `diff` a unified diff or ''."""

    at: Position
    message: str
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One case: `subject` is the dialect or the model that it tests. Passed when nothing failed."""

    name: str
    subject: str
    at: Position
    failures: tuple[Failure, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failures


def diff(expected: Any, actual: Any) -> str:
    """A unified diff of two JSON values, keys in order, so that order alone is no difference."""
    lines = difflib.unified_diff(pretty(expected), pretty(actual), "expected", "actual", lineterm="", n=3)
    return "\n".join(lines)


def pretty(value: Any) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str).splitlines()
