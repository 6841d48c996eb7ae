from __future__ import annotations

import json

import pytest

from engine.bench.formats import format_of, formats
from engine.bench.order import WORD, Order


@pytest.mark.parametrize("name", formats())
def test_whole_answers_and_events_are_json_with_the_ordered_text(name: str) -> None:
    order = Order(events=3, size=8)
    format = formats()[name]
    assert order.text in json.dumps(json.loads(format.answer(order)))
    stream = format.stream(order)
    for event in stream.events:
        data = event.decode().rpartition("data: ")[2]
        assert data.endswith("\n\n") and data.count(WORD) == 1 and json.loads(data)
    assert WORD.encode() not in stream.begin + stream.end


def test_a_path_tells_the_format() -> None:
    found = format_of("/v1/chat/completions")
    assert found is not None and found.name == "same"
    assert format_of("/elsewhere") is None
