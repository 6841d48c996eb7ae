from __future__ import annotations

from engine.storage.database import Database
from engine.storage.verbs import PUBLISHED, VERBS


async def test_every_published_table_can_be_published_when_it_is_empty(database: Database) -> None:
    told = {name: await rows_of(database) for name, rows_of in PUBLISHED.items()}
    assert told == {"credentials": [], "clients": {"clients": [], "any": False}}


async def test_the_audit_is_a_verb(database: Database) -> None:
    assert await VERBS["audit.list"](database, {}) == []
    told = {"at": 5.0, "who": "admin@10.0.0.9", "what": "admin.login", "target": "refused"}
    await VERBS["audit.note"](database, told)
    assert await VERBS["audit.list"](database, {}) == [told]
