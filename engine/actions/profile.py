"""Users' settings, as actions and templates see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.actions.action import Given, Input
from engine.mapping.program import Program
from engine.mapping.scope import Scope

MAIN = "main"
FIELDS = ("preset", "url", "model", "key", "params")

SPACE = Input("space", f"Which service they are for; `{MAIN}`, if nothing is said.", {"type": "string"})
RESULT = {
    "owner": "Whose they are.",
    "set": "Whether anything was set.",
    "preset": "The preset, if one was chosen.",
    "url": "The URL of the user's own upstream.",
    "model": "The model there.",
    "key": "The key there, masked.",
    "params": "Parameters; `{}` if there are none.",
    "updated": "Seconds since 1970.",
}


def space_of(given: Given) -> str:
    space: str = given.get("space", MAIN)
    return space


@dataclass(frozen=True, slots=True)
class ProfileShape:
    """Whose settings an endpoint's templates see as `profile`."""

    owner: Program
    space: str = MAIN

    def args(self, scope: Scope) -> dict[str, Any] | None:
        """Of the verb that opens them; None when it is nobody's."""
        owner = self.owner(scope)
        return None if owner in (None, "") else {"space": self.space, "owner": str(owner)}
