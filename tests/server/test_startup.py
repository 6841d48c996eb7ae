from __future__ import annotations

from pathlib import Path

import pytest

from engine.adapters.clock import SystemClock
from engine.adapters.secrets import SiteSecrets
from engine.server.startup import Loaded, Plan, StartRefused, first_load, load_accepted, start_line
from engine.snapshot.cache import Cache
from engine.spec.settings import Settings
from tests.server.serving import SITE

CLIENTS = "version: 1\nclients: {web: {key: web-key-web-key}}\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "routes.d").mkdir()
    (tmp_path / "routes.d" / "a.yaml").write_text(SITE)
    return tmp_path


def load(site: Path, *, allow_partial: bool = False, **settings: str) -> Loaded:
    plan = Plan(site, Settings(**settings))  # type: ignore[arg-type]
    return first_load(plan, SiteSecrets(site, {}), SystemClock(), allow_partial=allow_partial)


def test_a_good_site_is_loaded(site: Path) -> None:
    loaded = load(site)
    assert loaded.published.generation == loaded.snapshot.generation
    assert set(loaded.published.accepted.files) == {"routes.d/a.yaml"}


def test_a_bad_one_is_refused_with_what_is_needed_to_show_it(site: Path) -> None:
    (site / "routes.d" / "b.yaml").write_text("models: [")
    with pytest.raises(StartRefused, match="nothing is served") as caught:
        load(site)
    assert caught.value.diagnostics[0].at.file == "routes.d/b.yaml"
    assert caught.value.sources["routes.d/b.yaml"] == b"models: ["
    loaded = load(site, allow_partial=True)
    assert set(loaded.snapshot.aliases.names()) == {"fast", "slow"} and loaded.published.rejected


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3"])
def test_an_open_door_without_clients_is_refused(site: Path, host: str) -> None:
    with pytest.raises(StartRefused, match="declare `clients:`"):
        load(site, host=host)
    assert load(site, host=host, auth="none")
    assert load(site, host=host, admin_key="admin-key-0123456789")  # clients are made at run time
    (site / "routes.d" / "c.yaml").write_text(CLIENTS)
    assert load(site, host=host)


def test_what_was_accepted_is_loaded_elsewhere(site: Path) -> None:
    loaded = load(site)
    secrets, clock = SiteSecrets(site, {}), SystemClock()
    snapshot = load_accepted(loaded.published.accepted, Settings(), secrets, clock, Cache())
    assert snapshot is not None and snapshot.generation == loaded.snapshot.generation


def test_the_start_line_counts_and_names_what_is_off(site: Path) -> None:
    off = "".join(
        f"  p{n}: {{dialect: mock, base_url: 'scripted:', key: '${{env:NONE{n}}}', optional: true}}\n"
        for n in range(2)
    )
    (site / "routes.d" / "b.yaml").write_text(
        f"version: 1\nproviders:\n{off}models: {{x: {{targets: [p0/m, p1/m]}}}}\n"
    )
    line = start_line("http://h:1", load(site).snapshot, 3)
    assert line == "proxyctl serving http://h:1 (3 aliases, 2 providers, 3 workers; 2 off: p0, p1)"


def test_a_partial_site_is_not_served_without_its_clients(site: Path) -> None:
    (site / "routes.d" / "c.yaml").write_text('version: 1\nclients: {web: {key: "${file:none}"}}\n')
    with pytest.raises(StartRefused, match="everybody could come in"):
        load(site, allow_partial=True)
    (site / "routes.d" / "d.yaml").write_text(CLIENTS)
    assert load(site, allow_partial=True).snapshot.clients
