from __future__ import annotations

from engine.actions.action import who
from engine.actions.registry import ACTIONS
from tests.actions.tools import FakeTools


def test_an_input_is_found_by_its_name() -> None:
    action = ACTIONS.get("complete")
    assert action is not None
    model = action.input("model")
    assert model is not None and not model.required
    assert action.input("modle") is None


def test_who_does_it() -> None:
    assert (who(FakeTools()), who(FakeTools(caller={"name": "web"}))) == ("action", "client:web")
