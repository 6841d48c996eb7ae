"""Names that callers choose: compared exactly on every kind of database, and made to fit their columns.

Databases differ in what they take for the same: case, accents, blanks at the end. A digest is the same only
where every byte is, so it stands for whom something belongs to.
"""

from __future__ import annotations

import hashlib

import orjson

from engine.storage.database import Refused

LONGEST = 200


def exact(*names: str) -> str:
    """64 hexadecimal digits for these names in this order."""
    return hashlib.sha256(orjson.dumps(names)).hexdigest()


def fitted(value: object, length: int = LONGEST) -> str | None:
    """Text as a column takes it: without NUL, which PostgreSQL refuses, and cut to its length."""
    return None if value is None else str(value).replace("\0", "")[:length]


def checked(value: object, what: str) -> str:
    """A name that must not be changed to fit. Raises `Refused`."""
    if isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable():
        return value
    message = f"{what} is printable text of 1 to {LONGEST} characters"
    raise Refused(message, "invalid_value", 400)
