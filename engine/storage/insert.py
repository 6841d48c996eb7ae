"""Rows that may be there already, in the words of each kind of database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite


def insert_new(dialect: Dialect, table: Table) -> Any:
    """An INSERT that passes over rows whose primary key is there."""
    if dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    if dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    first = next(iter(table.primary_key.columns))
    # Not IGNORE, which would cut what is too long and pass over other faults, too.
    return mysql.insert(table).on_duplicate_key_update({first.name: first})


def insert_or_update(dialect: Dialect, table: Table, changes: dict[str, Any]) -> Any:
    """An INSERT; of a row whose primary key is there, `changes` are made instead."""
    keys = [column.name for column in table.primary_key.columns]
    if dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_update(index_elements=keys, set_=changes)
    if dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_update(index_elements=keys, set_=changes)
    return mysql.insert(table).on_duplicate_key_update(changes)
