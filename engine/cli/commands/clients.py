"""Make, list, rotate and revoke the keys of clients, on the site's database, whether a server runs or not.

A key is shown once, when it is made; only its SHA-256 is stored. Running servers follow within a second.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from engine.adapters.clock import SystemClock
from engine.adapters.entropy import secret
from engine.cli.commands.status import moment
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.site import Site, open_site
from engine.cli.storage import on_storage, whoever
from engine.config.yaml import parse_node
from engine.diagnostics import Problems
from engine.errors import EngineError, RequestRefused
from engine.server.admin.clients import GRACE
from engine.server.admin.clients import grace_of as read_grace
from engine.server.client_desk import declared_elsewhere, made_client, written
from engine.snapshot.clients import digest
from engine.snapshot.stored_clients import check_name, stored
from engine.storage import clients as table
from engine.storage.database import Database
from engine.tree import to_data

# Flag, its key, and its help; each may be given several times.
LISTS = (
    ("--model", "models", "an alias, or a glob of aliases, that it may ask for"),
    ("--group", "groups", "a group of the site that it belongs to"),
    ("--endpoint", "endpoints", "an endpoint, or a glob, that it may use"),
    ("--ip", "ips", "an address or a network that it may call from"),
)
OBJECTS = (
    ("--limits", "limits", "YAML, as in a route file: '{rpm: 60, budget: {usd: 5}}'"),
    ("--params", "params", "YAML: defaults for what it leaves out"),
    ("--override", "override", "YAML: values that win over its own"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    def verb(name: str, help: str, *, named: bool = True) -> argparse.ArgumentParser:
        found = verbs.add_parser(name, help=help, description=help, allow_abbrev=False)
        if named:
            found.add_argument("name", metavar="NAME", help="the client")
        found.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
        found.add_argument("--data", metavar="DIR", help="the server's data directory (env PROXYCTL_DATA)")
        found.add_argument("--storage", metavar="URL", help="the database (env PROXYCTL_STORAGE)")
        return found

    _terms(verb("create", "make a client and show its key, this once"))
    verb("list", "list the clients that were made here", named=False)
    verb("show", "show one")
    _terms(verb("update", "change what is said of it; all else stays"))
    rotating = verb("rotate", "make a new key and show it, this once")
    rotating.add_argument(
        "--grace", default=f"{GRACE:g}s", metavar="TIME", help="how long the old key holds; default: 1d"
    )
    verb("revoke", "let none of its keys in any more, for good")
    verb("delete", "remove it; its name is free again")


def _terms(parser: argparse.ArgumentParser) -> None:
    for flag, key, help in LISTS:
        parser.add_argument(flag, dest=key, action="append", metavar="NAME", help=f"{help}; may be repeated")
    for flag, key, help in OBJECTS:
        parser.add_argument(flag, dest=key, metavar="YAML", help=help)
    parser.add_argument("--expires", metavar="WHEN", help="a date, seconds since 1970, or a duration: 90d")
    parser.add_argument("--note", metavar="TEXT", help="a note for operators")


def run(args: argparse.Namespace) -> int:
    site = open_site(args.site, flags={"data": args.data, "storage": args.storage})
    try:
        result = VERBS[args.verb](site, args)
    except (EngineError, ValueError) as unfit:
        Console.stderr().line(f"proxyctl: {unfit}")
        return Exit.USAGE
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps(result, indent=2, ensure_ascii=False))
    elif "clients" in result:
        write_table(result["clients"], console)
    else:
        write_client(result.get("client", result), result.get("key"), console)
    return Exit.GOOD


def create(site: Site, args: argparse.Namespace) -> Any:
    name, now, key = check_name(args.name), SystemClock().now(), secret("pk-")
    if name in declared(site, "clients"):
        raise declared_elsewhere(name)
    terms = stored(name, said(args), declared(site, "groups"), now)
    row = change(site, name, now, table.create, {"digest": digest(key), **terms.to_args()})
    return {"client": made_client(row, now), "key": key}


def list_all(site: Site, args: argparse.Namespace) -> Any:
    rows = on_storage(site, lambda database: table.listed(database, {}))
    return {"clients": [made_client(row, SystemClock().now()) for row in rows]}


def show(site: Site, args: argparse.Namespace) -> Any:
    return made_client(
        on_storage(site, lambda database: table.shown(database, vars(args))), SystemClock().now()
    )


def update(site: Site, args: argparse.Namespace) -> Any:
    now = SystemClock().now()
    before = on_storage(site, lambda database: table.shown(database, {"name": args.name}))
    terms = stored(args.name, {**written(before), **said(args)}, declared(site, "groups"), now)
    return made_client(change(site, args.name, now, table.update, terms.to_args()), now)


def rotate(site: Site, args: argparse.Namespace) -> Any:
    now, key = SystemClock().now(), secret("pk-")
    asked = {"digest": digest(key), "grace": read_grace({"grace": args.grace})}
    return {"client": made_client(change(site, args.name, now, table.rotate, asked), now), "key": key}


def revoke(site: Site, args: argparse.Namespace) -> Any:
    now = SystemClock().now()
    return made_client(change(site, args.name, now, table.revoke, {}), now)


def delete(site: Site, args: argparse.Namespace) -> Any:
    now = SystemClock().now()
    return made_client(change(site, args.name, now, table.delete, {}), now)


VERBS = {
    "create": create,
    "list": list_all,
    "show": show,
    "update": update,
    "rotate": rotate,
    "revoke": revoke,
    "delete": delete,
}


def change(site: Site, name: str, now: float, verb: Any, args: Mapping[str, Any]) -> Any:
    asked = {"name": name, "who": whoever(), "at": now, **args}

    async def work(database: Database) -> Any:
        return await verb(database, asked)

    return on_storage(site, work, table.TABLE)


def said(args: argparse.Namespace) -> dict[str, Any]:
    """What the flags say of a client, as a route file would. Raises ValueError for YAML that is none."""
    found = {key: getattr(args, key) for _, key, _ in LISTS if getattr(args, key) is not None}
    for flag, key, _ in OBJECTS:
        if getattr(args, key) is not None:
            found[key] = read_yaml(flag, getattr(args, key))
    for key in ("expires", "note"):
        if getattr(args, key) is not None:
            found[key] = getattr(args, key)
    return found


def read_yaml(flag: str, text: str) -> Any:
    problems = Problems()
    node = parse_node(flag, text.encode(), problems)
    if node is None or problems.has_errors:
        raise RequestRefused(f"{flag}: {problems.items[0].message if problems.items else 'this is no YAML'}")
    return to_data(node)


def declared(site: Site, section: str) -> set[str]:
    """Names of a section, also in a site that does not compile: a key must be revoked then, too."""
    documents = [file.document for file in site.compilation.files.values() if file.document]
    return {name for document in documents for name in getattr(document, section)}


def write_table(rows: list[dict[str, Any]], console: Console) -> None:
    console.table(
        [
            [
                row["name"],
                row["state"],
                named(row.get("models"), "all"),
                named(row.get("groups"), ""),
                moment(row["expires"]),
                moment(row["created"]),
                row["note"] or "",
            ]
            for row in rows
        ],
        header=["CLIENT", "STATE", "MODELS", "GROUPS", "EXPIRES", "CREATED", "NOTE"],
    )


def named(value: Any, otherwise: str) -> str:
    return otherwise if value is None else value if isinstance(value, str) else ", ".join(value)


def write_client(client: Mapping[str, Any], key: str | None, console: Console) -> None:
    for name, value in client.items():
        if value is None or name == "source":
            continue
        is_time = name in ("created", "updated", "revoked", "expires", "old_key_until")
        shown = moment(value) if is_time else value if isinstance(value, str) else json.dumps(value)
        console.line(f"{name.replace('_', ' '):<14} {shown}")
    if key is not None:
        console.line(f"{'key':<14} {console.paint('bold', key)}")
        console.line(console.paint("dim", "the key is shown this once; only its SHA-256 is stored"))
