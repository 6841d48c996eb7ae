from __future__ import annotations

import io
import json

import pytest

from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.report import Report, as_github, as_json, indent_to, write
from engine.diagnostics import Diagnostic, Position, Related, Severity

ERROR = Diagnostic(
    Position("routes.d/a.yaml", 2, 8),
    "unknown-key",
    "unknown key 'modle'",
    hint="did you mean 'model'?",
    path="models.a.modle",
    related=(Related(Position("routes.d/b.yaml", 1, 1), "first declared here"),),
)
WARNING = Diagnostic(Position("routes.d/a.yaml", 1, 1), "unused", "unused name: x", severity=Severity.WARNING)
SECRET = Diagnostic(
    Position("routes.d/a.yaml", 2, 1), "plain-secret", "a secret", severity=Severity.WARNING, secret=True
)
SOURCES = {"routes.d/a.yaml": b"version: 1\nkey: x, modle: y\n"}


def text(report: Report) -> str:
    out = io.StringIO()
    write(report, "text", Console(out))
    return out.getvalue()


def test_text_shows_place_source_caret_hint_and_related() -> None:
    assert text(Report([ERROR], 1, "site", SOURCES)).splitlines() == [
        "site/routes.d/a.yaml:2:8: error: unknown key 'modle' [unknown-key]",
        "     2 | key: x, modle: y",
        "       |        ^",
        "       = did you mean 'model'?",
        "       = site/routes.d/b.yaml:1: first declared here",
        "1 error, 0 warnings in 1 file",
    ]


def test_a_line_with_a_secret_is_shown_by_no_diagnostic() -> None:
    assert "modle: y" not in text(Report([ERROR, SECRET], 1, ".", SOURCES))


def test_nothing_found() -> None:
    assert text(Report([], 3)) == "3 files, no problems\n"


def test_a_place_beyond_the_file_has_no_excerpt() -> None:
    far = Diagnostic(Position("routes.d/a.yaml", 99, 1), "code", "text")
    assert len(text(Report([far], 1, ".", SOURCES)).splitlines()) == 2


def test_json_is_the_promised_form() -> None:
    data = json.loads(as_json(Report([ERROR, WARNING], 2)))
    assert data == {
        "diagnostics": [
            {
                "file": "routes.d/a.yaml",
                "line": 2,
                "column": 8,
                "severity": "error",
                "code": "unknown-key",
                "message": "unknown key 'modle'",
                "hint": "did you mean 'model'?",
                "path": "models.a.modle",
                "related": [{"file": "routes.d/b.yaml", "line": 1, "message": "first declared here"}],
            },
            {
                "file": "routes.d/a.yaml",
                "line": 1,
                "column": 1,
                "severity": "warning",
                "code": "unused",
                "message": "unused name: x",
                "hint": None,
                "path": "",
                "related": [],
            },
        ],
        "errors": 1,
        "warnings": 1,
        "files": 2,
    }


def test_github_escapes_what_workflow_commands_reserve() -> None:
    awkward = Diagnostic(Position("a,b.yaml", 1, 2), "code", "100%\nsure")
    assert as_github(Report([awkward], 1)) == "::error file=a%2Cb.yaml,line=1,col=2,title=code::100%25%0Asure"


@pytest.mark.parametrize(
    ("found", "strict", "code"),
    [
        ([], True, Exit.GOOD),
        ([WARNING], False, Exit.GOOD),
        ([WARNING], True, Exit.WARNINGS),
        ([WARNING, ERROR], True, Exit.ERRORS),
        ([ERROR], False, Exit.ERRORS),
    ],
)
def test_exit_codes(found: list[Diagnostic], strict: bool, code: Exit) -> None:
    assert Report(found, 1).exit_code(strict=strict) is code


def test_the_caret_stands_under_wide_characters_and_tabs() -> None:
    assert indent_to("\t模x: y", 4) == "\t   "
