"""`conversations.list`: the conversations of an owner."""

from __future__ import annotations

from typing import Any

from engine.actions.action import Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import MESSAGE, OpenStore
from engine.errors import RequestRefused
from engine.ports import Tools

# Each conversation whose messages are wanted is asked for by itself.
WITH_MESSAGES = 50


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    page = {name: given.get(name) for name in ("user", "limit", "offset")}
    last = given.get("last")
    if last is not None:
        page["limit"] = min(page["limit"] or WITH_MESSAGES, WITH_MESSAGES)
    found = await tools.do("conversations.list", store.args(**page))
    rows = [store.shown(row) for row in found["conversations"]]
    if last is not None:
        rows = [{**row, "said": await _said(store, row["id"], last, tools)} for row in rows]
    return Outcome({**found, "conversations": rows})


async def _said(store: OpenStore, id_: str, last: int, tools: Tools) -> list[Any]:
    """Nothing of one that was deleted meanwhile."""
    try:
        found = await tools.do("conversations.history", store.args(id=id_, last=last))
    except RequestRefused:
        return []
    return list(found["messages"])


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
        Input(
            "last",
            f"So many of the last messages of each, as `said`; then {WITH_MESSAGES} conversations at most.",
            {"type": "integer", "minimum": 0},
        ),
    ),
    result={
        "conversations": f"A list of what `conversations.get` gives; with `last`, also `said`: {MESSAGE}.",
        "total": "How many there are without `limit` and `offset`.",
    },
    examples=(
        Example(
            {"conversations": {"name": "main", "title": "New"}, "limit": 10},
            {"conversations": [{"id": "s-1", "title": "New"}], "total": 1},
            answers=({"conversations": [{"id": "s-1", "title": None}], "total": 1},),
            asked=(("conversations.list", {"store": "main", "owner": "", "limit": 10}),),
        ),
        Example(
            {"conversations": {"name": "main"}, "last": 1},
            {"conversations": [{"id": "s-1", "title": None, "said": [{"content": "hi"}]}], "total": 1},
            answers=(
                {"conversations": [{"id": "s-1", "title": None}], "total": 1},
                {"messages": [{"content": "hi"}]},
            ),
            asked=(
                ("conversations.list", {"store": "main", "owner": "", "limit": 50}),
                ("conversations.history", {"store": "main", "owner": "", "id": "s-1", "last": 1}),
            ),
        ),
    ),
)
