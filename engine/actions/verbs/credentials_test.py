"""`credentials.test`: does it work?"""

from __future__ import annotations

from engine.actions.action import Action, Example, Input
from engine.actions.desk import ONE_OF, POOL, TEXT, WHICH, carried_out

SPEC = Action(
    name="credentials.test",
    summary="Sends a small chat with one credential alone, and tells what came back.",
    run=carried_out("credentials.test"),
    inputs=(
        POOL,
        *WHICH,
        Input("model", "The platform's own name of a model.", TEXT),
        Input("message", "What is said.", TEXT),
    ),
    one_of=ONE_OF,
    result={
        "works": "Whether an answer came.",
        "text": "The answer.",
        "model": "The model that answered.",
        "error": "What is wrong: `class`, `message`.",
        "id": "Who was tried.",
        "provider": "Where.",
    },
    examples=(
        Example(
            {"pool": "team", "id": "a", "message": "Say OK."},
            {"works": True, "text": "OK"},
            answers=({"works": True, "text": "OK"},),
            asked=(
                ("desk.credentials.test", {"pool": "team", "id": "a", "message": "Say OK.", "who": "action"}),
            ),
        ),
    ),
)
