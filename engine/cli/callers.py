"""The clients of a site, those among them that were made at run time, as far as this machine knows them."""

from __future__ import annotations

from engine.cli.site import Site
from engine.server.clerk.kept_tables import kept
from engine.server.data_dir import data_path, storage_url
from engine.snapshot.model import Client, Snapshot
from engine.snapshot.stored_clients import clients_of


def find_client(site: Site, snapshot: Snapshot, name: str | None) -> Client | None:
    """The client of that name; of the database's, as of the last change that was seen here."""
    found = next((client for client in snapshot.clients if client.name == name), None)
    if found is not None or name is None:
        return found
    settings, data = site.boot.settings, data_path(site.root, site.boot.settings)
    tables = dict(kept(data, storage_url(site.root, settings, data)))
    rows = [row for row in tables.get("clients", {}).get("clients", ()) if row["name"] == name]
    return next((client for _, client in clients_of(rows, snapshot.groups, ())), None)
