"""`conversations.append`: messages of the caller's own in a conversation, without asking a model."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import MESSAGE, OpenStore
from engine.ports import Tools

ROLE = {"type": "string", "pattern": "^[A-Za-z_]{1,40}$"}
COUNT = {"type": ["integer", "null"], "minimum": 0}
ONE = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": ROLE,
        "content": {"type": ["string", "array", "null"]},
        "model": {"type": ["string", "null"]},
        "tokens": COUNT,
    },
    "additionalProperties": False,
}


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    said = {"at": tools.now(), "messages": given["messages"]}
    found = await tools.do("conversations.append", store.args(id=given["conversation"], **said))
    return Outcome({**found, "conversation": store.shown(found["conversation"])})


SPEC = Action(
    name="conversations.append",
    summary="Adds messages to a conversation, without asking a model.",
    run=run,
    inputs=(
        Input("conversations", "The store.", required=True, kind=InputKind.STORE),
        Input("conversation", "The conversation's id.", {"type": "string"}, required=True),
        Input(
            "messages",
            "Each with `role` and `content`, text or parts; `model` and `tokens`, if they are known.",
            {"type": "array", "items": ONE, "minItems": 1, "maxItems": 100},
            required=True,
        ),
    ),
    result={"conversation": "What `conversations.get` gives.", "messages": f"Those added: {MESSAGE}."},
    examples=(
        Example(
            {
                "conversations": {"name": "main"},
                "conversation": "s-1",
                "messages": [{"role": "user", "content": "hi"}],
            },
            {"conversation": {"id": "s-1", "title": None}, "messages": [{"number": 1, "role": "user"}]},
            answers=(
                {"conversation": {"id": "s-1", "title": None}, "messages": [{"number": 1, "role": "user"}]},
            ),
            asked=(
                (
                    "conversations.append",
                    {
                        "store": "main",
                        "owner": "",
                        "id": "s-1",
                        "at": 1700000000.0,
                        "messages": [{"role": "user", "content": "hi"}],
                    },
                ),
            ),
        ),
    ),
)
