"""`login.start`: begin to log in at a platform."""

from __future__ import annotations

from engine.actions.action import Action, Example, Input
from engine.actions.desk import TEXT, carried_out

SPEC = Action(
    name="login.start",
    summary="Begins a login at a platform: the caller opens `link`, and asks `login.poll` until it is done.",
    run=carried_out("login.start"),
    inputs=(
        Input("provider", "The provider whose platform it is.", TEXT, required=True),
        Input("pool", "Where the credential goes; left out, into the provider's pool.", TEXT),
        Input("id", "What it is called; left out, as the platform or the site names it.", TEXT),
    ),
    result={
        "login": "Names this login.",
        "link": "What the user opens.",
        "code": "What the user types in there, if anything.",
        "every": "Seconds between two polls.",
        "expires": "When it is over, in seconds since 1970.",
    },
    examples=(
        Example(
            {"provider": "up"},
            {"login": "login-1", "link": "https://up.test/activate"},
            answers=({"login": "login-1", "link": "https://up.test/activate"},),
            asked=(("desk.login.start", {"provider": "up", "who": "action"}),),
        ),
    ),
)
