"""What a directive is: its keys, its documentation, its examples, and the code that it becomes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.diagnostics import Position
from engine.mapping.block import Block, Sink
from engine.mapping.spot import Spot
from engine.registry import Example
from engine.tree import Entry


@dataclass(frozen=True, slots=True)
class Form:
    """A directive as written: the mapping it stands in, its own keys, and the ordinary keys beside it."""

    spot: Spot
    own: Mapping[str, Spot]
    own_at: Mapping[str, Position]
    rest: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Directive:
    """One row of the directive table.

    `name` is the head key; `keys` may stand beside it, `required` must. `open`: ordinary keys may stand
    beside it too. `definitions` is YAML for the `defs` that the examples call, `position` where they stand.
    """

    name: str
    summary: str
    emit: Callable[[Block, Form, Sink], list[ast.stmt]]
    examples: tuple[Example, ...]
    keys: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    open: bool = False
    definitions: str = ""
    position: str = "stream"
