"""What a chat request says, in the barest form: lists to compare, whoever's words it was said in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Turn:
    """`media`: base64 data or addresses · `calls`: (id, name, input) · `results`: (id or name, content)."""

    role: str
    texts: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    calls: list[tuple[Any, str, Any]] = field(default_factory=list)
    results: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Said:
    system: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    tools: dict[str, tuple[str | None, Any]] = field(default_factory=dict)
    choice: tuple[str, str | None] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    schema: Any = None
    json: bool = False

    def turn(self, role: str) -> Turn:
        """The turn that is going on, or a new one when it is another's: neighbours of one role are one."""
        if not self.turns or self.turns[-1].role != role:
            self.turns.append(Turn(role))
        return self.turns[-1]
