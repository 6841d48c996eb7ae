"""Published tables, kept for the next start: what is known while the database is away then.

As published, they hold digests and ciphertext, nothing that is secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from engine.adapters.whole_file import write_whole

DIRECTORY = "kept"


def keep(data: Path, storage: str, name: str, rows: Any) -> None:
    """Write a table of the database at the URL `storage`. A disk that is full is no reason to stop."""
    directory = data / DIRECTORY
    with suppress(OSError):
        directory.mkdir(mode=0o700, exist_ok=True)
        table = orjson.dumps({"of": _mark(storage), "rows": rows}, default=str)
        write_whole(directory / f"{name}.json", table)


def kept(data: Path, storage: str | None) -> Iterator[tuple[str, Any]]:
    """Name and rows of each table that is kept of this database; of another one nothing."""
    if storage is None:
        return
    for path in sorted((data / DIRECTORY).glob("*.json")):
        try:
            written = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            continue
        if isinstance(written, dict) and written.get("of") == _mark(storage) and "rows" in written:
            yield path.stem, written["rows"]


def _mark(storage: str) -> str:
    """Tells one URL from another; the URL may hold a password."""
    return hashlib.sha256(storage.encode()).hexdigest()[:16]
