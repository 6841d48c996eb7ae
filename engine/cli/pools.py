"""What the pools of a site have now, for a command that sends a request as the server would."""

from __future__ import annotations

from engine.adapters.clock import SystemClock
from engine.adapters.counters import LocalCounters
from engine.adapters.safe import Safe
from engine.adapters.telemetry import SystemTelemetry
from engine.cli.site import Site
from engine.credentials.vault import Vault
from engine.gateway.scrub import secrets_of
from engine.server.clerk.kept_tables import kept
from engine.server.data_dir import data_path, storage_url
from engine.server.vault.keyring import Keyring
from engine.server.vault.stored import TABLE
from engine.snapshot.model import Snapshot


def current_vault(site: Site, snapshot: Snapshot) -> Vault:
    """The credentials of directories, and those of the database as far as this machine knows them."""
    settings, data, vault = site.boot.settings, data_path(site.root, site.boot.settings), Vault()
    clock, counters, telemetry = SystemClock(), LocalCounters(), SystemTelemetry("off")
    keyring = Keyring(site.root, data, vault, Safe(settings.secret_key, data), clock, counters, telemetry)
    keyring.prepare(snapshot.pools)()
    tables = dict(kept(data, storage_url(site.root, settings, data)))
    keyring.follow(tables.get(TABLE, ()))
    return vault


def credentials_in(snapshot: Snapshot, vault: Vault) -> tuple[str, ...]:
    """Every value that authorizes at a platform, also as it stands in a URL, longest first."""
    providers = snapshot.providers.values()
    pools = [*snapshot.pools.values(), *(each.pool for each in providers if each.pool is not None)]
    found = {text for each in providers for text in secrets_of(None, each.secrets)}
    for pool in map(vault.pool, pools):
        found.update(text for each in pool.credentials for text in secrets_of(each))
    return tuple(sorted(found, key=len, reverse=True))
