from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.clock import SystemClock
from engine.errors import RequestRefused
from engine.server.access.auth import ClientKeys
from engine.server.access.roster import Roster, TokenService, known_late, token_service
from engine.spec.settings import Settings
from tests.server.access.test_bearers import SITE, Signed
from tests.server.running import Lines
from tests.snapshot.sites import MOCK, served
from tests.snapshot.test_stored_clients import row


class Service(Signed):
    """Implements `roster.TokenService`."""

    retained: Iterable[str] = ()

    def retain(self, sources: Iterable[str]) -> None:
        self.retained = sources

    async def run(self) -> None:
        await asyncio.Event().wait()


def test_a_site_without_tokens_needs_no_service() -> None:
    def make() -> TokenService:
        raise AssertionError

    roster = Roster(SystemClock(), make, lambda _: None, lambda _: None)
    keys, use = roster.prepare(served(a="clients: {web: {key: 'sha256:" + "0" * 64 + "'}}"))
    use()
    assert keys.asked and keys.bearers is None and roster.tokens is None
    assert not roster.prepare(served(mock=MOCK))[0].asked


def test_a_site_with_tokens_has_one_service_for_all_its_snapshots() -> None:
    service = Service(t={"sub": "ada"}, web={"sub": "web"})
    started: list[Any] = []
    roster = Roster(SystemClock(), lambda: service, started.append, lambda _: None)
    text = SITE + "  web: {key: 'sha256:" + "0" * 64 + "'}"
    for _ in range(2):
        keys, use = roster.prepare(served(mock=MOCK, a=text))
        use()
    assert started == [service] and service.retained == {"file:k"} and roster.tokens is service
    # Without a single key there are callers that are asked for something.
    assert keys.asked and keys.bearers is not None
    roster.prepare(served(mock=MOCK))[1]()
    assert service.retained == set()


async def test_the_library_is_there_for_those_that_need_it(tmp_path: Path) -> None:
    service = token_service(tmp_path, SystemClock(), Lines())
    assert service.version == 0 and "engine.adapters.tokens" in sys.modules


def test_clients_made_at_run_time_come_and_go() -> None:
    used: list[ClientKeys] = []
    roster = Roster(SystemClock(), lambda: Service(), lambda _: None, used.append)
    site = served(mock=MOCK, a="clients: {ops: {key: 'sha256:" + "0" * 64 + "'}}")
    roster.learn({"clients": [row("web", "d1"), row("ops", "d2")], "any": True})
    assert used == []  # nothing is served yet
    keys, use = roster.prepare(site)
    # A name of a route file is the route file's.
    assert set(keys.by_digest) == {"0" * 64, "d1"}
    roster.learn({"clients": [], "any": True})
    use()
    assert [set(each.by_digest) for each in used] == [{"0" * 64}]


def test_who_had_clients_once_lets_nobody_in_without_a_key() -> None:
    def asked(table: dict[str, Any] | None, *, late: bool = False) -> bool:
        roster = Roster(SystemClock(), lambda: Service(), lambda _: None, lambda _: None, late)
        if table:
            roster.learn(table)
        return roster.prepare(served(mock=MOCK))[0].asked

    assert not asked(None) and not asked({"clients": [], "any": False})
    assert asked({"clients": [], "any": True}) and asked({"clients": [row("web", "d")], "any": True})
    # Nothing is known yet of a database elsewhere.
    assert asked(None, late=True) and not asked({"clients": [], "any": False}, late=True)


@pytest.mark.parametrize(
    ("storage", "late"),
    [
        (None, False),
        ("off", False),
        ("sqlite:///x.db", False),
        ("postgresql://h/d", True),
        ("mariadb://h/d", True),
    ],
)
def test_of_which_databases_nothing_is_known_at_first(storage: str | None, late: bool) -> None:
    assert known_late(Settings(storage=storage)) is late


def test_a_token_may_not_claim_a_name_made_at_run_time() -> None:
    service = Service(t={"sub": "app"})
    roster = Roster(SystemClock(), lambda: service, lambda _: None, lambda _: None)
    roster.learn({"clients": [row("app", "d1")], "any": True})
    keys, _ = roster.prepare(served(mock=MOCK, a=SITE))
    with pytest.raises(RequestRefused, match="the name of another client"):
        keys.find(["eyJ.t."])
