"""A site's credentials, for commands: they read and change what is stored, and call platforms themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from engine.adapters.clock import SystemClock
from engine.adapters.counters import LocalCounters
from engine.adapters.entropy import SystemEntropy
from engine.adapters.safe import Safe
from engine.adapters.telemetry import SystemTelemetry
from engine.adapters.way_out import WayOut
from engine.cli.console import Console
from engine.cli.site import Site
from engine.cli.storage import on_storage
from engine.credentials.vault import Vault
from engine.gateway.outside import Outside
from engine.server.data_dir import data_path
from engine.server.vault.keyring import Keyring
from engine.server.vault.stored import TABLE
from engine.server.vault.treasury import Treasury
from engine.storage import credentials
from engine.storage.database import Database
from engine.storage.verbs import VERBS

T = TypeVar("T")


def on_treasury(site: Site, work: Callable[[Treasury], Awaitable[T]]) -> T:
    """What `work` gives. Leaves with exit code 1 for a site with errors, or without a database."""
    snapshot = site.snapshot()

    async def whole(database: Database) -> Any:
        clock, counters, telemetry, vault = SystemClock(), LocalCounters(), SystemTelemetry("off"), Vault()
        entropy = SystemEntropy()
        upstream = WayOut(site.root, clock, entropy.uid, telemetry).upstream
        outside = Outside(upstream, clock, entropy, counters, telemetry, vault=vault)
        data = data_path(site.root, site.boot.settings)
        safe = Safe(site.boot.settings.secret_key, data, _notice)
        keyring = Keyring(site.root, data, vault, safe, clock, counters, telemetry)
        keyring.prepare(snapshot.pools)()

        async def ask(verb: str, args: Mapping[str, Any]) -> Any:
            result = await VERBS[verb](database, args)
            keyring.follow(await credentials.listed(database))
            return result

        keyring.follow(await credentials.listed(database))
        try:
            return await work(Treasury(outside, keyring, safe, ask, lambda: snapshot))
        finally:
            await upstream.aclose()

    found: T = on_storage(site, whole, TABLE)
    return found


def _notice(text: str) -> None:
    Console.stderr().line(f"proxyctl: {text}")
