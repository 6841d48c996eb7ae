"""`error:` which answers are errors, and what they say."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from engine.errors import ErrorClass, ErrorInfo, MappingFailed, class_of_status
from engine.mapping.block import Block
from engine.mapping.classes import KNOWN, check_class
from engine.mapping.names import VIEWS, Reads
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.mapping.sight import suggestion
from engine.mapping.sinks import Back
from engine.mapping.spot import Spot
from engine.mapping.unit import Unit
from engine.spec.forms import SECONDS
from engine.tree import Entry

FIELDS = ("class", "message", "code", "param", "retry_after")
OF_THE_ANSWER = {"data", "status", "reply_headers", "text"}
LONGEST_TEXT = 1000
LONGEST_WAIT = 366 * 86400.0
PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
ISO = re.compile(r"\d{4}-\d\d-\d\dT")
WHOLE = re.compile(rf"(?:{PART.pattern})+")


@dataclass(frozen=True, slots=True)
class ErrorProgram:
    """`condition` finds errors that come with a good status; `map` says what an error is.

    `reads_text`: the condition reads the answer's text, which nobody needs to decode otherwise ·
    `reads_request`: it reads more than the answer, so that it needs the scope of the request.
    """

    condition: Program | None = None
    map: Program | None = None
    reads_text: bool = False
    reads_request: bool = False

    def when(self, data: Any, status: int, headers: Mapping[str, str], text: str, scope: Any) -> bool:
        """Whether an answer with a good status is an error all the same. Raises `MappingFailed`.

        `scope` may be None unless the condition `reads_request`.
        """
        if self.condition is None:
            return False
        if self.reads_request:
            return bool(self.condition(_seen(scope, data, status, headers, text)))
        return bool(self.condition(Scope.of_answer(data, status, headers, text)))

    def info(self, data: Any, status: int, headers: Mapping[str, str], text: str, scope: Any) -> ErrorInfo:
        """The neutral form of an error. What the map does not say comes from status, text and headers."""
        seen = _seen(scope, data, status, headers, text)
        try:
            said = self.map(seen) if self.map else {}
        except MappingFailed as failure:
            said = {"message": f"{_plain(text, status)} ({failure.info.message})"}
        fields: dict[str, Any] = said if isinstance(said, dict) else {}
        found = fields.get("class")
        after = fields.get("retry_after")
        return ErrorInfo(
            ErrorClass(found) if found in KNOWN else class_of_status(status),
            _text(fields.get("message")) or _plain(text, status),
            _text(fields.get("code")),
            _text(fields.get("param")),
            wait(headers.get("retry-after") if after is None else after, seen),
        )


def _seen(scope: Any, data: Any, status: int, headers: Mapping[str, str], text: str) -> Any:
    return scope.fork(data=data, status=status, reply_headers=headers, text=text)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(text: str, status: int) -> str:
    return text.strip()[:LONGEST_TEXT] or f"the upstream answered with status {status}"


def wait(value: Any, clock: Any) -> float | None:
    """Seconds to wait, of a number, `"7"`, `"37s"`, `"6m0s"`, an HTTP or an ISO date; None for anything else.

    Of a list, the longest that can be read: a platform may have several limits. `clock.now()` is asked for
    dates only.
    """
    if isinstance(value, list):
        return max((each for each in (wait(item, clock) for item in value) if each is not None), default=None)
    seconds = _seconds(value.strip(), clock) if isinstance(value, str) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds != seconds:
        return None
    return float(min(max(seconds, 0), LONGEST_WAIT))


def _seconds(text: str, clock: Any) -> float | None:
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if WHOLE.fullmatch(text):
        return float(sum(float(number) * SECONDS[unit] for number, unit in PART.findall(text)))
    try:
        date = datetime.fromisoformat(text) if ISO.match(text) else parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - float(clock.now())
    except (ValueError, OverflowError):
        return None


def compile_error(unit: Unit, spot: Spot | None) -> ErrorProgram:
    condition = spot.get("when") if spot else None
    said = spot.get("map") if spot else None
    holds = unit.condition(VIEWS["error"], condition) if condition else None
    reads = unit.reads(holds) if holds else Reads()
    return ErrorProgram(
        holds,
        unit.program(VIEWS["error"], said.path, lambda block: block.write(said, Said())) if said else None,
        reads_text="text" in reads.names,
        reads_request=reads.lets or not reads.names <= OF_THE_ANSWER,
    )


class Said(Back):
    """The object of `map`: its fields are closed."""

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        for entry in entries:
            if entry.key not in FIELDS:
                message = f"unknown field {entry.key!r}; an error has {', '.join(FIELDS)}"
                hint = suggestion(entry.key, FIELDS)
                block.error(entry.key_at, "unknown-error-field", message, spot.below(entry.key), hint)
            if entry.key == "class":
                check_class(spot.of(entry), block.home.tables, block.problems)
        return super().mapping(block, spot, entries, spread)
