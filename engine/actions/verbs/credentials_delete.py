"""`credentials.delete`: take one away."""

from __future__ import annotations

from engine.actions.action import Action, Example
from engine.actions.desk import ONE_OF, POOL, WHICH, carried_out

SPEC = Action(
    name="credentials.delete",
    summary="Deletes a credential, with its file if it has one.",
    run=carried_out("credentials.delete"),
    inputs=(
        POOL,
        *WHICH,
    ),
    one_of=ONE_OF,
    result={"pool": "The pool.", "id": "Who was deleted.", "index": "The place that it had."},
    examples=(
        Example(
            {"pool": "team", "id": "a"},
            {"pool": "team", "id": "a", "index": 0},
            answers=({"pool": "team", "id": "a", "index": 0},),
            asked=(("desk.credentials.delete", {"pool": "team", "id": "a", "who": "action"}),),
        ),
    ),
)
