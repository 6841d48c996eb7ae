"""Diagnostics are values: where, what, why, what to do. They are collected, never raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypedDict, Unpack


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; lines and columns count from 1, in characters. A whole file is 1:1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that a diagnostic is about: the first of two duplicates, say."""

    at: Position
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `code` is kebab-case and stable; `path` is the dotted place in the document.

    `secret` marks a problem whose source line must never be shown. `missing_name` is the (kind, name)
    that a reference asks for and nobody declares.
    """

    at: Position
    code: str
    message: str
    hint: str | None = None
    path: str = ""
    severity: Severity = Severity.ERROR
    related: tuple[Related, ...] = ()
    secret: bool = False
    missing_name: tuple[str, str] | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


class Details(TypedDict, total=False):
    """What a diagnostic may hold beside place, code and message."""

    hint: str | None
    path: str
    related: tuple[Related, ...]
    secret: bool


@dataclass(slots=True)
class Problems:
    """A collector that passes hand to: `problems.error(at, "unknown-key", "…", hint=…)`."""

    items: list[Diagnostic] = field(default_factory=list)

    def error(self, at: Position, code: str, message: str, **details: Unpack[Details]) -> None:
        self.items.append(Diagnostic(at, code, message, severity=Severity.ERROR, **details))

    def warning(self, at: Position, code: str, message: str, **details: Unpack[Details]) -> None:
        self.items.append(Diagnostic(at, code, message, severity=Severity.WARNING, **details))

    def extend(self, others: Iterable[Diagnostic]) -> None:
        self.items.extend(others)

    @property
    def has_errors(self) -> bool:
        return any(item.is_error for item in self.items)


def in_order(items: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics without repetitions, by file, line, column, errors first within a place.

    What stands on one line with a secret is marked `secret` too, so that no report shows the line.
    """
    unique = {(item.at, item.code, item.message): item for item in items}
    held = {(item.at.file, item.at.line) for item in unique.values() if item.secret}
    shielded = [
        replace(item, secret=True) if (item.at.file, item.at.line) in held else item
        for item in unique.values()
    ]
    return sorted(shielded, key=lambda item: (item.at, item.severity is Severity.WARNING, item.code))


def to_data(item: Diagnostic) -> dict[str, Any]:
    """The machine form, which programs rely on: see docs/operations.md, Checking."""
    return {
        "file": item.at.file,
        "line": item.at.line,
        "column": item.at.column,
        "severity": item.severity.value,
        "code": item.code,
        "message": item.message,
        "hint": item.hint,
        "path": item.path,
        "related": [
            {"file": other.at.file, "line": other.at.line, "message": other.message} for other in item.related
        ],
    }


def from_data(data: Mapping[str, Any]) -> Diagnostic:
    """The reverse of `to_data`, as far as that tells."""
    return Diagnostic(
        Position(data["file"], data["line"], data["column"]),
        data["code"],
        data["message"],
        data["hint"],
        data["path"],
        Severity(data["severity"]),
        tuple(Related(Position(other["file"], other["line"]), other["message"]) for other in data["related"]),
    )
