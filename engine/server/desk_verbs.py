"""What actions want of credentials, logins and settings: verbs of the server, by name (`Helpers.verbs`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import EngineError, RequestRefused
from engine.server.runtime_settings import MASK, RuntimeSettings
from engine.server.vault.logins import Logins
from engine.server.vault.pools import Pools
from engine.server.vault.standing import Uses
from engine.server.vault.stored import Place

Json = dict[str, Any]
Args = Mapping[str, Any]
Verb = Callable[[Args], Awaitable[Any]]

NOBODY = "an endpoint"


@dataclass(frozen=True, slots=True)
class DeskVerbs:
    """`uses` counts requests by pool and id. All raise `EngineError`."""

    pools: Pools
    logins: Logins
    settings: RuntimeSettings
    uses: Callable[[], Uses]

    def by_name(self) -> dict[str, Verb]:
        return {
            "desk.credentials.list": self.all,
            "desk.credentials.add": self.add,
            "desk.credentials.select": self.select,
            "desk.credentials.auto": self.auto,
            "desk.credentials.rotation": self.rotation,
            "desk.credentials.current": self.current,
            "desk.credentials.delete": self.delete,
            "desk.credentials.test": self.test,
            "desk.login.start": self.start,
            "desk.login.poll": self.poll,
            "desk.settings.get": self.get,
            "desk.settings.set": self.set,
        }

    # Credentials

    async def all(self, args: Args) -> Json:
        return {"credentials": self._listed(args["pool"], args.get("show", ()))}

    async def add(self, args: Args) -> Json:
        about = {name: args[name] for name in ("pool", "id", "key", "expires", "replace") if name in args}
        pool, id_ = await self.pools.treasury.add({**args.get("values", {}), **about}, _who(args))
        return {"pool": pool, "id": id_}

    async def select(self, args: Args) -> Json:
        place, index = self._place(args)
        return {**await self.pools.select(place, _who(args)), "id": place[1], "index": index}

    async def auto(self, args: Args) -> Json:
        return await self.pools.auto(args["pool"], _who(args))

    async def rotation(self, args: Args) -> Json:
        said = {name: args[name] for name in ("on", "every") if name in args}
        return await self.pools.rotation(args["pool"], said or {"on": None}, _who(args))

    async def current(self, args: Args) -> Json:
        told, listed = self.pools.one(args["pool"]), self._listed(args["pool"], args.get("show", ()))
        used = (each for each in listed if each["id"] == told["current"]["id"])
        return {**told, "credential": next(used, None)}

    async def delete(self, args: Args) -> Json:
        place, index = self._place(args)
        await self.pools.treasury.delete(place, _who(args))
        return {"pool": place[0], "id": place[1], "index": index}

    async def test(self, args: Args) -> Json:
        place, _ = self._place(args)
        told: Json = {"pool": place[0], "id": place[1], "works": True, "error": None}
        try:
            provider, tried = await self.pools.treasury.converse(
                place, args.get("model"), args.get("message")
            )
        except EngineError as failure:
            info = failure.info
            error = {"class": info.error_class.value, "message": info.message}
            return {**told, "works": False, "error": error}
        return {**told, "provider": provider, "text": tried.text, "model": tried.model}

    def _listed(self, pool: str, show: Iterable[str]) -> list[Json]:
        treasury = self.pools.treasury
        found = treasury.standings(self.uses()).pool(treasury.pool(pool))
        return [
            {**each, "index": index, "values": self._values((pool, each["id"]), show)}
            for index, each in enumerate(found)
        ]

    def _values(self, place: Place, show: Iterable[str]) -> Json:
        """Only what the site asks for by its name is told of a credential; its key never is."""
        try:
            data = self.pools.treasury.find(place).data
        except EngineError:  # one that cannot be opened
            return {}
        return {name: data[name] for name in show if name in data and name != "key"}

    def _place(self, args: Args) -> tuple[Place, int]:
        """The credential that is meant, by its id or its place in the list. Raises `RequestRefused`."""
        ids = [each["id"] for each in self._listed(args["pool"], ())]
        index = args.get("index")
        if index is None:
            if args["id"] not in ids:
                message = f"pool {args['pool']!r} has no credential {args['id'][:100]!r}"
                raise RequestRefused(message, status=404, code="no_such_credential", param="id")
            return (args["pool"], args["id"]), ids.index(args["id"])
        if not 0 <= index < len(ids):
            message = f"there is no credential at {index}: pool {args['pool']!r} has {len(ids)}"
            raise RequestRefused(message, param="index", code="no_such_credential")
        return (args["pool"], ids[index]), index

    # Logins

    async def start(self, args: Args) -> Json:
        return await self.logins.start(args["provider"], args.get("pool"), args.get("id"))

    async def poll(self, args: Args) -> Json:
        told = await self.logins.poll(args["provider"], args["login"])
        if told.get("id") is None:
            return told
        return {**told, "values": self._values((told["pool"], told["id"]), args.get("show", ()))}

    # Settings

    async def get(self, args: Args) -> Json:
        return _settings(self.settings.all(), args.get("names"))

    async def set(self, args: Args) -> Json:
        known, only = self.settings.values, args.get("names")
        given: Json = {}
        for name, value in args["settings"].items():
            meant = name in known and (only is None or name in only)
            if meant or not args.get("ignore_unknown"):
                given[name] = value
            if only is not None and name not in only and not args.get("ignore_unknown"):
                message = f"the setting {name[:80]!r} cannot be changed here"
                raise RequestRefused(message, param=name[:80], code="unknown_setting")
        changed = await self.settings.set(given, _who(args))
        return {**_settings(self.settings.all(), only), "changed": changed}


def _settings(all_: Iterable[Json], names: Iterable[str] | None) -> Json:
    shown = [each for each in all_ if names is None or each["name"] in names]
    return {
        "settings": {each["name"]: _shown(each) for each in shown},
        "labels": {each["name"]: each["label"] or each["name"] for each in shown},
        "all": shown,
    }


def _shown(setting: Json) -> Any:
    return MASK if setting["secret"] and setting["set"] else setting["value"]


def _who(args: Args) -> str:
    return str(args.get("who") or NOBODY)
