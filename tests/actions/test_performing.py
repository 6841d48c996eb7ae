from __future__ import annotations

from engine.actions.performing import perform
from tests.actions.tools import FakeTools


async def test_only_what_was_given_goes_on() -> None:
    tools = FakeTools([{"vectors": []}])
    given = {"model": "m", "input": "a", "credential": "sk-1", "other": 1}
    assert await perform("embeddings", given, tools, ("input", "dimensions")) == {"vectors": []}
    assert tools.asked == [("embeddings", {"model": "m", "input": "a"})]
