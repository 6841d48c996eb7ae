"""What acts on credentials at run time: changes go to the database, encrypted; calls go out as requests do.

The admin pages, the background errands and the command line all work through this.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.adapters.safe import Locked, Safe
from engine.credentials.model import Credential, Directory, Pool
from engine.errors import EngineError, EngineUnavailable, RequestRefused
from engine.gateway.errand import try_operation
from engine.gateway.outside import Outside
from engine.gateway.trial import MESSAGE, Tried, try_chat
from engine.server.vault.files import CredentialShelf
from engine.server.vault.keyring import Keyring
from engine.server.vault.standing import Standings, Uses, pools_of
from engine.server.vault.stored import Place
from engine.snapshot.credentials import limits_of
from engine.snapshot.model import Provider, Snapshot
from engine.snapshot.moments import HINT, moment

# What is about a credential; all else that is given is part of it.
ABOUT = frozenset({"pool", "id", "weight", "models", "limits", "expires", "replace", "provider"})
# What a directory says for all of its credentials.
OF_THE_POOL = ("weight", "models", "limits")
OPERATION, CHAT = "models", "chat"

# A verb of the storage (`storage/verbs.py`) and its arguments.
Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


class Keeping(NamedTuple):
    """What a login is for: `id` None takes the name that the platform gives."""

    provider: str
    pool: str
    id: str | None


@dataclass(frozen=True, slots=True)
class Treasury:
    """Raises `EngineError` for whatever cannot be done; no secret is in it."""

    outside: Outside
    keyring: Keyring
    safe: Safe
    ask: Ask
    served: Callable[[], Snapshot | None]

    @property
    def snapshot(self) -> Snapshot:
        found = self.served()
        if found is None:
            raise EngineUnavailable("nothing is served yet", code="not_ready", retry_after=1.0)
        return found

    @property
    def shelf(self) -> CredentialShelf:
        return CredentialShelf(self.keyring.site, self.keyring, self.outside.clock)

    def standings(self, uses: Uses) -> Standings:
        """How credentials stand now. `uses` counts requests by pool and id."""
        return Standings(self.keyring, self.outside.counters, uses, self.outside.clock.now())

    # Who is there

    def pool(self, name: str) -> Pool:
        found = pools_of(self.snapshot).get(name)
        if found is None:
            raise RequestRefused(f"there is no pool {name!r}", status=404, code="no_such_pool", param="pool")
        return found

    def find(self, place: Place) -> Credential:
        pool = self.pool(place[0])
        files = self.keyring.look.credentials.get(pool.name, ())
        stored = self.keyring.stored.credentials.get(pool.name, ())
        for credential in (*pool.credentials, *files, *stored):
            if credential.id == place[1]:
                return credential
        raise _unknown(place)

    def provider(self, name: str) -> Provider:
        found = self.snapshot.providers.get(name)
        if found is None:
            raise RequestRefused(f"there is no provider {name!r}", status=404, code="no_such_provider")
        return found

    def user_of(self, pool: str, operation: str) -> Provider:
        """A provider that uses the pool, one whose platform has the operation if there is any."""
        users = [each for each in self.snapshot.providers.values() if each.pool and each.pool.name == pool]
        able = [each for each in users if operation in each.dialect.operations and each.off is None]
        if not users:
            message = f"no provider uses the pool {pool!r}"
            raise RequestRefused(message, code="unused_pool", param="pool")
        return able[0] if able else users[0]

    def renewer_of(self, pool: str) -> Provider | None:
        """A provider of the pool whose platform can renew a credential."""
        for each in self.snapshot.providers.values():
            login = each.dialect.login
            if each.pool and each.pool.name == pool and each.off is None and login and login.refresh:
                return each
        return None

    # What is done

    async def add(self, given: Mapping[str, Any], who: str) -> Place:
        """Store `{pool, id, key, …}`; further names are part of the credential. A pool with a directory that
        is written keeps it there, and may do without `id`."""
        pool = self.pool(_text(given, "pool"))
        fields = {name: value for name, value in given.items() if name not in ABOUT and value is not None}
        key = fields.get("key")
        if not fields or ("key" in fields and not (isinstance(key, str) and key)):
            raise RequestRefused("a credential needs a `key`, a text", param="key", code="no_key")
        form = self.shelf.writable(pool)
        if form is not None:
            return await self._add_file(pool, form, given, fields, who)
        place = pool.name, _text(given, "id")
        self._refuse_declared(place)
        args = {
            "weight": _number(given.get("weight", 1.0), "weight"),
            "models": _globs(given.get("models")),
            "limits": given.get("limits") if limits_of(given.get("limits")) else None,
            "expires": _time(given.get("expires")),
            "provider": given.get("provider"),
            "replace": given.get("replace") is True,
            "who": who,
        }
        await self.ask("credentials.add", {**self._sealed(place, fields), **args})
        return place

    async def _add_file(
        self, pool: Pool, form: Directory, given: Mapping[str, Any], fields: Mapping[str, Any], who: str
    ) -> Place:
        said = next((name for name in OF_THE_POOL if given.get(name) is not None), None)
        if said is not None:
            message = f"`{said}` of a credential in {form.path} is what the site says for the directory"
            raise RequestRefused(message, param=said, code="unsupported_parameter")
        id_, replace = given.get("id"), given.get("replace") is True
        if id_ is not None:
            id_ = _text(given, "id")
            if any(credential.id == id_ for credential in pool.credentials):
                raise _declared((pool.name, id_))
        whole = {**fields, "expires": _time(given.get("expires"))}
        place = await self.shelf.add(pool, form, id_, whole, replace=replace)
        await self.note("credential added", "/".join(place), who)
        return place

    async def keep(self, keeping: Keeping, fields: Mapping[str, Any], who: str) -> Place:
        """Store what a login gave, in the place of what an earlier one of the same name gave."""
        pool = self.pool(keeping.pool)
        form = self.shelf.writable(pool)
        if form is not None:
            place = await self.shelf.add(pool, form, keeping.id, fields, replace=True)
            await self.note("credential added", "/".join(place), who)
            return place
        id_ = keeping.id or str(fields.get("id") or self.outside.entropy.uid("login"))
        named = {"pool": keeping.pool, "id": id_, "provider": keeping.provider, "replace": True}
        return await self.add({**fields, **named}, who)

    async def ready(self, keeping: Keeping) -> None:
        """Raises `EngineUnavailable` when what a login gives could not be kept now."""
        form = self.shelf.writable(self.pool(keeping.pool))
        if form is not None:
            self.shelf.check(form)
        else:
            await self.ask("credentials.ready", {})

    def keeping(self, provider_name: str, pool: str | None, id_: str | None) -> Keeping:
        """Where a login at a provider is going to be kept."""
        provider = self.provider(provider_name)
        target = pool or (provider.pool.name if provider.pool else None)
        if target is None:
            message = f"provider {provider_name!r} has no pool to keep a credential in; name one"
            raise RequestRefused(message, param="pool", code="no_pool")
        return Keeping(provider_name, self.pool(target).name, id_)

    async def note(self, what: str, target: str, who: str) -> None:
        """A row of the audit, for what is kept elsewhere; while the database is away, a line in the log."""
        args = {"at": self.outside.clock.now(), "who": who, "what": what, "target": target}
        try:
            await self.ask("audit.note", args)
        except EngineUnavailable as away:
            fields = {"who": who, "what": what, "target": target, "error": away.info.message}
            self.outside.telemetry.log("warning", "audit row lost", fields)

    async def converse(self, place: Place, model: str | None, message: str | None) -> tuple[str, Tried]:
        """Chat once with it; the name of the provider, and what came back. Raises `EngineError`."""
        pool, credential = self.pool(place[0]), self.find(place)
        provider = self.user_of(pool.name, CHAT)
        said = message or MESSAGE
        return provider.name, await try_chat(self.outside, self.snapshot, provider, credential, model, said)

    async def test(self, place: Place, operation: str | None = None) -> str:
        """Call the platform with it; the name of the provider. Raises `EngineError` when it does not work."""
        pool, credential = self.pool(place[0]), self.find(place)
        wanted = operation or (pool.probe.operation if pool.probe else OPERATION)
        provider = self.user_of(pool.name, wanted)
        await try_operation(self.outside, provider, credential, wanted)
        return provider.name

    async def disable(self, place: Place, reason: str, who: str) -> None:
        self.find(place)
        await self.ask("credentials.disable", {**self._named(place), "reason": reason, "who": who})

    async def enable(self, place: Place, who: str) -> None:
        """It is on again, whoever turned it off; what is held against it is forgotten."""
        if place not in self.keyring.stored.rows:
            self.find(place)
        await self.ask("credentials.enable", {**self._named(place), "who": who})

    async def delete(self, place: Place, who: str) -> None:
        placed = self.keyring.look.places.get(place)
        if placed is None:
            await self.ask("credentials.delete", {**self._named(place), "who": who})
            return
        await self.shelf.remove(placed)
        if place in self.keyring.stored.rows:  # one that comes under the same name is another
            await self.ask("credentials.enable", {**self._named(place), "who": who})
        await self.note("credential deleted", "/".join(place), who)

    async def renew(self, place: Place, before: str, fields: Mapping[str, Any]) -> bool:
        """Put what a refresh gave in the place of `before`, a ciphertext or a file's key; false when that is
        gone."""
        placed = self.keyring.look.places.get(place)
        if placed is not None:
            return await self.shelf.renew(placed, fields, before)
        held = {name: value for name, value in fields.items() if name not in ("id", "expires")}
        sealed = self._sealed(place, held)
        args = {"before": before, "expires": fields.get("expires")}
        return bool(await self.ask("credentials.renew", {**sealed, **args}))

    def _refuse_declared(self, place: Place) -> None:
        pool = self.pool(place[0])
        files = self.keyring.look.credentials.get(pool.name, ())
        if any(credential.id == place[1] for credential in (*pool.credentials, *files)):
            raise _declared(place)

    def _named(self, place: Place) -> dict[str, Any]:
        return {"pool": place[0], "id": place[1], "now": self.outside.clock.now()}

    def _sealed(self, place: Place, fields: Mapping[str, Any]) -> dict[str, Any]:
        try:
            sealed = self.safe.seal(*place, fields)
        except Locked as locked:
            raise EngineUnavailable(str(locked), code="no_secret_key") from locked
        return {**self._named(place), "data": sealed.data, "key_id": sealed.key_id}


def _declared(place: Place) -> EngineError:
    message = f"the credential {place[1]!r} of pool {place[0]!r} stands in the site's files"
    return RequestRefused(message, status=409, code="already_there", param="id")


def _unknown(place: Place) -> EngineError:
    message = f"pool {place[0]!r} has no credential {place[1]!r}"
    return RequestRefused(message, status=404, code="no_such_credential", param="id")


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not found:
        raise RequestRefused(f"`{name}` is missing: a text", param=name, code="missing_required_parameter")
    return found


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise RequestRefused(f"`{name}` is a number, 0 or more", param=name, code="invalid_value")
    return float(value)


def _globs(value: Any) -> list[str] | None:
    globs = [value] if isinstance(value, str) else value
    if globs is not None and not (
        isinstance(globs, list) and globs and all(isinstance(each, str) for each in globs)
    ):
        raise RequestRefused("`models` is a list of globs", param="models", code="invalid_value")
    return globs


def _time(value: Any) -> float | None:
    try:
        return None if value is None else moment(value)
    except ValueError as exc:
        raise RequestRefused(f"`expires` is no time: {HINT}", param="expires", code="invalid_value") from exc
