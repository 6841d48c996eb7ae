"""`credentials.select`: use this one before all others."""

from __future__ import annotations

from engine.actions.action import Action, Example
from engine.actions.desk import ONE_OF, POOL, STANDING, WHICH, carried_out

SPEC = Action(
    name="credentials.select",
    summary="Selects a credential: it comes before all others while it is usable.",
    run=carried_out("credentials.select"),
    inputs=(
        POOL,
        *WHICH,
    ),
    one_of=ONE_OF,
    result={
        **STANDING,
        "id": "Who was selected.",
        "index": "Its place.",
    },
    examples=(
        Example(
            {"pool": "team", "index": 1},
            {"pool": "team", "id": "b", "index": 1},
            answers=({"pool": "team", "id": "b", "index": 1},),
            asked=(("desk.credentials.select", {"pool": "team", "index": 1, "who": "action"}),),
        ),
    ),
)
