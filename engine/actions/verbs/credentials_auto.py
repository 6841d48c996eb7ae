"""`credentials.auto`: nothing is selected any more."""

from __future__ import annotations

from engine.actions.action import Action, Example
from engine.actions.desk import POOL, STANDING, carried_out

SPEC = Action(
    name="credentials.auto",
    summary="Ends a selection: the pool goes on by its strategy.",
    run=carried_out("credentials.auto"),
    inputs=(POOL,),
    result=STANDING,
    examples=(
        Example(
            {"pool": "team"},
            {"pool": "team", "selected": None},
            answers=({"pool": "team", "selected": None},),
            asked=(("desk.credentials.auto", {"pool": "team", "who": "action"}),),
        ),
    ),
)
