"""`login.poll`: has the user logged in?"""

from __future__ import annotations

from engine.actions.action import Action, Example, Input
from engine.actions.desk import TEXT, carried_out

SPEC = Action(
    name="login.poll",
    summary="Asks how far a login has come; once it is granted the credential is kept.",
    run=carried_out("login.poll"),
    inputs=(
        Input("provider", "The provider.", TEXT, required=True),
        Input("login", "The login, as `login.start` named it.", TEXT, required=True),
        Input(
            "show",
            "Further names of the new credential whose values are told.",
            {"type": "array", "items": TEXT},
        ),
    ),
    result={
        "state": "`pending`, `granted` or `denied`.",
        "every": "Seconds until it is worth asking again.",
        "error": "What is wrong: `message`, `code`.",
        "id": "The credential, once it is there.",
        "pool": "Its pool.",
        "expires": "When it ends.",
        "values": "What `show` asks for.",
    },
    examples=(
        Example(
            {"provider": "up", "login": "login-1"},
            {"state": "pending", "every": 5.0, "error": None},
            answers=({"state": "pending", "every": 5.0, "error": None},),
            asked=(("desk.login.poll", {"provider": "up", "login": "login-1", "who": "action"}),),
        ),
    ),
)
