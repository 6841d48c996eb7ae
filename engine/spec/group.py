"""`groups:`, what several clients have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.spec.base import Spec, field, spec
from engine.spec.limits import ClientLimits


@spec
class Group(Spec):
    """What its members may ask for, and how much all of them together may use."""

    LABEL = "groups"

    models: tuple[str, ...] | None = field(
        "Aliases, or globs, that members may ask for beside their own.",
        default=None, form="glob", ref="model-glob", one_or_list=True,
    )  # fmt: skip
    limits: ClientLimits | None = field("How much its members may use together.", default=None)
    params: Mapping[str, Any] = field("Defaults for what members leave out.", default={})
    override: Mapping[str, Any] = field("Values that win over those of members.", default={})
    rules: tuple[str, ...] = field(
        "Keyword rules for what its members ask and get.", default=(), ref="rule", one_or_list=True
    )
