"""`conversations.update`: another title for a conversation."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import CONVERSATION, OpenStore
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    changes = {name: given.get(name) for name in ("title", "user")}
    return Outcome(
        store.shown(await tools.do("conversations.update", store.args(id=given["conversation"], **changes)))
    )


SPEC = Action(
    name="conversations.update",
    summary="Gives a conversation another title, or another user.",
    run=run,
    inputs=(
        Input("conversations", "The store.", required=True, kind=InputKind.STORE),
        Input("conversation", "Its id.", {"type": "string"}, required=True),
        Input("title", "Its title; none is made for it any more.", {"type": "string"}),
        Input("user", "Which of the owner's own users it is with.", {"type": "string"}),
    ),
    one_of=(("title", "user"),),
    result=CONVERSATION,
    examples=(
        Example(
            {"conversations": {"name": "main"}, "conversation": "s-1", "title": "Weather"},
            {"id": "s-1", "title": "Weather"},
            answers=({"id": "s-1", "title": "Weather"},),
            asked=(
                ("conversations.update", {"store": "main", "owner": "", "id": "s-1", "title": "Weather"}),
            ),
        ),
    ),
)
