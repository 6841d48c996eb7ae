"""`conversations.get`: one conversation, without its messages."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import CONVERSATION, OpenStore
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    found = await tools.do("conversations.get", store.args(id=given["conversation"]))
    return Outcome(store.shown(found))


SPEC = Action(
    name="conversations.get",
    summary="One conversation, without its messages; 404 when the owner has none of this id.",
    run=run,
    reads=True,
    inputs=(
        Input("conversations", "The store.", required=True, kind=InputKind.STORE),
        Input("conversation", "Its id.", {"type": "string"}, required=True),
    ),
    result=CONVERSATION,
    examples=(
        Example(
            {"conversations": {"name": "main"}, "conversation": "s-1"},
            {"id": "s-1", "title": "Weather"},
            answers=({"id": "s-1", "title": "Weather"},),
            asked=(("conversations.get", {"store": "main", "owner": "", "id": "s-1"}),),
        ),
    ),
)
