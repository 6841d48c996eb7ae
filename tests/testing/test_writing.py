from __future__ import annotations

from typing import Any

import pytest

from engine.config.yaml import parse_yaml
from engine.diagnostics import Problems
from engine.testing.writing import Unwritten, appended, file_of
from engine.tree import to_data

CASE: dict[str, Any] = {"name": "one", "stream": "data: 1\n\n", "expect": {"frames": [1]}}


def cases_in(text: str) -> Any:
    tree = parse_yaml("x", text.encode(), Problems())
    assert tree is not None
    return to_data(tree)["tests"]


@pytest.mark.parametrize(
    "value",
    ["", "yes", "null", "1e3", "0o7", "12:30", "a: b", "# x", " x", "a\n", "a\n\n", "a\r\nb\x07", "a \n b", "é\u2028😀",
     "=x", "${y}", "...\n", "\n...\n", "~", "- a", "long " * 99, 1e-7, 1.0, 10**20, True, None, {}, [], [[]], {"on": [1]}],
)  # fmt: skip
def test_what_is_read_is_what_was_written(value: Any) -> None:
    for case in ({"name": "n", "v": value}, {"v": {"w": value}, "name": "n"}, {"v": [value]}):
        assert cases_in(file_of(case)) == [case]


def test_a_case_is_added_below_the_others() -> None:
    for dash in ("", "  ", "      "):
        before = f"# mine\nversion: 1\ntests:\n{dash}-   name: a # odd\n"
        text = appended(appended(before, CASE, "f"), {"name": "two"}, "f")
        assert text.startswith(before) and cases_in(text) == [{"name": "a"}, CASE, {"name": "two"}]


@pytest.mark.parametrize(
    "text",
    ["", "version: 1\n", "tests: []\n", "tests: [{name: a}]\n", "tests:\n  - name: a\nversion: 1\n", "tests:\n  - {name: a}\n...\n",
     "tests: {", "tests:\n  - name: |\n      a\n  - name: |\n      b"],
)  # fmt: skip
def test_a_file_that_does_not_end_in_its_tests_is_refused(text: str) -> None:
    with pytest.raises(Unwritten, match="name another"):
        appended(text, CASE, "f")


def test_what_a_file_would_fill_in_is_refused() -> None:
    with pytest.raises(Unwritten, match="env:HOME"):
        file_of({"name": "n", "response": ["see ${env:HOME}"]})
