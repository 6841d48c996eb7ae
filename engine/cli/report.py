"""Diagnostics for people (text), for programs (json) and for pull requests (github)."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from engine.cli.console import Console, counted
from engine.cli.exits import Exit
from engine.config.yaml_errors import holds_default
from engine.diagnostics import Diagnostic, Position, to_data

LINE_BREAK = re.compile(r"\r\n|\r|\n")
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
WIDEST = 240

# What the sources of boot settings are called that are no files.
NO_FILES = ("--", "PROXYCTL_")


@dataclass(frozen=True)
class Report:
    """What a check found. `files` is how many files were read; `sources` gives a file's text for excerpts.

    Files in diagnostics are relative to the site; `site` is where that is from here.
    """

    diagnostics: Sequence[Diagnostic]
    files: int
    site: str = "."
    sources: Mapping[str, bytes] = field(default_factory=dict)
    _split: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def errors(self) -> int:
        return sum(item.is_error for item in self.diagnostics)

    @property
    def warnings(self) -> int:
        return len(self.diagnostics) - self.errors

    def exit_code(self, *, strict: bool) -> Exit:
        if self.errors:
            return Exit.ERRORS
        return Exit.WARNINGS if strict and self.warnings else Exit.GOOD

    @cached_property
    def _secret_lines(self) -> set[tuple[str, int]]:
        return {(item.at.file, item.at.line) for item in self.diagnostics if item.secret}

    def source_line(self, at: Position) -> str | None:
        """The line of a place; None when there is none, or when it holds a secret."""
        if (at.file, at.line) in self._secret_lines:
            return None
        lines = self._lines(at.file)
        line = lines[at.line - 1] if at.line <= len(lines) else ""
        return line if line.strip() and not holds_default(line) else None

    def _lines(self, file: str) -> list[str]:
        """A file's lines as positions count them."""
        if file not in self._split:
            text = self.sources.get(file, b"").decode("utf-8-sig", "replace")
            self._split[file] = LINE_BREAK.split(text)
        return self._split[file]

    def path(self, file: str) -> str:
        """A site's file as it is named from the working directory."""
        return os.path.normpath(os.path.join(self.site, file))


def as_json(report: Report) -> str:
    """The machine form, which programs rely on: see docs/operations.md, Checking."""
    return json.dumps(
        {
            "diagnostics": [to_data(item) for item in report.diagnostics],
            "errors": report.errors,
            "warnings": report.warnings,
            "files": report.files,
        },
        indent=2,
        ensure_ascii=False,
    )


def as_github(report: Report) -> str:
    """Workflow commands: GitHub shows them beside the changed lines."""
    return "\n".join(github_line(report, item) for item in report.diagnostics)


def github_line(report: Report, item: Diagnostic) -> str:
    place = f"file={_property(report.path(item.at.file))},line={item.at.line},col={item.at.column}"
    message = item.message + (f"\n{item.hint}" if item.hint else "")
    return f"::{item.severity.value} {place},title={_property(item.code)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def write_text(report: Report, console: Console) -> None:
    """Each problem with its source line, a caret, one hint; a summary at the end."""
    for item in report.diagnostics:
        for line in text_lines(report, item, console):
            console.line(line)
    console.line(summary(report, console))


def text_lines(report: Report, item: Diagnostic, console: Console) -> list[str]:
    severity = console.paint(item.severity.value, item.severity.value)
    place = console.paint("bold", place_of(report, item.at))
    lines = [f"{place}: {severity}: {item.message} {console.paint('dim', f'[{item.code}]')}"]
    source = report.source_line(item.at)
    if source is not None:
        gutter = console.paint("dim", f"{item.at.line:>6} | ")
        blank = console.paint("dim", "       | ")
        shown, column = excerpt(source, item.at.column)
        lines += [gutter + shown, blank + indent_to(shown, column) + console.paint("error", "^")]
    notes = [item.hint] if item.hint else []
    notes += [f"{report.path(other.at.file)}:{other.at.line}: {other.message}" for other in item.related]
    return lines + [console.paint("dim", "       = ") + note for note in notes]


def place_of(report: Report, at: Position) -> str:
    """`FILE:LINE:COLUMN`; a flag or a variable is no file, its name is all there is to say."""
    if at.file.startswith(NO_FILES):
        return at.file
    return f"{report.path(at.file)}:{at.line}:{at.column}"


def excerpt(source: str, column: int) -> tuple[str, int]:
    """The part of a line around a column, and where the column is in it; no control reaches a terminal."""
    visible = UNSEEN.sub("\ufffd", source)
    if len(visible) <= WIDEST:
        return visible, column
    start = max(min(column - WIDEST // 2, len(visible) - WIDEST), 0)
    end = start + WIDEST
    before, after = "…" if start else "", "…" if end < len(visible) else ""
    return f"{before}{visible[start:end]}{after}", column - start + len(before)


def indent_to(source: str, column: int) -> str:
    """Blanks as wide as what stands before `column`: tabs stay tabs, wide characters take two."""
    return "".join(
        "\t" if char == "\t" else "  " if unicodedata.east_asian_width(char) in "WF" else " "
        for char in source[: column - 1]
    )


def summary(report: Report, console: Console) -> str:
    if not report.diagnostics:
        return console.paint("good", f"{counted(report.files, 'file')}, no problems")
    style = "error" if report.errors else "warning"
    found = f"{counted(report.errors, 'error')}, {counted(report.warnings, 'warning')}"
    return console.paint(style, f"{found} in {counted(report.files, 'file')}")


FORMATS: dict[str, Callable[[Report], str]] = {"json": as_json, "github": as_github}
"""The machine formats; `text` is `write_text`, since it knows the terminal."""


def write(report: Report, format: str, console: Console) -> None:
    """`format` is text, json or github."""
    if format == "text":
        write_text(report, console)
    elif text := FORMATS[format](report):
        console.line(text)
