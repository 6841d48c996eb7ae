"""Every action does what its examples say."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.actions import verbs
from engine.actions.action import Action, Example, InputKind
from engine.actions.inputs import Slot
from engine.actions.registry import ACTIONS
from engine.actions.store import OpenStore, Store
from tests.actions.tools import FakeTools

CASES = [(action, example) for action in ACTIONS for example in action.examples]


def test_every_file_is_one_action_of_its_name() -> None:
    files = {path.stem for path in Path(verbs.__path__[0]).glob("*.py")} - {"__init__"}
    assert files == {name.replace(".", "_") for name in ACTIONS.names()}


def test_every_action_has_an_example() -> None:
    assert [action.name for action in ACTIONS if not action.examples] == []


@pytest.mark.parametrize(("action", "example"), CASES, ids=lambda each: getattr(each, "name", ""))
async def test_an_example_holds(action: Action, example: Example) -> None:
    given = {}
    for name, value in example.inputs.items():
        declared = action.input(name)
        assert declared is not None, name
        is_store = declared.kind is InputKind.STORE
        given[name] = OpenStore(Store(**value)) if is_store else Slot.of(declared).fit(value)
    tools = FakeTools(example.answers)
    outcome = await action.run(given, tools)
    assert outcome.result == example.result
    if example.asked:
        assert tools.asked == list(example.asked)
