from __future__ import annotations

from engine.events import Event
from tests.surfaces.events import DONE, call, counting, finish, folded, orderly, start, text


def test_counted_ids() -> None:
    uid = counting()
    assert [uid("a"), uid("b")] == ["a1", "b2"]


def test_both_ways_to_fold_agree() -> None:
    events = [start(), text("a"), call(name="f"), finish("stop"), DONE]
    assert orderly(events)[-2:] == [Event("finish", {"reason": "tool_calls"}), DONE]
    assert folded(events).choices[0].finish == "tool_calls"
