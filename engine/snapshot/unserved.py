"""What the language names and this version does not do yet: said at load, never passed over in silence."""

from __future__ import annotations

from engine.diagnostics import Position, Problems


def later(problems: Problems, at: Position, path: str, what: str, *, refuse: bool = True) -> None:
    """Refuse what would otherwise be taken for granted; with `refuse` false, warn."""
    report = problems.error if refuse else problems.warning
    report(
        at,
        "not-in-this-version",
        f"{what} is not {'available' if refuse else 'enforced'} in this version",
        hint="remove it for now" if refuse else None,
        path=path,
    )
