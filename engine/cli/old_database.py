"""SQLite files of other programs: which kind one is, and what it holds.

A kind is a file of `engine/library/imports/`: queries, by what they give. A database is of a kind when it can
answer all its queries.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.snapshot.library import library_texts

SECTION = re.compile(r"^-- (\w+)(?:: (.*))?$", re.MULTILINE)


class NotReadable(Exception):
    """The file is no database, or of no kind that is known. The message is for people."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`queries` by what they give: conversations, messages, profiles, clients."""

    name: str
    about: str
    queries: Mapping[str, str]

    @classmethod
    def of(cls, name: str, text: str) -> Kind:
        parts = SECTION.split(text)[1:]
        about = next(
            (said for title, said in zip(parts[::3], parts[1::3], strict=True) if title == "about"), ""
        )
        queries = zip(parts[::3], parts[2::3], strict=True)
        return cls(name, about, {title: query.strip() for title, query in queries if query.strip()})

    def fits(self, connection: sqlite3.Connection) -> bool:
        try:
            for query in self.queries.values():
                connection.execute(f"EXPLAIN {query}")
        except sqlite3.OperationalError:
            return False
        return True


def kinds() -> list[Kind]:
    """Those that are known, by name."""
    texts = library_texts(".sql")
    return [Kind.of(Path(name).stem, text.decode("utf-8")) for name, text in texts]


def read(path: Path) -> tuple[Kind, dict[str, list[dict[str, Any]]]]:
    """The kind of a file, and the rows of each of its queries. Raises `NotReadable`; changes nothing."""
    if not path.is_file():
        raise NotReadable(f"{path}: there is no such file")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.row_factory = sqlite3.Row
            for kind in kinds():
                if kind.fits(connection):
                    return kind, {name: _rows(connection, query) for name, query in kind.queries.items()}
    except sqlite3.DatabaseError as exc:
        raise NotReadable(f"{path}: it cannot be read as an SQLite database: {exc}") from exc
    known = "; ".join(kind.about for kind in kinds())
    raise NotReadable(f"{path}: its tables are not those of a program that is known here ({known})")


def _rows(connection: sqlite3.Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query)]


def grouped(rows: list[dict[str, Any]], by: str) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Rows by what they have under a name, in order."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.pop(by), []).append(row)
    yield from found.items()
