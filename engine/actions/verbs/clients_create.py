"""`clients.create`: a client at run time, and its key."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, Outcome, who
from engine.ports import Tools

TERMS = ("models", "groups", "endpoints", "limits", "expires", "note", "ips")


async def run(given: Given, tools: Tools) -> Outcome:
    said = {"name": given["name"], **{key: given[key] for key in TERMS if key in given}}
    made = await tools.do("clients.create", {"client": said, "who": who(tools)})
    return Outcome(made, status=201, headers={"cache-control": "no-store"})


SPEC = Action(
    name="clients.create",
    summary="Makes a client, as `proxyctl clients create` does. Its key is in this answer and nowhere else.",
    run=run,
    guarded=True,
    inputs=(
        Input("name", "Its name.", {"type": "string"}, required=True),
        Input("models", "Globs of the models that it may ask for.", {"type": ["array", "string"]}),
        Input("groups", "Groups that it belongs to.", {"type": ["array", "string"]}),
        Input("endpoints", "Globs of the endpoints that it may use.", {"type": ["array", "string"]}),
        Input("limits", "Limits, as in `clients:`.", {"type": "object"}),
        Input("expires", "When its key ends: a date, or seconds since 1970.", {"type": ["string", "number"]}),
        Input("ips", "Networks that it may call from.", {"type": ["array", "string"]}),
        Input("note", "Words for people.", {"type": "string"}),
    ),
    result={"client": "The client, without its key.", "key": "The key."},
    examples=(
        Example(
            {"name": "web", "models": ["small"]},
            {"client": {"name": "web"}, "key": "pk-1"},
            answers=({"client": {"name": "web"}, "key": "pk-1"},),
            asked=(("clients.create", {"client": {"name": "web", "models": ["small"]}, "who": "action"}),),
        ),
    ),
)
