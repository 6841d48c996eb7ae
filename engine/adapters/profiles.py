"""Users' settings, opened and sealed: keys come to the database as ciphertext alone, and to users masked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.adapters.safe import Locked, Safe, Sealed
from engine.errors import EngineUnavailable, RequestRefused
from engine.gateway.own_target import check_url

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
Row = Mapping[str, Any]

NOTHING: Row = {"preset": None, "url": None, "model": None, "params": {}}
SHOWN = ("preset", "url", "model", "params")
LONGEST = {"preset": 200, "url": 2000, "model": 200, "key": 4000}


def profile_verbs(
    safe: Safe, ask: Ask, allowed: tuple[str, ...]
) -> dict[str, Callable[[Row], Awaitable[Any]]]:
    """`profiles.open`, `show` and `change`, over the clerk's `profiles.get` and `profiles.set`."""
    profiles = Profiles(safe, ask, allowed)
    return {
        "profiles.open": profiles.open,
        "profiles.show": profiles.show,
        "profiles.change": profiles.change,
    }


def context(space: str) -> str:
    """What keys are sealed for, beside their owner."""
    return f"profiles/{space}"


class Profiles:
    """`allowed`: private networks that users' URLs may lead to."""

    def __init__(self, safe: Safe, ask: Ask, allowed: tuple[str, ...] = ()) -> None:
        self._safe = safe
        self._ask = ask
        self._allowed = allowed

    async def open(self, args: Row) -> dict[str, Any] | None:
        """Key and all, for a request of its owner; None when nothing was set."""
        row = await self._ask("profiles.get", {"space": args["space"], "owner": args["owner"]})
        if row is None:
            return None
        return {**NOTHING, **(row["data"] or {}), "key": self._key(args["space"], row)}

    async def show(self, args: Row) -> dict[str, Any]:
        """As it may be shown: the key masked, unless it is to be `reveal`ed."""
        row = await self._ask("profiles.get", {"space": args["space"], "owner": args["owner"]})
        if row is None:
            return {"owner": args["owner"], "set": False, **NOTHING, "key": None, "updated": None}
        key = self._key(args["space"], row)
        return _told(row, key if args.get("reveal") else masked(key))

    async def change(self, args: Row) -> dict[str, Any]:
        """`space owner at`, and `data`: all that is wanted from now on. Raises `RequestRefused`."""
        space, owner, data = args["space"], args["owner"], dict(args["data"])
        _check_lengths(data)
        if data.get("url"):
            check_url(data["url"], self._allowed)
        before = await self._ask("profiles.get", {"space": space, "owner": owner})
        key = self._wanted(data.pop("key", None), data.get("url"), space, before)
        said = {"space": space, "owner": owner, "at": args["at"], "data": data}
        if key:
            try:
                sealed = self._safe.seal(context(space), owner, {"key": key})
            except Locked as locked:
                raise _closed(locked) from locked
            said |= {"sealed": sealed.data, "key_id": sealed.key_id}
        return _told(await self._ask("profiles.set", said), masked(key))

    def _wanted(self, given: str | None, url: str | None, space: str, before: Row | None) -> str | None:
        """The key from now on. One that is left out, or comes back as it was shown, stays where it was: with
        another URL it would be sent to somebody else. Raises `RequestRefused`."""
        if given == "" or (given is None and (before is None or before["sealed"] is None)):
            return None
        known = self._key(space, before) if before is not None else None
        if given is not None and given != masked(known):
            return given
        same = before is not None and url == (before["data"] or {}).get("url")
        if given is not None and not same:
            message = "the URL is another one: give the key itself, not what is shown of it"
            raise RequestRefused(message, code="key_needed", param="key")
        return known if same else None

    def _key(self, space: str, row: Row) -> str | None:
        if row["sealed"] is None:
            return None
        try:
            opened = self._safe.open(context(space), row["owner"], Sealed(row["sealed"], row["key_id"] or ""))
        except Locked as locked:
            raise _closed(locked) from locked
        key: str | None = opened.get("key")
        return key


def masked(key: str | None) -> str | None:
    """Enough to know it again, not enough to use it."""
    if not key:
        return None
    return f"{key[:3]}…{key[-4:]}" if len(key) >= 16 else "…"


def _told(row: Row, key: str | None) -> dict[str, Any]:
    data = row["data"] or {}
    known = {name: data.get(name) if name != "params" else data.get(name) or {} for name in SHOWN}
    return {"owner": row["owner"], "set": True, **known, "key": key, "updated": row["updated"]}


def _check_lengths(data: Row) -> None:
    for name, longest in LONGEST.items():
        value = data.get(name)
        if isinstance(value, str) and (len(value) > longest or not value.isprintable()):
            message = f"{name}: printable text of at most {longest} characters"
            raise RequestRefused(message, code="invalid_value", param=name)


def _closed(locked: Locked) -> EngineUnavailable:
    return EngineUnavailable(f"keys of users cannot be opened or sealed: {locked}", code="keys_locked")
