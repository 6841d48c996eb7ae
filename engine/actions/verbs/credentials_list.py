"""`credentials.list`: how the credentials of a pool stand."""

from __future__ import annotations

from engine.actions.action import Action, Example
from engine.actions.desk import POOL, SHOW, looked_up

SPEC = Action(
    name="credentials.list",
    summary="The credentials of a pool and how they stand; never a key.",
    run=looked_up("credentials.list"),
    reads=True,
    inputs=(
        POOL,
        SHOW,
    ),
    result={"credentials": "`{id, index, file, state, why, expires, key, names, values}`; `key` is masked."},
    examples=(
        Example(
            {"pool": "team", "show": ["user_id"]},
            {"credentials": [{"id": "a", "state": "ready"}]},
            answers=({"credentials": [{"id": "a", "state": "ready"}]},),
            asked=(("desk.credentials.list", {"pool": "team", "show": ["user_id"]}),),
        ),
    ),
)
