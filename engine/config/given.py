"""An object that no file holds, written as in a route file: in the body of a request, or in flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.config import structure
from engine.diagnostics import Position, Problems
from engine.spec.base import Binding
from engine.spec.document import RouteFile
from engine.spec.objects import Object
from engine.tree import Mapping as Tree
from engine.tree import from_data

PLACE = Position("what was given")


def given_object(section: str, name: str, data: Mapping[str, Any], problems: Problems) -> Any:
    """The object `name` of a section; None when it does not fit. Paths of problems begin behind its name.

    Nothing in it is filled in: `${env:…}` is text.
    """
    tree = from_data({"version": 1, section: {name: data}}, PLACE)
    assert isinstance(tree, Tree)
    own = Problems()
    structure.check(tree, "route", own)
    bound = Object(RouteFile).bind(tree, (), Binding(own))
    beginning = f"{section}.{name}."
    for item in filter(lambda item: item.is_error, own.items):
        problems.error(
            item.at, item.code, item.message, hint=item.hint, path=item.path.removeprefix(beginning)
        )
    return None if own.has_errors or bound is None else getattr(bound, section).get(name)
