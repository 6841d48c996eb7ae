from __future__ import annotations

from typing import get_args

from engine.spec.rule import PARTS, SIDES, Part, Side


def test_the_defaults_are_all_that_there_are() -> None:
    assert get_args(Part) == PARTS and get_args(Side) == SIDES
