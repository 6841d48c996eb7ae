"""`clients.revoke`: a client comes in no more."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, Outcome, who
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    which = {key: given[key] for key in ("name", "key") if key in given}
    return Outcome(await tools.do("clients.revoke", {**which, "who": who(tools)}))


SPEC = Action(
    name="clients.revoke",
    summary="Shuts out a client that was made at run time; it stays on record.",
    run=run,
    guarded=True,
    inputs=(
        Input("name", "Its name.", {"type": "string"}),
        Input("key", "Its key instead; of those made at run time.", {"type": "string"}),
    ),
    one_of=(("name", "key"),),
    result={"name": "Its name.", "state": "`revoked`."},
    examples=(
        Example(
            {"name": "web"},
            {"name": "web", "state": "revoked"},
            answers=({"name": "web", "state": "revoked"},),
            asked=(("clients.revoke", {"name": "web", "who": "action"}),),
        ),
        Example(
            {"key": "pk-1"},
            {"name": "web", "state": "revoked"},
            answers=({"name": "web", "state": "revoked"},),
            asked=(("clients.revoke", {"key": "pk-1", "who": "action"}),),
        ),
    ),
)
