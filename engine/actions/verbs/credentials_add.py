"""`credentials.add`: one more credential for a pool."""

from __future__ import annotations

from engine.actions.action import Action, Example, Input
from engine.actions.desk import POOL, TEXT, carried_out

SPEC = Action(
    name="credentials.add",
    summary="Adds a credential to a pool: a file of its directory, or a row of the database.",
    run=carried_out("credentials.add"),
    inputs=(
        POOL,
        Input("key", "The key.", TEXT, required=True),
        Input("id", "Its name, and that of its file; left out, the site names it.", TEXT),
        Input("values", "Further names of it.", {"type": "object"}),
        Input("expires", "When it ends: seconds since 1970, or a date.", {"type": ["number", "string"]}),
        Input("replace", "Also if there is one of that name.", {"type": "boolean"}),
    ),
    result={"pool": "The pool.", "id": "Its name."},
    examples=(
        Example(
            {"pool": "team", "key": "sk-1", "id": "spare"},
            {"pool": "team", "id": "spare"},
            answers=({"pool": "team", "id": "spare"},),
            asked=(
                ("desk.credentials.add", {"pool": "team", "key": "sk-1", "id": "spare", "who": "action"}),
            ),
        ),
    ),
)
