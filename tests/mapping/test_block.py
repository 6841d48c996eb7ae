from __future__ import annotations

import pytest

from engine.mapping.block import Condition, equals_hint
from engine.mapping.names import VIEWS
from engine.mapping.unit import Unit
from tests.mapping.templates import problems, render, spot, tree, unit


def condition(text: str) -> tuple[Condition, Unit]:
    home = unit()
    found: list[Condition] = []
    home.program(VIEWS["request"], "", lambda block: found.append(block.condition(spot(text))) or [])
    return found[0], home


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("true", True),
        ("false", False),
        ("=`true`", True),
        ("=`[]`", False),
        ("='x'", True),
        ("=body.x", None),
    ],
)
def test_conditions_that_load_can_tell(text: str, known: bool | None) -> None:
    assert condition(f'"{text}"' if text.startswith("=") else text)[0].known is known


def test_the_same_text_is_the_same_condition() -> None:
    assert condition("= body.x")[0].key == condition("=body.x ")[0].key != condition("=body.y")[0].key


@pytest.mark.parametrize("text", ["body.x", "1", "[]", "{a: 1}"])
def test_what_is_no_condition(text: str) -> None:
    assert [item.code for item in condition(text)[1].problems.items] == ["missing-equals"]


def test_hints_for_forgotten_equals_signs() -> None:
    assert equals_hint(tree("x")) == "write it with = in front" and equals_hint(tree("1"))


def test_a_wrong_expression_reads_as_null() -> None:
    assert problems("{a: =f(, b: 1}") == [("expression-syntax", 1, 8)]
    assert render("{b: 1}") == {"b": 1}
