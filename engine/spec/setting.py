"""`settings:`, values that may be changed while the site is served."""

from __future__ import annotations

from typing import Literal

from engine.spec.base import Spec, field, spec


@spec
class Setting(Spec):
    """A value that may be changed at run time; `${setting:NAME}` stands for it in every route file."""

    LABEL = "settings"

    type: Literal["text", "integer", "number", "boolean"] = field("What it is.", default="text")
    default: str | int | float | bool | None = field(
        "What holds while nobody has changed it.", default=None, example="${env:PASSWORD:-}"
    )
    label: str | None = field("What it is for, for people.", default=None)
    secret: bool = field("It is set, but never shown.", default=False)
    choices: tuple[str, ...] | None = field("The only texts that it may be.", default=None)
    minimum: float | None = field("The least number.", default=None)
    maximum: float | None = field("The largest number.", default=None)
    file: str | None = field(
        "A JSON file, relative to the site, where a change is kept by the setting's name; left out, "
        "settings.json in the data directory.",
        default=None,
        example="config/config.json",
    )
