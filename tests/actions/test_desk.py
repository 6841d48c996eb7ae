from __future__ import annotations

from engine.actions.desk import carried_out, looked_up
from tests.actions.tools import FakeTools


async def test_who_changes_something_is_told() -> None:
    tools = FakeTools([{"pool": "p"}], caller={"name": "web"})
    assert (await carried_out("credentials.auto")({"pool": "p"}, tools)).result == {"pool": "p"}
    assert tools.asked == [("desk.credentials.auto", {"pool": "p", "who": "client:web"})]


async def test_who_only_looks_is_not() -> None:
    tools = FakeTools([{}], caller={"name": "web"})
    await looked_up("credentials.list")({"pool": "p"}, tools)
    assert tools.asked == [("desk.credentials.list", {"pool": "p"})]
