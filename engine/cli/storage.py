"""The database of a site, for commands: they work on it themselves, whether a server runs or not."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.site import Site
from engine.server.clerk.kept_tables import keep
from engine.server.data_dir import data_path, make_data_directory, storage_url
from engine.storage.database import Database, Refused, Unavailable, with_database
from engine.storage.verbs import PUBLISHED

# The settings that say where the database is.
WHERE = ("storage", "data")

Work = Callable[[Database], Awaitable[Any]]


def whoever() -> str:
    """Who does it, for the audit: the user of this machine."""
    with suppress(OSError, KeyError):
        return f"cli:{getpass.getuser()}"
    return "cli"


def _check_settings(site: Site) -> None:
    """Where it is not known which database is meant, no other is taken for it. Raises `Unavailable`."""
    for problem in site.boot.diagnostics:
        if problem.is_error and problem.path in WHERE:
            raise Unavailable(f"{problem.at}: {problem.message}")


def on_storage(site: Site, work: Work, changes: str | None = None) -> Any:
    """What `work` gives; leaves with exit code 1 and one line when that fails.

    `changes` names the published table that it changes: what is kept of it for the next start is as new.
    """
    settings, data = site.boot.settings, data_path(site.root, site.boot.settings)
    try:
        _check_settings(site)
        url = storage_url(site.root, settings, data)
        if url is None:
            raise Unavailable("there is no database: `storage: off` stands in proxyctl.yaml")
        make_data_directory(site.root, settings)

        async def whole(database: Database) -> Any:
            result = await work(database)
            if changes is not None:
                keep(data, url, changes, await PUBLISHED[changes](database))
            return result

        return asyncio.run(with_database(url, whole))
    except (Unavailable, Refused, OSError) as failed:
        Console.stderr().line(f"proxyctl: {failed}")
        sys.exit(Exit.ERRORS)
