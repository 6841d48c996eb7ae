"""Sessions of the admin page: a cookie in the place of the admin key, for browsers.

The cookie is sealed by the server and says until when it holds, so every worker can read it and none keeps
it. A session that is logged out leaves a file in the run directory until its time is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.adapters.safe import Locked, Safe, Sealed
from engine.errors import EngineUnavailable, RequestRefused
from engine.events import Inbound
from engine.ports import Clock

COOKIE = "proxyctl_session"
LASTS = 12 * 3600.0
CONTEXT = ("session", "admin")
READING = ("GET", "HEAD")

Fields = dict[str, Any]


class Sessions:
    """`key` is the admin key as it is set: with another one, sessions are over. The directory `ended` is for
    the server's own processes alone."""

    def __init__(
        self, safe: Safe, clock: Clock, key: str | None, ended: Path, new_id: Callable[[], str]
    ) -> None:
        self._safe = safe
        self._clock = clock
        self._key = hashlib.sha256((key or "").encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._ended = ended
        self._new_id = new_id

    def begin(self) -> str:
        """The value of a new session's cookie. Raises `EngineUnavailable` where nothing can be sealed."""
        self._sweep()
        fields = {"id": self._new_id(), "ends": self._clock.now() + LASTS, "key": self._key}
        try:
            sealed = self._safe.seal(*CONTEXT, fields)
        except Locked as locked:
            raise EngineUnavailable(f"no session can be kept: {locked}", code="no_secret_key") from locked
        return f"{sealed.key_id}.{sealed.data}"

    def admit(self, inbound: Inbound) -> bool:
        """Whether the request belongs to a session. Raises `RequestRefused` for a change that a page of
        another origin asks for: browsers send the cookie along whoever asks."""
        if self._fields(inbound) is None:
            return False
        if inbound.method not in READING and not is_own_page(inbound):
            message = "only the pages of this server may change something with the cookie of a session"
            raise RequestRefused(message, status=403, code="origin_not_allowed")
        return True

    def end(self, inbound: Inbound) -> None:
        fields = self._fields(inbound)
        if fields is not None:
            with suppress(OSError):
                self._ended.mkdir(mode=0o700, parents=True, exist_ok=True)
                (self._ended / fields["id"]).touch(mode=0o600)

    def _fields(self, inbound: Inbound) -> Fields | None:
        key_id, dot, data = cookie(inbound, COOKIE).partition(".")
        if not dot:
            return None
        try:
            fields = self._safe.open(*CONTEXT, Sealed(data, key_id))
        except Locked:
            return None
        valid = fields["key"] == self._key and fields["ends"] > self._clock.now()
        return fields if valid and not (self._ended / fields["id"]).exists() else None

    def _sweep(self) -> None:
        """What was logged out longer ago than any session lasts need not be remembered."""
        before = self._clock.now() - LASTS
        for path in self._ended.iterdir() if self._ended.is_dir() else ():
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()


def cookie(inbound: Inbound, name: str) -> str:
    """The value of a cookie, empty when it is not there."""
    for part in inbound.headers.get("cookie", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def is_own_page(inbound: Inbound) -> bool:
    """Whether a page of this server sends it, as far as browsers tell: they always tell of changes."""
    site = inbound.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = inbound.headers.get("origin", "")
    try:
        return bool(origin) and urlsplit(origin).netloc.lower() == inbound.headers.get("host", "").lower()
    except ValueError:
        return False
