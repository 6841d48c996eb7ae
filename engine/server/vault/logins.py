"""Logins between their start and their end, for all workers: whoever is asked goes on with them.

Each is a file of the run directory, encrypted, locked while somebody asks the platform. A file is gone when
its time is over, and there are never many.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from engine.adapters.safe import Locked, Sealed
from engine.adapters.whole_file import write_whole
from engine.errors import EngineUnavailable, ErrorInfo, RequestRefused
from engine.gateway import login
from engine.gateway.login import DENIED, GRANTED, PENDING, Started
from engine.server.vault.treasury import Keeping, Treasury

MOST = 100
# How long the end of a login is remembered after its time, for whoever asks once more.
SWEPT_AFTER = 60.0
CONTEXT = "login"

Json = dict[str, Any]


class Logins:
    """`directory` is for the server's own processes alone."""

    def __init__(self, treasury: Treasury, directory: Path) -> None:
        self._treasury = treasury
        self._directory = directory

    async def start(self, provider_name: str, pool: str | None = None, id_: str | None = None) -> Json:
        """`{login, link, code, every, expires}`. Raises `EngineError`."""
        treasury = self._treasury
        keeping = treasury.keeping(provider_name, pool, id_)
        self._sweep()
        await treasury.ready(keeping)  # a token that cannot be stored is not asked for
        started = await login.start(treasury.outside, treasury.provider(provider_name))
        name = treasury.outside.entropy.uid("login")
        state = {**keeping._asdict(), "started": asdict(started)}
        self._write(name, state)
        return {"login": name, **shown(started)}

    async def poll(self, provider_name: str, name: str) -> Json:
        """`{state: pending | denied | granted}`, with `every` while it is pending, with the place of the
        credential once it is granted, and with an `error` where there is one. Raises `EngineError`."""
        with self._held(name) as free:
            if not free:
                return {"state": PENDING, "every": 1.0, "error": None}
            state = self._read(name)
            if state is None or state["provider"] != provider_name:
                raise RequestRefused("there is no such login", status=404, code="no_such_login")
            if state.get("done"):
                return dict(state["done"])
            return await self._ask(name, state)

    async def _ask(self, name: str, state: Json) -> Json:
        fields = state.get("granted")
        if fields is None:
            provider = self._treasury.provider(state["provider"])
            polled = await login.poll(self._treasury.outside, provider, Started(**state["started"]))
            state["started"] = asdict(polled.started)
            if polled.state != GRANTED:
                told = {"state": polled.state, "every": polled.started.every, "error": _said(polled.error)}
                self._write(name, {**state, "done": told if polled.state == DENIED else None})
                return told
            fields = dict(polled.fields)
        return await self._store(name, state, fields)

    async def _store(self, name: str, state: Json, fields: Mapping[str, Any]) -> Json:
        """A token that cannot be stored now is kept for the next time: the platform gives it once."""
        keeping = Keeping(state["provider"], state["pool"], state["id"])
        try:
            _, id_ = await self._treasury.keep(keeping, fields, who=f"login {keeping.provider}")
        except EngineUnavailable as away:
            self._write(name, {**state, "granted": dict(fields)})
            return {"state": PENDING, "every": 2.0, "error": _said(away.info)}
        told = {
            "state": GRANTED,
            "error": None,
            "pool": state["pool"],
            "id": id_,
            "expires": fields.get("expires"),
        }
        self._write(
            name, {**state, "started": {**state["started"], "values": None}, "granted": None, "done": told}
        )
        return told

    # Files

    @contextmanager
    def _held(self, name: str) -> Iterator[bool]:
        """Whether the login is ours alone for now. Raises `RequestRefused` when there is none."""
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise RequestRefused("there is no such login", status=404, code="no_such_login")
        try:
            lock = os.open(self._directory / f"{name}.lock", os.O_RDWR)
        except OSError as exc:
            raise RequestRefused("there is no such login", status=404, code="no_such_login") from exc
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True
        finally:
            os.close(lock)

    def _read(self, name: str) -> Json | None:
        try:
            data, key_id = orjson.loads((self._directory / f"{name}.json").read_bytes())
            return self._treasury.safe.open(CONTEXT, name, Sealed(data, key_id))
        except (OSError, ValueError, Locked):
            return None

    def _write(self, name: str, state: Json) -> None:
        try:
            sealed = self._treasury.safe.seal(CONTEXT, name, state)
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._directory / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600))
            write_whole(self._directory / f"{name}.json", orjson.dumps(list(sealed)))
        except (OSError, Locked) as exc:
            raise EngineUnavailable(f"the login cannot be kept: {exc}", code="login_not_kept") from exc

    def _sweep(self) -> None:
        """Raises `EngineUnavailable` when there are too many that are not over."""
        now, open_ = self._treasury.outside.clock.now(), 0
        for path in self._directory.glob("*.json") if self._directory.is_dir() else ():
            state = self._read(path.stem)
            if state is None or state["started"]["ends"] + SWEPT_AFTER < now:
                for suffix in (".json", ".lock"):
                    with suppress(OSError):
                        path.with_suffix(suffix).unlink()
            elif not state.get("done"):
                open_ += 1
        if open_ >= MOST:
            message = f"{open_} logins are open; finish one, or wait"
            raise EngineUnavailable(message, code="too_many_logins", retry_after=60.0)


def shown(started: Started) -> Json:
    """What the user is to be told."""
    return {"link": started.link, "code": started.code, "every": started.every, "expires": started.ends}


def _said(error: ErrorInfo | None) -> Json | None:
    return {"message": error.message, "code": error.code} if error else None
