"""What the language names and this version does not do yet: said at load, never passed over in silence."""

from __future__ import annotations

from collections.abc import Mapping

from engine.diagnostics import Position, Problems
from engine.operations import CHAT, OPERATIONS
from engine.spec.dialect import Dialect

CODE = "not-in-this-version"

SERVED = (CHAT, "models", "realtime", "count_tokens", *OPERATIONS)


def later(problems: Problems, at: Position, path: str, what: str, *, refuse: bool = True) -> None:
    """Refuse what would otherwise be taken for granted; with `refuse` false, warn. The guide lists both."""
    if refuse:
        message = f"{what} is not available in this version"
        problems.error(at, CODE, message, hint="remove it for now", path=path)
    else:
        problems.warning(at, CODE, f"{what} has no effect in this version", path=path)


def check_dialects(declared: Mapping[str, Dialect], problems: Problems) -> None:
    """Of what a site's dialects describe, not all is served."""
    for name, dialect in declared.items():
        path = f"dialects.{name}"
        for title, operation in dialect.operations.items():
            if title not in SERVED:
                what = f"the operation {title!r}"
                later(problems, operation.at, f"{path}.operations.{title}", what, refuse=False)
