"""Credentials that are kept as files of a directory, where the site says how they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.adapters.credential_files import SUFFIX, Placed
from engine.adapters.kept_json import KeptJson, Unkept
from engine.credentials.model import Directory, Pool
from engine.errors import EngineUnavailable, RequestRefused
from engine.ports import Clock
from engine.server.vault.keyring import Keyring
from engine.server.vault.stored import Place

# A file's name is made of these alone: it can lead nowhere else, and every system takes it.
PLAIN = re.compile(r"[A-Za-z0-9@+-][A-Za-z0-9._@+-]{0,99}")
ODD = re.compile(r"[^A-Za-z0-9._@+-]+")
LONGEST = 100


@dataclass(frozen=True, slots=True)
class CredentialShelf:
    """Writes and removes files of credentials; what is watched sees them at once. Paths are of the site.

    Raises `EngineUnavailable` where nothing can be written, and `RequestRefused`.
    """

    site: Path
    keyring: Keyring
    clock: Clock

    def writable(self, pool: Pool) -> Directory | None:
        """The directory in which new credentials of a pool are kept, if they are."""
        return next((each for each in pool.directories if each.write is not None), None)

    async def add(
        self, pool: Pool, form: Directory, id_: str | None, fields: Mapping[str, Any], *, replace: bool
    ) -> Place:
        """Keep a new credential; `id_` None takes the name that the site gives, or that of the fields, with a
        number where it is taken: names hold times, and two may come in a second."""
        assert form.write is not None
        named, written = form.write(fields, self.clock.now())
        name = checked(id_) if id_ is not None else plain(named or str(fields.get("id") or ""))
        if id_ is None and not replace:
            name = self._free(form, name)
        self._check_readable(form, name, written)
        kept = self._file(form, name)
        if kept.stamp() is not None and not replace:
            message = f"the directory of pool {pool.name!r} has a file {name}{SUFFIX} already"
            raise RequestRefused(message, status=409, code="already_there", param="id")
        self._write(kept, written)
        await self.keyring.look_now()
        return pool.name, name

    def _file(self, form: Directory, name: str) -> KeptJson:
        return KeptJson(self.site / form.path / f"{name}{SUFFIX}")

    def _free(self, form: Directory, name: str) -> str:
        """The name, or it with the first number of which there is no file."""
        short = name[: LONGEST - 5]
        numbered = (f"{short}_{number}" for number in range(2, 1000))
        return next((each for each in (name, *numbered) if self._file(form, each).stamp() is None), name)

    async def renew(self, placed: Placed, fields: Mapping[str, Any], key_before: str | None) -> bool:
        """Put what a refresh gave into the file, of which all else stays. False: another key is there now."""
        assert placed.form.write is not None
        _, written = placed.form.write(fields, self.clock.now())
        kept = KeptJson(self.site / placed.name)
        try:
            before = kept.read()
        except Unkept:
            return False
        if placed.form.read(Path(placed.name).stem, before, self.clock.now()).key != key_before:
            return False
        self._write(kept, {**before, **written})
        await self.keyring.look_now()
        return True

    async def remove(self, placed: Placed) -> None:
        if placed.form.write is None:
            message = f"{placed.name} is in a directory that the site only reads: delete the file there"
            raise RequestRefused(message, status=409, code="read_only", param="id")
        try:
            (self.site / placed.name).unlink(missing_ok=True)
        except OSError as exc:
            message = f"{placed.name} cannot be deleted: {(exc.strerror or str(exc)).lower()}"
            raise EngineUnavailable(message, code="not_kept") from exc
        await self.keyring.look_now()

    def check(self, form: Directory) -> None:
        """Raises `EngineUnavailable` when nothing can be written there."""
        probe = self.site / form.path / ".probe"
        try:
            probe.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe.touch(mode=0o600)
            probe.unlink(missing_ok=True)
        except OSError as exc:
            message = f"the directory {form.path} cannot be written: {(exc.strerror or str(exc)).lower()}"
            raise EngineUnavailable(message, code="not_kept") from exc

    def _check_readable(self, form: Directory, name: str, written: Mapping[str, Any]) -> None:
        """What would be skipped when it is read is not written."""
        form.read(name, orjson.loads(orjson.dumps(written)), self.clock.now())

    def _write(self, kept: KeptJson, written: Mapping[str, Any]) -> None:
        try:
            kept.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept.write(written)
        except OSError as exc:
            message = f"{kept.path.parent} cannot be made: {(exc.strerror or str(exc)).lower()}"
            raise EngineUnavailable(message, code="not_kept") from exc
        except Unkept as exc:
            raise EngineUnavailable(str(exc), code="not_kept") from exc


def checked(id_: str) -> str:
    """A name that somebody gave; `.json` at its end is no part of it. Raises `RequestRefused`."""
    name = id_.removesuffix(SUFFIX)
    if not PLAIN.fullmatch(name):
        message = f"a credential's file is named with letters, digits and . _ @ + -, at most {LONGEST}"
        raise RequestRefused(message, param="id", code="invalid_value")
    return name


def plain(text: str) -> str:
    """A name that a platform or a template gave, without what a file's name may not have."""
    name = ODD.sub("_", text).lstrip("._")[:LONGEST]
    if not name:
        raise RequestRefused("`id` is missing: a text", param="id", code="missing_required_parameter")
    return name
