"""Directories with one credential in each file, looked at again and again.

A file that came or changed is read when it was the same in two looks: whoever writes it may not be ready.
Until then the credential that it held stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from engine.adapters.regular_file import read_regular
from engine.credentials.model import Credential, Directory, Pool
from engine.diagnostics import Diagnostic, Position
from engine.errors import EngineError
from engine.globs import matches_any

SUFFIX = ".json"
LARGEST_FILE = 2**20

# Device, inode, size and time of change: what tells that a file is another.
Signature = tuple[int, int, int, int]
# A file belongs to a pool: another pool may read the same one in another way.
Key = tuple[str, str]


class Entry(NamedTuple):
    """One file: how it looked when it was read, with which form, and what came of it."""

    signature: Signature
    form: Directory
    outcome: Credential | Diagnostic
    since: float


class Before(NamedTuple):
    """What the look before left behind; `waiting`: files that were to stand still first."""

    entries: Mapping[Key, Entry]
    forms: Sequence[Directory]
    waiting: Mapping[Key, Signature]


Broken = dict[str, tuple[float, Diagnostic]]


class Placed(NamedTuple):
    """Where a credential stands: a file of the site, of a directory."""

    name: str
    form: Directory


@dataclass(frozen=True, slots=True)
class Look:
    """Credentials by pool, what is wrong with which file since when, and where each stands by pool and id."""

    credentials: Mapping[str, tuple[Credential, ...]] = field(default_factory=dict)
    broken: Mapping[str, tuple[float, Diagnostic]] = field(default_factory=dict)
    places: Mapping[Key, Placed] = field(default_factory=dict)


class CredentialFiles:
    """Of one site. `now` gives seconds since 1970."""

    def __init__(self, site: Path, now: Callable[[], float]) -> None:
        self._site = site
        self._now = now
        self._entries: dict[Key, Entry] = {}
        self._unsettled: dict[Key, Signature] = {}
        self._missing: dict[str, float] = {}
        self._forms: list[Directory] = []

    def look(self, pools: Mapping[str, Pool]) -> Look:
        """What the directories of these pools hold now."""
        before = Before(self._entries, self._forms, self._unsettled)
        self._entries, self._forms, self._unsettled = {}, [], {}
        credentials: dict[str, tuple[Credential, ...]] = {}
        broken: Broken = {}
        placed: dict[Key, Placed] = {}
        for pool in pools.values():
            if pool.directories:
                found = list(self._pool(pool, before, broken))
                credentials[pool.name] = tuple(credential for credential, _ in found)
                placed.update({(pool.name, credential.id): place for credential, place in found})
        return Look(credentials, broken, placed)

    def _pool(self, pool: Pool, before: Before, broken: Broken) -> Iterator[tuple[Credential, Placed]]:
        places = {credential.id: "a route file" for credential in pool.credentials}
        for form in pool.directories:
            self._forms.append(form)
            for name, signature in self._listed(form, broken):
                entry = self._entry((pool.name, name), signature, form, before)
                if entry is None:
                    continue
                outcome = entry.outcome
                if isinstance(outcome, Credential) and outcome.id in places:
                    message = f"the id {outcome.id!r} is already there, in {places[outcome.id]}"
                    outcome = _diagnostic(name, "duplicate-name", message)
                if isinstance(outcome, Diagnostic):
                    broken[name] = (entry.since, outcome)
                else:
                    places[outcome.id] = name
                    yield outcome, Placed(name, form)

    def _listed(self, form: Directory, broken: Broken) -> list[tuple[str, Signature]]:
        """The files of a directory, by name, as they look now."""
        try:
            found = list(_listed(self._site / form.path))
        except OSError as exc:
            if form.write is not None and isinstance(exc, FileNotFoundError):
                return []  # it is made when something is written
            message = f"cannot be read: {(exc.strerror or str(exc)).lower()}"
            since = self._missing.setdefault(form.path, self._now())
            broken[form.path] = (since, _diagnostic(form.path, "bad-credential-directory", message))
            return []
        self._missing.pop(form.path, None)
        top = form.path.rstrip("/")
        return [(f"{top}/{name}", each) for name, each in found if not matches_any(form.ignore, name)]

    def _entry(self, key: Key, signature: Signature, form: Directory, before: Before) -> Entry | None:
        """The file as it counts now; None for one that came and may still be written."""
        known = before.entries.get(key)
        if known is not None and known.form is not form:
            known = None
        unsettled = before.waiting.get(key) != signature and any(form is each for each in before.forms)
        if known is None or known.signature != signature:
            if unsettled:
                self._unsettled[key] = signature
            else:
                known = Entry(signature, form, self._read(key[1], form), self._now())
        if known is not None:
            self._entries[key] = known
        return known

    def _read(self, name: str, form: Directory) -> Credential | Diagnostic:
        """A diagnostic never repeats what the file holds."""
        try:
            data: Any = orjson.loads(read_regular(self._site / name, LARGEST_FILE))
        except OSError as exc:
            return _diagnostic(
                name, "bad-credential-file", f"cannot be read: {(exc.strerror or str(exc)).lower()}"
            )
        except orjson.JSONDecodeError as exc:
            at = Position(name, exc.lineno, exc.colno)
            return Diagnostic(at, "bad-credential-file", "it is not valid JSON")
        if not isinstance(data, dict):
            return _diagnostic(name, "bad-credential-file", "it is not a JSON object")
        try:
            return form.read(Path(name).stem, data, self._now())
        except EngineError as exc:
            return _diagnostic(name, "bad-credential-file", exc.info.message, f"see {form.at}")


def _listed(directory: Path) -> Iterator[tuple[str, Signature]]:
    """Raises OSError when the directory cannot be read; a file that goes meanwhile is left out."""
    with os.scandir(directory) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        if name.startswith(".") or not name.endswith(SUFFIX):
            continue
        try:
            status = (directory / name).stat()
        except OSError:
            continue
        yield name, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _diagnostic(name: str, code: str, message: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic(Position(name), code, message, hint)
