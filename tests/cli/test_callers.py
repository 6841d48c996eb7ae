from __future__ import annotations

from pathlib import Path

from engine.cli.callers import find_client
from engine.cli.site import open_site
from engine.server.clerk.kept_tables import keep
from engine.server.data_dir import data_path, storage_url
from tests.cli import sites
from tests.snapshot.test_stored_clients import row


def test_clients_of_files_and_of_the_database(tmp_path: Path) -> None:
    site = open_site(sites.site(tmp_path / "site", a=sites.GOOD), environment={})
    snapshot, settings = site.snapshot(), site.boot.settings
    assert find_client(site, snapshot, "app") is None and find_client(site, snapshot, None) is None
    data = data_path(site.root, settings)
    data.mkdir()
    table = {"clients": [row("app", terms={"models": ["demo"]}), row("other")], "any": True}
    keep(data, storage_url(site.root, settings, data) or "", "clients", table)
    found, web = find_client(site, snapshot, "app"), find_client(site, snapshot, "web")
    assert found is not None and found.models == ("demo",)
    assert web is snapshot.clients[0]
