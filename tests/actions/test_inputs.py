from __future__ import annotations

import pytest

from engine.actions.action import Input
from engine.actions.inputs import BadInput, Slot

NUMBER = Slot.of(Input("temperature", "", {"type": "number", "maximum": 2}))
COUNT = Slot.of(Input("max_tokens", "", {"type": "integer"}))


def test_a_text_that_says_a_number_is_one() -> None:
    assert (NUMBER.fit("0.7"), COUNT.fit("1500"), COUNT.fit(3)) == (0.7, 1500, 3)


@pytest.mark.parametrize(("slot", "value"), [(NUMBER, "warm"), (NUMBER, "3"), (COUNT, "1.5"), (COUNT, [])])
def test_what_does_not_fit_is_told_by_name(slot: Slot, value: object) -> None:
    with pytest.raises(BadInput, match=slot.input.name):
        slot.fit(value)
