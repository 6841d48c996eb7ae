"""Clients made at run time: from what an operator writes to what is stored, and from that to who comes in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from engine.config.given import given_object
from engine.diagnostics import Position, Problems
from engine.errors import RequestRefused
from engine.memo import Memo
from engine.registry import nearest
from engine.snapshot.clients import client_of
from engine.snapshot.model import Client, Group, Terms
from engine.snapshot.moments import HINT, moment
from engine.spec.base import Binding
from engine.spec.forms import FORMS, seconds
from engine.spec.limits import ClientLimits
from engine.spec.objects import Object
from engine.tree import from_data

# What may be written of a client, beside its name: as in a route file, and a note.
TERMS = ("models", "groups", "endpoints", "limits", "params", "override", "ips")
KEYS = (*TERMS, "expires", "note")
LONGEST_NAME, LONGEST_NOTE = 128, 2000

# Stands for the key that every client in a file has.
A_KEY = "sha256:" + "0" * 64


# Digests with their clients.
Pairs = tuple[tuple[str, Client], ...]


class Stored(NamedTuple):
    """`terms`, `expires` and `note` of a row, checked."""

    terms: dict[str, Any]
    expires: float | None
    note: str | None

    def to_args(self) -> dict[str, Any]:
        return self._asdict()


def check_name(name: object) -> str:
    """Raises `RequestRefused`."""
    if (
        isinstance(name, str)
        and len(name) <= LONGEST_NAME
        and name.isprintable()
        and FORMS["name"].fits(name)
    ):
        return name
    message = f"a client's name is text without spaces and '/', at most {LONGEST_NAME} characters"
    raise RequestRefused(message, code="invalid_value", param="name")


def stored(name: str, written: Mapping[str, Any], groups: Collection[str], now: float) -> Stored:
    """What is to be stored of what an operator writes. Raises `RequestRefused`, which says all that is wrong.

    `expires` may be a duration, too; null is as nothing.
    """
    said = {key: value for key, value in written.items() if value is not None}
    problems: list[tuple[str, str]] = []
    note = said.pop("note", None)
    if note is not None and not (isinstance(note, str) and len(note) <= LONGEST_NOTE):
        problems.append(("note", f"it is text of at most {LONGEST_NOTE} characters"))
    expires = None
    try:
        expires = _ends(said.pop("expires", None), now)
    except ValueError:
        problems.append(("expires", f"{HINT}, or a duration: 90d"))
    problems += [
        (key, "keys are made here, nobody brings one") for key in ("key", "jwt") if said.pop(key, None)
    ]
    problems += _structure(name, said)
    if not problems:
        problems += _groups(said.get("groups"), groups)
    if problems:
        message = "; ".join(f"{path}: {reason}" if path else reason for path, reason in problems)
        raise RequestRefused(message, code="invalid_value", param=problems[0][0] or None)
    return Stored(said, expires, note)


def _structure(name: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = Problems()
    given_object("clients", name, {"key": A_KEY, **said}, found)
    for item in found.items:
        hint = f" ({item.hint})" if item.hint else ""
        yield item.path, f"{item.message}{hint}"


def _groups(said: Any, known: Collection[str]) -> Iterator[tuple[str, str]]:
    for group in [said] if isinstance(said, str) else said or ():
        if group not in known:
            near = nearest(group, list(known))
            yield "groups", f"there is no group {group!r}" + (f"; did you mean {near!r}?" if near else "")


def _ends(value: Any, now: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, str) and FORMS["duration"].fits(value):
        return now + seconds(value)
    return moment(value)


class StoredClients:
    """Rows become clients, digest → client. Of thousands few change at a time, so what a row has become is
    kept as long as it stays the same, and the groups do."""

    def __init__(self) -> None:
        self._groups: Mapping[str, Group] = {}
        self._made: dict[str, tuple[Mapping[str, Any], Pairs]] = {}

    def of(
        self, rows: Iterable[Mapping[str, Any]], groups: Mapping[str, Group], taken: Collection[str]
    ) -> dict[str, Client]:
        """As `clients_of`."""
        before = self._made if groups == self._groups else {}
        made: dict[str, tuple[Mapping[str, Any], Pairs]] = {}
        found: dict[str, Client] = {}
        for row in rows:
            known = before.get(row["name"])
            if known is None or known[0] != row:
                known = row, tuple(clients_of((row,), groups, ()))
            made[row["name"]] = known
            if row["name"] not in taken:
                found.update(known[1])
        self._made, self._groups = made, groups
        return found


def clients_of(
    rows: Iterable[Mapping[str, Any]], groups: Mapping[str, Group], taken: Collection[str]
) -> Iterator[tuple[str, Client]]:
    """Digest → client, of rows as `storage/clients.py` publishes them. Names of `taken` are passed over.

    A key that was rotated away is a client of its own with an end of its own; each knows the digests of both,
    since neither key may ever go to an upstream.
    """
    for row in rows:
        if row["name"] in taken:
            continue
        try:
            yield from _of_row(row, groups)
        except (TypeError, ValueError):
            continue  # written by a later version, say: whose bounds cannot be read does not come in


def _of_row(row: Mapping[str, Any], groups: Mapping[str, Group]) -> list[tuple[str, Client]]:
    terms = _terms(row)
    digests = tuple(filter(None, (row["digest"], row["old_digest"])))
    found = [(row["digest"], client_of(row["name"], digests, terms, groups))]
    if row["old_digest"]:
        ends = min(filter(None, (terms.expires, row["old_until"])))
        old = client_of(row["name"], digests, replace(terms, expires=ends), groups)
        found.append((row["old_digest"], old))
    return found


def _terms(row: Mapping[str, Any]) -> Terms:
    said = row["terms"] or {}
    limits = said.get("limits")
    return Terms(
        models=_texts(said.get("models")),
        groups=_texts(said.get("groups")) or (),
        endpoints=_texts(said.get("endpoints")),
        limits=_limits[orjson.dumps(limits)] if limits else None,
        params=said.get("params") or {},
        override=said.get("override") or {},
        ips=_texts(said.get("ips")),
        expires=row["expires"],
    )


def _texts(value: Any) -> tuple[str, ...] | None:
    return None if value is None else (value,) if isinstance(value, str) else tuple(value)


def _read_limits(text: bytes) -> ClientLimits:
    at = Position("a client made at run time")
    written = orjson.loads(text)
    bound = Object(ClientLimits).bind(from_data(written, at), (), Binding(Problems()))
    if not isinstance(bound, ClientLimits) or any(getattr(bound, key, None) is None for key in written):
        raise ValueError("these are no limits")
    return bound


# Most clients have the limits of many others.
_limits: Memo[bytes, ClientLimits] = Memo(_read_limits)
