from __future__ import annotations

import pytest

from engine.config.yaml import Loader, PurePython, parse_node
from engine.config.yaml_errors import may_hold_secret
from engine.diagnostics import Diagnostic, Problems


def fault(text: str, loader: type) -> Diagnostic:
    problems = Problems()
    assert parse_node("f", text.encode(), problems, loader) is None
    (item,) = problems.items
    return item


@pytest.mark.parametrize("loader", [Loader, PurePython])
@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("a:\n\tb: 1\n", "2:1", "tab", "spaces"),
        ("a: =x ? y: z\n", "1:10", "mapping values are not allowed here", "expression contains ': '"),
        ("a: x y: z\n", "1:7", "mapping values are not allowed here", "text contains ': '"),
        ("a\nb: c\n", "1:1", "a ':' is missing on this line", "key: value"),
        ("x:\n  - a b\n\n    d: e\n", "2:5", "a ':' is missing on this line", "key: value"),
        ("x:\n  a:b\n  c: d\n", "2:3", "the ':' needs a space behind it", "key: value"),
        ("a: 1\n b: c\n", "2:3", "mapping values are not allowed here", "line before"),
        ("# c\n a: 1\nb: 2\n", "3:1", "does not belong", "indentation"),
        ("a: 1\n- b\n", "2:1", "does not belong", "indentation"),
        ("a: - b\n", "1:4", "a list cannot begin", "line of its own"),
        ("a: ? b\n", "1:4", "'?'", "must be quoted"),
        ("a: >x\n", "1:5", "a comment or the end of the line", "next line"),
        ("a: {x: =b[0]}\n", "1:10", "expected ',' or '}', but found '['", "must be quoted"),
        ("a: [=x[0]]\n", "1:7", "expected ',' or ']', but found '['", "must be quoted"),
        ("a: {x: 1\nb: 2\n", "2:2", "the '{' is on line 1", "is a '}' missing?"),
        ("a: @x\n", "1:4", "'@'", "write ="),
        ("a: `1`\n", "1:4", "'`'", "write ="),
        ("a: %x\n", "1:4", "'%'", "quote"),
        ('a: "abc\nb: 2\n', "1:4", "never closed", 'closing "'),
        ("a: 'abc\n", "1:4", "never closed", "closing '"),
        ('a: "\\q"\n', "1:5", "'\\q'", "single quotes"),
        ("a: *foo\n", "1:4", "&foo", "must be quoted"),
        ("a: *\n", "1:4", "'*' needs a name", "must be quoted"),
        ("a: & x\n", "1:4", "'&' needs a name", "must be quoted"),
        ("a:\n    b: 1\n  c: 2\n", "3:3", "does not belong", "indentation"),
        ("- a\nb: c\n", "2:1", "does not belong", "indentation"),
        ("a: 'x' y\n", "1:8", "text after the end", "one pair of quotes"),
        ("a: 1\nbcd\ne: 1\n", "2:1", "':' is missing after 'bcd'", "key: value"),
        ("a: 1\nb\n", "2:1", "':' is missing after 'b'", "key: value"),
        ("%FOO\n", "1:1", "directive", "quote"),
    ],
)
def test_a_fault_is_explained(text: str, place: str, message: str, hint: str, loader: type) -> None:
    item = fault(text, loader)
    assert (f"{item.at.line}:{item.at.column}", item.code) == (place, "yaml-syntax")
    assert message in item.message and hint in (item.hint or "")


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("key: sk-1", True),
        ("  api_key: 'x'", True),
        ('{"password": "x"}', True),
        ("Authorization: Bearer x", True),
        ('key: "${env:KEY}"', False),
        ("key: ${file:/run/x}", False),
        ("key: =credential", False),
        ("key: sha256:0123", False),
        ("max_tokens: 5", False),
        ("$key: =x.name", False),
        ("keys: [a]", False),
    ],
)
def test_lines_that_may_hold_a_secret(line: str, secret: bool) -> None:
    assert may_hold_secret(line) is secret


def test_a_broken_line_with_a_secret_is_not_shown() -> None:
    assert fault("a: {key: sk-1[0]}\n", Loader).secret
    assert not fault("a: {x: =b[0]}\n", Loader).secret
