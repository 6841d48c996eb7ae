"""A prompt: versions of a wording, and what its variables must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.diagnostics import Position
from engine.errors import RequestRefused
from engine.prompts.template import RenderFailed, TextTemplate
from engine.weights import by_weight

Check = Callable[[Any], None]
"""Raises `RequestRefused` for a value that is wrong."""


class Rendered(NamedTuple):
    """The parts of a prompt, filled in, and the version that they are of."""

    system: str | None
    user: str | None
    version: str


@dataclass(frozen=True, slots=True)
class Version:
    """One wording. A `system` that is a text is sent as it stands."""

    name: str
    system: TextTemplate | str | None
    user: TextTemplate | None
    weight: float = 1.0

    @property
    def templates(self) -> list[TextTemplate]:
        return [part for part in (self.system, self.user) if isinstance(part, TextTemplate)]

    def render(self, variables: Mapping[str, Any]) -> Rendered:
        """Raises `RenderFailed`."""
        system = self.system.render(variables) if isinstance(self.system, TextTemplate) else self.system
        user = None if self.user is None else self.user.render(variables)
        return Rendered(system, user, self.name)


@dataclass(frozen=True, slots=True)
class Prompt:
    """`checks` are those of declared variables, `defaults` their values where none is given.

    `at` is where the wording stands: the file, if it has one.
    """

    name: str
    versions: tuple[Version, ...]
    checks: Mapping[str, Check] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    at: Position | None = None

    @property
    def variables(self) -> frozenset[str]:
        """The variables of all versions."""
        return frozenset().union(*(part.variables for each in self.versions for part in each.templates))

    @property
    def needed(self) -> frozenset[str]:
        """Those that must be given."""
        parts = (part for each in self.versions for part in each.templates)
        return frozenset().union(*(part.variables - part.optional for part in parts)) - self.defaults.keys()

    def render(self, variables: Mapping[str, Any], random: Callable[[], float]) -> Rendered:
        """The parts of one version, chosen by weight. Raises `RequestRefused`, which names the variable."""
        given = {**self.defaults, **{name: value for name, value in variables.items() if value is not None}}
        for name, check in self.checks.items():
            if name in given:
                check(given[name])
        version = self.versions[0] if len(self.versions) == 1 else by_weight(self.versions, random())[0]
        try:
            return version.render(given)
        except RenderFailed as failure:
            message = f"prompt {self.name!r}: {failure}"
            if failure.variable is not None:
                message = f"the variable {failure.variable!r} of prompt {self.name!r} is missing"
            raise RequestRefused(message, param=failure.variable, code="bad_prompt_variable") from failure
