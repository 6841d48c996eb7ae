"""All directives, by their head key."""

from __future__ import annotations

from engine.mapping import directives
from engine.mapping.directive import Directive
from engine.registry import Registry, discover

DIRECTIVES: Registry[Directive] = discover(directives, Registry("directive"))

# Key beside a head -> that head.
COMPANIONS: dict[str, str] = {key: directive.name for directive in DIRECTIVES for key in directive.keys}
