"""`models.list`: what the caller may ask for."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Outcome
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    return Outcome({"models": [{"id": name} for name in tools.models()]})


SPEC = Action(
    name="models.list",
    summary="The models that the caller may ask for.",
    run=run,
    reads=True,
    result={"models": "A list of `{id}`, sorted."},
    examples=(Example({}, {"models": [{"id": "large"}, {"id": "small"}]}),),
)
