"""`conversations.list`: the conversations of an owner."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import OpenStore
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    page = {name: given.get(name) for name in ("user", "limit", "offset")}
    found = await tools.do("conversations.list", store.args(**page))
    return Outcome({**found, "conversations": [store.shown(row) for row in found["conversations"]]})


SPEC = Action(
    name="conversations.list",
    summary="The conversations of the owner, the last used first.",
    run=run,
    reads=True,
    inputs=(
        Input("conversations", "The store.", required=True, kind=InputKind.STORE),
        Input("user", "Only those with this user.", {"type": "string"}),
        Input("limit", "How many; 1000 at most.", {"type": "integer", "minimum": 1}),
        Input("offset", "How many to leave out before.", {"type": "integer", "minimum": 0}),
    ),
    result={
        "conversations": "A list of what `conversations.get` gives.",
        "total": "How many there are without `limit` and `offset`.",
    },
    examples=(
        Example(
            {"conversations": {"name": "main", "title": "New"}, "limit": 10},
            {"conversations": [{"id": "s-1", "title": "New"}], "total": 1},
            answers=({"conversations": [{"id": "s-1", "title": None}], "total": 1},),
            asked=(("conversations.list", {"store": "main", "owner": "", "limit": 10}),),
        ),
    ),
)
