from __future__ import annotations

import io
import json

import pytest

from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.report import Report, as_github, as_json, excerpt, indent_to, write
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


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('key: "${env:A:-hello}"', False),
        ('x-a: "${env:MY_TOKEN:-hello}"', False),
        ("{'api-key': \"Bearer ${env:A:-hello}\"}", False),
        ('key: "${env:A:-}"', True),
        ('key: "${env:A}", url: "${env:URL:-http://a}"', True),
    ],
)
def test_a_default_that_stands_in_for_a_secret_is_not_shown(line: str, shown: bool) -> None:
    report = Report([Diagnostic(Position("a", 1, 1), "x", "y")], 1, ".", {"a": line.encode()})
    assert (report.source_line(Position("a", 1, 1)) == line) is shown


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    line = "a" * 500 + "X" + "b" * 500
    shown, column = excerpt(line, 501)
    assert shown[column - 1] == "X" and shown[0] == shown[-1] == "…" and len(shown) < 250
    assert excerpt(line, 1)[1] == 1 and excerpt(line, 1001)[0].endswith("b")
    assert excerpt("short", 3) == ("short", 3)


def test_an_excerpt_moves_no_cursor() -> None:
    assert excerpt("a\x1b[31mb\u2028\x9bc\td", 3) == ("a\ufffd[31mb\ufffd\ufffdc\td", 3)


def test_lines_are_counted_as_positions_count_them() -> None:
    report = Report([], 1, ".", {"a": "one \u2028 \x85\rtwo\r\nthree".encode()})
    assert report.source_line(Position("a", 2, 1)) == "two"
    assert report.source_line(Position("a", 3, 1)) == "three"


def test_a_flag_or_a_variable_is_no_file() -> None:
    found = [
        Diagnostic(Position("--workers"), "wrong-type", "no number"),
        Diagnostic(Position("PROXYCTL_PORT"), "out-of-range", "too large"),
    ]
    out = io.StringIO()
    write(Report(found, 1, "my-site"), "text", Console(out))
    assert (
        "--workers: error: no number" in out.getvalue()
        and "PROXYCTL_PORT: error: too large" in out.getvalue()
    )
    assert "my-site" not in out.getvalue()
