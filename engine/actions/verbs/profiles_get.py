"""`profiles.get`: the settings of a user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actions.action import Action, Example, Given, Input, Outcome
from engine.actions.profile import RESULT, SPACE, space_of
from engine.actions.program import says_yes
from engine.ports import Tools

# Variables of the environment are texts.
YES = {"type": ["boolean", "string"]}


async def run(given: Given, tools: Tools) -> Outcome:
    args = {"space": space_of(given), "owner": given["owner"], "reveal": says_yes(given.get("reveal"))}
    shown: Mapping[str, Any] = await tools.do("profiles.show", args)
    return Outcome(dict(shown))


SPEC = Action(
    name="profiles.get",
    summary="The settings of a user; keys are masked.",
    run=run,
    reads=True,
    inputs=(
        Input("owner", "Whose they are.", {"type": "string", "minLength": 1}, required=True),
        SPACE,
        Input("reveal", "Whether to give the key itself, which nobody should want.", YES),
    ),
    result=RESULT,
    examples=(
        Example(
            {"owner": "ann"},
            {"owner": "ann", "set": True, "preset": None, "url": "https://llm.example", "key": "sk-…1234"},
            answers=(
                {
                    "owner": "ann",
                    "set": True,
                    "preset": None,
                    "url": "https://llm.example",
                    "key": "sk-…1234",
                },
            ),
            asked=(("profiles.show", {"space": "main", "owner": "ann", "reveal": False}),),
        ),
    ),
)
