"""`profiles.set`: the settings of a user, all at once."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, Outcome
from engine.actions.profile import FIELDS, RESULT, SPACE, space_of
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    data = {name: given[name] for name in FIELDS if name in given}
    args = {"space": space_of(given), "owner": given["owner"], "at": tools.now(), "data": data}
    return Outcome(dict(await tools.do("profiles.change", args)))


SPEC = Action(
    name="profiles.set",
    summary="Sets what a user wants: a preset, or a URL, model and key of the user's own; all at once.",
    run=run,
    inputs=(
        Input("owner", "Whose they are.", {"type": "string", "minLength": 1}, required=True),
        SPACE,
        Input("preset", "The name of something that the site offers.", {"type": "string"}),
        Input(
            "url", "An upstream of the user's own; public, unless the site allows others.", {"type": "string"}
        ),
        Input("model", "The model there.", {"type": "string"}),
        Input(
            "key",
            "The key there. Left out, or given as it is shown, the one before stays, if the URL does.",
            {"type": "string"},
        ),
        Input("params", "Parameters of requests, and whatever else is to be kept.", {"type": "object"}),
    ),
    result=RESULT,
    examples=(
        Example(
            {"owner": "ann", "preset": "small", "params": {"max_tokens": 50}},
            {"owner": "ann", "set": True, "preset": "small", "params": {"max_tokens": 50}},
            answers=({"owner": "ann", "set": True, "preset": "small", "params": {"max_tokens": 50}},),
            asked=(
                (
                    "profiles.change",
                    {
                        "space": "main",
                        "owner": "ann",
                        "at": 1700000000.0,
                        "data": {"preset": "small", "params": {"max_tokens": 50}},
                    },
                ),
            ),
        ),
    ),
)
