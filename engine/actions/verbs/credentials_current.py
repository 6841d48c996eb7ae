"""`credentials.current`: who is used now."""

from __future__ import annotations

from engine.actions.action import Action, Example
from engine.actions.desk import POOL, SHOW, STANDING, looked_up

SPEC = Action(
    name="credentials.current",
    summary="Tells who of a pool is used now, and by which rule.",
    run=looked_up("credentials.current"),
    reads=True,
    inputs=(
        POOL,
        SHOW,
    ),
    result={
        **STANDING,
        "credential": "The one that is used, as in `credentials.list`; null where nobody can say.",
    },
    examples=(
        Example(
            {"pool": "team"},
            {"pool": "team", "current": {"rule": "rotate", "id": "a", "uses": 3}},
            answers=({"pool": "team", "current": {"rule": "rotate", "id": "a", "uses": 3}},),
            asked=(("desk.credentials.current", {"pool": "team"}),),
        ),
    ),
)
