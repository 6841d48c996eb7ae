"""A treasury over tables in memory, a scripted upstream, and a clock that a test moves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.adapters.counters import LocalCounters
from engine.adapters.safe import Safe
from engine.config.site import SiteFiles
from engine.credentials.vault import Vault
from engine.errors import EngineUnavailable, RequestRefused
from engine.gateway.outside import Outside
from engine.server.vault.keyring import Keyring
from engine.server.vault.stored import Place
from engine.server.vault.treasury import Treasury
from engine.snapshot.compile import compile_site
from engine.snapshot.model import Snapshot
from tests.gateway.logins import DEVICE_FLOW
from tests.gateway.playbook import Environment, ScriptedUpstream, Time, World
from tests.server.rows import row
from tests.server.running import Lines

MORE = """
version: 1
providers:
  w: {dialect: device, base_url: "https://w.test", pool: written}
pools:
  written:
    on_error: {auth: {disable: true}}
    probe: {every: 1m}
    credentials: [{id: declared, key: written-key-1}]
  unused: {credentials: [{id: u, key: unused-key-1}]}
"""


class Vaulted:
    """`rows` are what the clerk holds; each change is published at once. While it is `away` nobody can ask."""

    def __init__(self, site: Path) -> None:
        self.clock = World(Time())
        self.upstream = ScriptedUpstream()
        self.lines = Lines()
        self.vault = Vault()
        self.counters = LocalCounters(now=self.clock.now)
        world: Any = self.clock
        self.outside = Outside(self.upstream, world, world, self.counters, self.lines, vault=self.vault)
        self.safe = Safe(["a key for tests only"], site)
        data = site / "data"
        self.keyring = Keyring(site, data, self.vault, self.safe, world, self.counters, self.lines)
        files = {"routes.d/a.yaml": DEVICE_FLOW.encode(), "routes.d/b.yaml": MORE.encode()}
        made = compile_site(SiteFiles(files), Environment({})).snapshot
        assert made is not None
        self.snapshot: Snapshot = made
        self.served: Snapshot | None = made
        self.rows: dict[Place, dict[str, Any]] = {}
        self.away = False
        self.noted: list[tuple[str, str]] = []
        self.treasury = Treasury(self.outside, self.keyring, self.safe, self.ask, lambda: self.served)

    def wait(self, seconds: float) -> None:
        self.clock.timeline.elapsed += seconds

    async def ask(self, verb: str, args: Mapping[str, Any]) -> Any:
        if self.away:
            raise EngineUnavailable("the database is away", code="storage_away")
        if verb == "credentials.ready":
            return True
        if verb == "audit.note":
            self.noted.append((args["what"], args["target"]))
            return None
        place = str(args["pool"]), str(args["id"])
        result = getattr(self, f"_{verb.removeprefix('credentials.')}")(place, args)
        self.keyring.follow([dict(each) for each in self.rows.values()])
        return result

    def _add(self, place: Place, args: Mapping[str, Any]) -> None:
        if place in self.rows and not args["replace"]:
            raise RequestRefused("already", code="already_there", status=409)
        self.rows[place] = {**row(None, *place), **args}

    def _renew(self, place: Place, args: Mapping[str, Any]) -> bool:
        if place not in self.rows or self.rows[place]["data"] != args["before"]:
            return False
        fresh = {name: args[name] for name in ("data", "key_id", "expires")}
        self.rows[place] |= {**fresh, "problem": None, "lease": None}
        return True

    def _fail(self, place: Place, args: Mapping[str, Any]) -> None:
        self.rows[place]["problem"] = args["problem"]

    def _lease(self, place: Place, args: Mapping[str, Any]) -> bool:
        held = self.rows[place]["lease"]
        if held is not None and held > args["now"]:
            return False
        self.rows[place]["lease"] = args["until"]
        return True

    def _disable(self, place: Place, args: Mapping[str, Any]) -> None:
        self.rows.setdefault(place, row(None, *place))["disabled"] = args["reason"]

    def _enable(self, place: Place, args: Mapping[str, Any]) -> None:
        self.rows.setdefault(place, row(None, *place)).update({"disabled": None, "enabled": args["now"]})

    def _delete(self, place: Place, args: Mapping[str, Any]) -> None:
        if place not in self.rows:
            raise RequestRefused("none", code="no_such_credential", status=404)
        del self.rows[place]
