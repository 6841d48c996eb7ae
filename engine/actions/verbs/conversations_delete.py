"""`conversations.delete`: a conversation and its messages go."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import OpenStore
from engine.errors import RequestRefused
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    id_ = given["conversation"]
    done = await tools.do("conversations.delete", store.args(id=id_))
    if not done["deleted"] and given.get("absent", "error") == "error":
        raise RequestRefused(f"there is no conversation {id_!r}", status=404, code="unknown_conversation")
    return Outcome({"id": id_, "deleted": done["deleted"]})


SPEC = Action(
    name="conversations.delete",
    summary="Deletes a conversation with its messages.",
    run=run,
    inputs=(
        Input("conversations", "The store.", required=True, kind=InputKind.STORE),
        Input("conversation", "Its id.", {"type": "string"}, required=True),
        Input(
            "absent",
            "What happens when there is none: `error`, which is 404, if nothing is said, or `ok`.",
            {"enum": ["error", "ok"]},
        ),
    ),
    result={"id": "Its id.", "deleted": "Whether it was there."},
    examples=(
        Example(
            {"conversations": {"name": "main"}, "conversation": "s-1"},
            {"id": "s-1", "deleted": True},
            answers=({"deleted": True},),
            asked=(("conversations.delete", {"store": "main", "owner": "", "id": "s-1"}),),
        ),
        Example(
            {"conversations": {"name": "main"}, "conversation": "s-2", "absent": "ok"},
            {"id": "s-2", "deleted": False},
            answers=({"deleted": False},),
        ),
    ),
)
