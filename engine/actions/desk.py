"""What actions over the operator's desk have in common: they go on as they are, and say who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from engine.actions.action import Given, Input, Outcome, who
from engine.ports import Tools

TEXT = {"type": "string"}

POOL = Input("pool", "The pool.", TEXT, required=True)
# One of the two is given.
WHICH = (
    Input("id", "The credential.", TEXT),
    Input("index", "Its place in the list of credentials, from 0.", {"type": "integer"}),
)
ONE_OF = (("id", "index"),)
SHOW = Input("show", "Further names of a credential whose values are told.", {"type": "array", "items": TEXT})

# How a pool stands.
STANDING = {
    "pool": "The pool.",
    "current": "Who is used now: `rule`, `id`, `uses`.",
    "selected": "Who is selected, if anybody.",
    "rotation": "Whether the pool rotates.",
    "every": "How many requests it stays on one.",
    "strategy": "Its strategy.",
    "size": "How many credentials it has.",
}


def looked_up(verb: str) -> Callable[[Given, Tools], Awaitable[Outcome]]:
    """An action that only reads."""

    async def run(given: Given, tools: Tools) -> Outcome:
        return Outcome(await tools.do(f"desk.{verb}", given))

    return run


def carried_out(verb: str) -> Callable[[Given, Tools], Awaitable[Outcome]]:
    """An action that changes something: the audit is told who asked for it."""

    async def run(given: Given, tools: Tools) -> Outcome:
        return Outcome(await tools.do(f"desk.{verb}", {**given, "who": who(tools)}))

    return run
