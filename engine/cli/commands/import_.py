"""Import the SQLite database of another program into the site's: conversations, users' settings, clients.

The kind of the file is recognised by its tables, and the file is only read. What is there already stays as it
is, so an import may be repeated. Keys of clients are stored as hashes, keys of users encrypted.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.adapters.clock import SystemClock
from engine.adapters.profiles import context
from engine.adapters.safe import Locked, Safe
from engine.cli.commands.clients import declared
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.old_database import NotReadable, grouped, read
from engine.cli.site import Site, open_site
from engine.cli.storage import on_storage, whoever
from engine.errors import RequestRefused
from engine.registry import nearest
from engine.server.data_dir import data_path
from engine.snapshot.clients import digest
from engine.snapshot.stored_clients import check_name
from engine.storage import clients
from engine.storage.database import Database, Refused
from engine.storage.importing import Taken, take_client, take_conversation, take_profile

PROFILES = "main"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the SQLite database")
    parser.add_argument("--store", metavar="NAME", help="the store of `conversations:` that they go to")
    parser.add_argument("--owner", metavar="NAME", default="", help="whose they are; default: nobody's")
    parser.add_argument("--profiles", metavar="SPACE", default=PROFILES, help=f"default: {PROFILES}")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and do nothing")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.add_argument("--data", metavar="DIR", help="the server's data directory (env PROXYCTL_DATA)")
    parser.add_argument("--storage", metavar="URL", help="the database (env PROXYCTL_STORAGE)")


def run(args: argparse.Namespace) -> int:
    site = open_site(args.site, flags={"data": args.data, "storage": args.storage})
    try:
        kind, rows = read(Path(args.file))
        store = store_of(site, args.store) if rows.get("conversations") else ""
    except (NotReadable, ValueError) as unfit:
        Console.stderr().line(f"proxyctl: {unfit}")
        return Exit.USAGE
    taking = Taking(site, args, store, rows)
    on_storage(site, taking.all, clients.TABLE)
    report = {"file": args.file, "kind": kind.name, "dry_run": args.dry_run, **taking.told()}
    if args.format == "json":
        Console.stdout().line(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        write(report, kind.about, Console.stdout())
    return Exit.ERRORS if taking.refused else Exit.GOOD


def store_of(site: Site, wanted: str | None) -> str:
    """The store that is meant. Raises ValueError."""
    known = sorted(declared(site, "conversations"))
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted in known:
        return str(wanted)
    if wanted is None:
        raise ValueError(
            f"--store says where conversations go: {', '.join(known) or 'the site has no store'}"
        )
    near = nearest(wanted, known)
    hint = f"; did you mean {near!r}?" if near else ""
    raise ValueError(f"the site has no store of conversations {wanted!r}{hint}")


@dataclass
class Taking:
    """One import: what is counted, by what it is of, and what could not be taken."""

    site: Site
    args: argparse.Namespace
    store: str
    rows: Mapping[str, list[dict[str, Any]]]
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    async def all(self, database: Database) -> None:
        self.now = SystemClock().now()
        settings = self.site.boot.settings
        self.safe = Safe(settings.secret_key, data_path(self.site.root, settings))
        messages = dict(grouped(self.rows.get("messages", []), "conversation"))
        for row in self.rows.get("conversations", []):
            said = [self._message(each) for each in messages.get(row["id"], ())]
            taken = await self._count("conversations", row["id"], self._conversation(database, row, said))
            self._add("messages", taken, len(said))
        for row in self.rows.get("profiles", []):
            await self._count("profiles", row["owner"], self._profile(database, row))
        for row in self.rows.get("clients", []):
            await self._count("clients", row["name"], self._client(database, row))

    def told(self) -> dict[str, Any]:
        named = {name: {"new": count["new"], "there": count["there"]} for name, count in self.counts.items()}
        return {**named, "refused": self.refused}

    async def _count(self, what: str, name: object, taking: Awaitable[Taken]) -> Taken | None:
        self._add(what, None, 0)
        try:
            taken = await taking
        except (Refused, RequestRefused, Locked) as unfit:
            self.refused.append(f"{what}: {name}: {unfit}")
            return None
        self._add(what, taken, 1)
        return taken

    def _add(self, what: str, taken: Taken | None, number: int) -> None:
        counter = self.counts.setdefault(what, Counter())
        if taken is not None:
            counter[taken] += number

    def _message(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "at": row["at"] if row["at"] is not None else self.now}

    async def _conversation(
        self, database: Database, row: Mapping[str, Any], said: list[dict[str, Any]]
    ) -> Taken:
        at = row["created"] if row["created"] is not None else self.now
        args = {
            **row,
            "store": self.store,
            "owner": self.args.owner,
            "at": at,
            "updated": row["updated"] or at,
        }
        return await take_conversation(database, args, said, self.args.dry_run)

    async def _profile(self, database: Database, row: Mapping[str, Any]) -> Taken:
        space, owner = self.args.profiles, row["owner"]
        data = {name: row[name] for name in ("preset", "url", "model") if row[name]}
        args = {
            "space": space,
            "owner": owner,
            "at": self.now,
            "data": {**data, "params": json.loads(row["params"])},
        }
        if row["key"] and not self.args.dry_run:
            sealed = self.safe.seal(context(space), owner, {"key": row["key"]})
            args |= {"sealed": sealed.data, "key_id": sealed.key_id}
        return await take_profile(database, args, self.args.dry_run)

    async def _client(self, database: Database, row: Mapping[str, Any]) -> Taken:
        args = {
            "name": check_name(row["name"]), "digest": digest(row["key"]), "terms": {}, "expires": None,
            "note": row["note"], "who": whoever(), "at": self.now,
        }  # fmt: skip
        return await take_client(database, args, self.args.dry_run)


def write(report: Mapping[str, Any], about: str, console: Console) -> None:
    console.line(f"{report['file']}: {about}")
    for name, count in report.items():
        if isinstance(count, dict):
            would = "to be imported" if report["dry_run"] else "imported"
            console.line(f"  {name:<14} {count['new']} {would}, {count['there']} there already")
    for line in report["refused"]:
        console.line(f"  {console.paint('red', 'not taken')}      {line}")
    if report["dry_run"]:
        console.line("nothing was changed: --dry-run")
