"""A target that a request brings along: the URL, model and key of its user, for a declared platform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.errors import RequestRefused
from engine.mapping.dialect import Dialect
from engine.mapping.program import Program
from engine.mapping.scope import Scope

KEYS = ("dialect", "base_url", "model", "key", "params")


class OwnTarget(NamedTuple):
    """Of one request. `key` None: the upstream wants none."""

    dialect: Dialect
    base_url: str
    model: str
    key: str | None = None
    params: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """What may be shown of it."""
        return f"{self.base_url} {self.model}"

    def __repr__(self) -> str:
        return f"OwnTarget({self.base_url!r}, {self.model!r})"


@dataclass(frozen=True, slots=True)
class TargetShape:
    """`programs` are templates by key; `dialect` is known at load."""

    dialect: Dialect
    programs: dict[str, Program] = field(default_factory=dict)

    def made(self, scope: Scope) -> OwnTarget | None:
        """None when there is no `base_url`. Raises `RequestRefused`."""
        said = {name: program(scope) for name, program in self.programs.items()}
        if said.get("base_url") in (None, ""):
            return None
        texts = {name: _text(said.get(name), name) for name in ("base_url", "model", "key")}
        url, model = texts["base_url"], texts["model"]
        if not url or not model:
            message = "a target needs a `model` beside its `base_url`"
            raise RequestRefused(message, code="missing_required_parameter", param="model")
        params = said.get("params")
        return OwnTarget(self.dialect, url, model, texts["key"], params if isinstance(params, dict) else None)


def _text(value: object, name: str) -> str | None:
    """Without blanks around it. Raises `RequestRefused`."""
    if value is not None and not isinstance(value, str):
        raise RequestRefused(f"the `{name}` of a target is a text", code="invalid_type", param=name)
    return (value.strip() or None) if value else None
