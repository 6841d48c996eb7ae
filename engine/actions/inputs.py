"""The inputs of one endpoint's action: what is known at load, and what is made of each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.actions.action import Action, Input
from engine.errors import RequestRefused
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.surfaces.json_schema import compile_check
from engine.surfaces.openai_chat.checks import Check
from engine.surfaces.openai_chat.refusals import Wrong


class BadInput(ValueError):
    """A value does not fit its input; the message says what would."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One input, ready to take values."""

    input: Input
    check: Check

    @classmethod
    def of(cls, declared: Input) -> Slot:
        return cls(declared, compile_check(declared.schema))

    def fit(self, value: Any) -> Any:
        """The value, as the input wants it. Raises `BadInput`."""
        value = _as_number(value, self.input.schema.get("type"))
        try:
            self.check(value)
        except Wrong as wrong:
            raise BadInput(wrong.tell(f"{self.input.name}{wrong.path}")) from wrong
        return value


def _as_number(value: Any, kind: Any) -> Any:
    """Variables of the environment are texts; what should be a number, and says one, is."""
    if not isinstance(value, str) or kind not in ("number", "integer"):
        return value
    try:
        return int(value) if kind == "integer" else float(value)
    except ValueError:
        return value


@dataclass(frozen=True, slots=True)
class Inputs:
    """`known` at load · `asked` of each request · `made` of each request, from what is known of it."""

    known: Mapping[str, Any]
    asked: tuple[tuple[Slot, Program], ...]
    made: tuple[tuple[str, Callable[[Scope], Any]], ...] = ()

    def given(self, action: Action, scope: Scope) -> dict[str, Any]:
        """The inputs of one request. Raises `RequestRefused` for one that is missing or does not fit."""
        given = dict(self.known)
        for slot, program in self.asked:
            value = program(scope)
            name = slot.input.name
            if value is None:
                if slot.input.required:
                    message = f"{name!r}, which {action.name!r} needs, came to nothing"
                    raise RequestRefused(message, param=name, code="missing_required_parameter")
                continue
            try:
                given[name] = slot.fit(value)
            except BadInput as bad:
                raise RequestRefused(str(bad), param=name, code="invalid_value") from bad
        for name, make in self.made:
            value = make(scope)
            if value is not None:
                given[name] = value
        _one_of(action, given)
        return given


def _one_of(action: Action, given: Mapping[str, Any]) -> None:
    for group in action.one_of:
        if given.keys().isdisjoint(group):
            message = f"{action.name!r} needs one of {', '.join(group)}"
            raise RequestRefused(message, param=group[0], code="missing_required_parameter")
