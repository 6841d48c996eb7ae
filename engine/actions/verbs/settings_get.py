"""`settings.get`: the settings that change at run time."""

from __future__ import annotations

from engine.actions.action import Action, Example, Input
from engine.actions.desk import TEXT, looked_up

SPEC = Action(
    name="settings.get",
    summary="The settings of the site and what they stand for; of a secret only that it is set.",
    run=looked_up("settings.get"),
    reads=True,
    inputs=(Input("names", "Which; left out, all.", {"type": "array", "items": TEXT}),),
    result={
        "settings": "Name to value; a secret that is set is `********`.",
        "labels": "Name to label.",
        "all": "A list of all that is known of each, as `GET /admin/settings` has it.",
    },
    examples=(
        Example(
            {},
            {"settings": {"EVERY": 10}, "labels": {"EVERY": None}},
            answers=({"settings": {"EVERY": 10}, "labels": {"EVERY": None}},),
            asked=(("desk.settings.get", {}),),
        ),
    ),
)
