"""`conversations.history`: the messages of a conversation."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import MESSAGE, OpenStore
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    page = {name: given.get(name) for name in ("limit", "offset", "last", "tokens")}
    found = await tools.do("conversations.history", store.args(id=given["conversation"], **page))
    return Outcome({**found, "conversation": store.shown(found["conversation"])})


SPEC = Action(
    name="conversations.history",
    summary="The messages of a conversation, in order; 404 when the owner has none of this id.",
    run=run,
    reads=True,
    inputs=(
        Input("conversations", "The store.", required=True, kind=InputKind.STORE),
        Input("conversation", "The conversation's id.", {"type": "string"}, required=True),
        Input("limit", "How many; 1000 at most.", {"type": "integer", "minimum": 1}),
        Input("offset", "How many to leave out before.", {"type": "integer", "minimum": 0}),
        Input("last", "The last ones instead, as many as this.", {"type": "integer", "minimum": 0}),
        Input("tokens", "The last ones instead, of as many tokens.", {"type": "integer", "minimum": 0}),
    ),
    result={"conversation": "What `conversations.get` gives.", "messages": f"A list of {MESSAGE}."},
    examples=(
        Example(
            {"conversations": {"name": "main"}, "conversation": "s-1", "last": 1},
            {"conversation": {"id": "s-1", "title": None}, "messages": [{"role": "user", "content": "hi"}]},
            answers=(
                {
                    "conversation": {"id": "s-1", "title": None},
                    "messages": [{"role": "user", "content": "hi"}],
                },
            ),
            asked=(("conversations.history", {"store": "main", "owner": "", "id": "s-1", "last": 1}),),
        ),
    ),
)
