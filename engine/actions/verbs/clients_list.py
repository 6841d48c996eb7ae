"""`clients.list`: who may call."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Outcome
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    return Outcome({"clients": await tools.do("clients.list", {})})


SPEC = Action(
    name="clients.list",
    summary="The clients of route files, and those made at run time; without keys.",
    run=run,
    guarded=True,
    reads=True,
    result={"clients": "A list of clients: name, source, state, models, groups, expires and more."},
    examples=(
        Example(
            {}, {"clients": [{"name": "web"}]}, answers=([{"name": "web"}],), asked=(("clients.list", {}),)
        ),
    ),
)
