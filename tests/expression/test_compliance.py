"""The official JMESPath compliance suite: every value case as it stands, every error case refused.

Two rules of ours differ from the standard, on purpose; the cases that they touch are listed exactly:
a null argument gives null instead of an error, and nothing that the standard accepts is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.expression.codegen import compile_expression
from engine.expression.function import ExpressionTypeError
from engine.expression.parse import ExpressionError

SUITE = Path(__file__).parents[3] / "shared" / "jmespath"

# Error cases that give null here: a standard function that is given null.
NULL_RULE = {"max(abc)", "min(abc)", "sort(abc)", "map(&a, badkey)"}

Case = tuple[str, Any, dict[str, Any]]


def cases() -> list[Case]:
    return [
        (path.stem, group["given"], case)
        for path in sorted(SUITE.glob("*.json"))
        for group in json.loads(path.read_text(encoding="utf-8"))
        for case in group["cases"]
    ]


CASES = cases()
VALUES = [case for case in CASES if "result" in case[2]]
ERRORS = [case for case in CASES if "error" in case[2]]


def label(case: Case) -> str:
    return f"{case[0]}:{case[2]['expression']}"[:60]


def test_the_suite_is_whole() -> None:
    if not SUITE.exists():
        pytest.skip("the compliance suite is not here")
    assert (len(VALUES), len(ERRORS)) == (752, 150)


@pytest.mark.parametrize("case", VALUES, ids=label)
def test_value(case: Case) -> None:
    _, given, wanted = case
    assert compile_expression(wanted["expression"])(given) == wanted["result"]


@pytest.mark.parametrize("case", ERRORS, ids=label)
def test_error(case: Case) -> None:
    _, given, wanted = case
    if wanted["expression"] in NULL_RULE:
        assert compile_expression(wanted["expression"])(given) is None
        return
    with pytest.raises((ExpressionError, ExpressionTypeError)):
        compile_expression(wanted["expression"])(given)


def test_the_list_of_exceptions_is_not_longer_than_it_must_be() -> None:
    assert {case[2]["expression"] for case in ERRORS} >= NULL_RULE or not ERRORS
