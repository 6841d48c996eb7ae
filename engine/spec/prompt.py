"""`prompts:`, named prompt templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.spec.base import Rule, Spec, field, spec


@spec
class PromptSystem(Spec):
    """The system part."""

    LABEL = "system"
    RULES = (Rule(("content", "template"), required=True),)

    content: str | None = field("The text, sent as it stands.", default=None)
    template: str | None = field("The text, with {{ name }} for variables.", default=None)


@spec
class PromptUser(Spec):
    """The user's part."""

    LABEL = "user"

    template: str = field("The text, with {{ name }} for variables.")


@spec
class PromptVersion(Spec):
    """One wording of a prompt: a file, or its parts."""

    LABEL = "versions"
    RULES = (Rule(("file", "system")), Rule(("file", "user")))

    file: str | None = field("A file below prompts/: .toml, .yaml or .j2.", default=None)
    system: PromptSystem | str | None = field("The system part, with {{ name }} for variables.", default=None)
    user: PromptUser | str | None = field("The user's part, with {{ name }} for variables.", default=None)
    version: str | int | None = field("A name for logs and metrics.", default=None)
    weight: float = field("Share of the requests, among versions.", default=1.0, minimum=0)


@spec
class Prompt(PromptVersion):
    """A named prompt; several `versions` share the requests by weight."""

    LABEL = "prompts"

    variables: Mapping[str, Any] = field("JSON Schemas of the variables.", default={})
    versions: tuple[PromptVersion, ...] = field("Wordings that are tried against each other.", default=())
