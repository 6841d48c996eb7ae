"""`health`: that the engine answers, and how it is."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Outcome
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    return Outcome({"status": "healthy", "time": int(tools.now()), "models": len(tools.models())})


SPEC = Action(
    name="health",
    summary="Says that the engine answers; asks no upstream.",
    run=run,
    reads=True,
    result={
        "status": "`healthy`.",
        "time": "Seconds since 1970.",
        "models": "How many models the caller may ask for.",
    },
    examples=(Example({}, {"status": "healthy", "time": 1700000000, "models": 2}),),
)
