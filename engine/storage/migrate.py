"""Migrations, run inside a transaction of ours: two processes that start at once do them once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, text

from engine.storage.tables import METADATA

HISTORY = Path(__file__).parent / "migrations"

# Any number, the same for all: it names the lock that migrations take.
LOCK = 7_316_204_113


class Newer(Exception):
    """The database was migrated by a later version."""


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(HISTORY).replace("%", "%%"))
    config.set_main_option("version_locations", str(HISTORY).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config)


def migrate(connection: Connection, target: str = "head") -> None:
    """Up or down to `target`, a revision, `head` or `base`. Raises `Newer`."""
    history = scripts()

    def steps(now: Any, _: Any) -> Any:
        if target == "base" or _is_before(history, target, now):
            return history._downgrade_revs(target, now)
        return history._upgrade_revs(target, now)

    with _locked(connection), EnvironmentContext(Config(), history, fn=steps) as environment:
        environment.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
        try:
            environment.run_migrations()
        except (CommandError, ResolutionError) as exc:
            message = "the database was migrated by a later version of proxyctl"
            raise Newer(f"{message} ({exc})") from exc


def _is_before(history: ScriptDirectory, target: str, now: tuple[str, ...]) -> bool:
    """Whether `target` lies behind where the database is."""
    if target == "head" or not now:
        return False
    return any(script.revision == target for script in history.iterate_revisions(now, "base")) and (
        target not in now
    )


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    """One migrates, the others wait and find it done. SQLite: the transaction itself is that lock."""
    kind = connection.dialect.name
    if kind == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if kind not in ("mysql", "mariadb"):
        yield
        return
    connection.execute(text("SELECT GET_LOCK(:lock, 60)"), {"lock": str(LOCK)})
    try:
        yield
        # Its tables are there at once, the number of the revision only now: the next one must see both.
        connection.execute(text("COMMIT"))
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:lock)"), {"lock": str(LOCK)})
