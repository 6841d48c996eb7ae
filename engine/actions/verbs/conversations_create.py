"""`conversations.create`: a new conversation."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import CONVERSATION, OpenStore
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    named = {name: given.get(name) for name in ("id", "title", "user")}
    made = await tools.do("conversations.create", store.args(at=tools.now(), **store.making(**named)))
    return Outcome(store.shown(made))


SPEC = Action(
    name="conversations.create",
    summary="Makes a conversation; those beyond the store's `keep` that were used longest ago go.",
    run=run,
    inputs=(
        Input("conversations", "The store.", required=True, kind=InputKind.STORE),
        Input("id", "An id of the caller's own; a UUID, if nothing is said.", {"type": "string"}),
        Input("title", "Its title.", {"type": "string"}),
        Input("user", "Which of the owner's own users it is with; lists may ask for it.", {"type": "string"}),
    ),
    result=CONVERSATION,
    examples=(
        Example(
            {"conversations": {"name": "main", "keep": 500, "title": "New"}, "id": "s-1"},
            {"id": "s-1", "title": "New", "messages": 0},
            answers=({"id": "s-1", "title": None, "messages": 0},),
            asked=(
                (
                    "conversations.create",
                    {
                        "store": "main",
                        "owner": "",
                        "at": 1700000000.0,
                        "keep": 500,
                        "per": "owner",
                        "id": "s-1",
                    },
                ),
            ),
        ),
    ),
)
