"""`credentials.rotation`: rotation on and off, and how often."""

from __future__ import annotations

from engine.actions.action import Action, Example, Input
from engine.actions.desk import POOL, STANDING, carried_out

SPEC = Action(
    name="credentials.rotation",
    summary="Switches the rotation of a pool on or off, and says how many requests it stays on one.",
    run=carried_out("credentials.rotation"),
    inputs=(
        POOL,
        Input(
            "on",
            "Whether it rotates; left out with `every`, it is switched to the other.",
            {"type": "boolean"},
        ),
        Input("every", "Requests that it stays on one; 0: it stays.", {"type": "integer", "minimum": 0}),
    ),
    result=STANDING,
    examples=(
        Example(
            {"pool": "team", "on": False},
            {"pool": "team", "rotation": False},
            answers=({"pool": "team", "rotation": False},),
            asked=(("desk.credentials.rotation", {"pool": "team", "on": False, "who": "action"}),),
        ),
    ),
)
