"""`settings.set`: change settings while the site is served."""

from __future__ import annotations

from engine.actions.action import Action, Example, Input
from engine.actions.desk import TEXT, carried_out

SPEC = Action(
    name="settings.set",
    summary="Changes settings, on all workers or not at all.",
    run=carried_out("settings.set"),
    inputs=(
        Input(
            "settings",
            "Name to value; null goes back to what the site says, `********` leaves a secret alone.",
            {"type": "object"},
            required=True,
        ),
        Input("names", "Which may be changed; left out, all.", {"type": "array", "items": TEXT}),
        Input(
            "ignore_unknown",
            "Names that there are not are passed over instead of refused.",
            {"type": "boolean"},
        ),
    ),
    result={
        "settings": "As in `settings.get`.",
        "labels": "Name to label.",
        "changed": "The names that were changed.",
    },
    examples=(
        Example(
            {"settings": {"EVERY": 5}},
            {"changed": ["EVERY"], "settings": {"EVERY": 5}},
            answers=({"changed": ["EVERY"], "settings": {"EVERY": 5}},),
            asked=(("desk.settings.set", {"settings": {"EVERY": 5}, "who": "action"}),),
        ),
    ),
)
