"""Settings that users made, each for themselves. What is secret of them comes here as ciphertext.

`space` keeps those of several services apart; `owner` is the user.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.storage.database import Database, rows_of
from engine.storage.insert import insert_or_update
from engine.storage.names import checked, exact
from engine.storage.tables import PROFILES

Args = Mapping[str, Any]
ROW = PROFILES.c
SHOWN = [ROW.owner, ROW.data, ROW.sealed, ROW.key_id, ROW.created, ROW.updated]


async def shown(database: Database, args: Args) -> dict[str, Any] | None:
    """`{owner, data, sealed, key_id, created, updated}`; None when nothing was set."""
    async with database.read() as connection:
        rows = rows_of(await connection.execute(select(*SHOWN).where(ROW.key == _key(args))))
        return rows[0] if rows else None


async def change(database: Database, args: Args) -> dict[str, Any]:
    """`data`, `sealed` and `key_id` replace what was there; `at` is the time."""
    owner = checked(args["owner"], "the owner of a profile")
    said = {name: args.get(name) for name in ("data", "sealed", "key_id")} | {"updated": args["at"]}
    fresh = {"key": _key(args), "space": args["space"], "owner": owner, "created": args["at"], **said}
    async with database.begin() as connection:
        await connection.execute(insert_or_update(connection.dialect, PROFILES, said), fresh)
        return rows_of(await connection.execute(select(*SHOWN).where(ROW.key == _key(args))))[0]


def _key(args: Args) -> str:
    return exact(args["space"], args["owner"])
