"""What generated code calls for the rare cases; the common ones are written out inline."""

from __future__ import annotations

from typing import Any


def equals(left: Any, right: Any) -> bool:
    """JSON equality: as Python's, but a boolean is never equal to a number, at any depth."""
    if left.__class__ is not right.__class__:
        return bool(left == right) and not (isinstance(left, bool) or isinstance(right, bool))
    if left != right:
        return False
    if isinstance(left, list):
        return all(map(equals, left, right))
    return _equal_objects(left, right) if isinstance(left, dict) else True


def _equal_objects(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return all(equals(value, right[key]) for key, value in left.items())
