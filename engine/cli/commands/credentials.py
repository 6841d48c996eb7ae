"""List, add, test, disable, enable and delete credentials on the site's database, also while no server runs.

Keys are stored encrypted and never shown. Running servers follow within a second."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.adapters.safe import Locked
from engine.cli import remote
from engine.cli.commands.status import moment
from engine.cli.console import Console, counted
from engine.cli.exits import Exit
from engine.cli.site import Site, open_site
from engine.cli.storage import whoever
from engine.cli.vault import on_treasury
from engine.config.yaml import parse_node
from engine.diagnostics import Problems
from engine.errors import EngineError, RequestRefused
from engine.server.vault.standing import Standings, pools_of
from engine.server.vault.stored import sealed_of
from engine.server.vault.treasury import Treasury
from engine.tree import to_data

HEADER = ["POOL", "ID", "STATE", "SOURCE", "KEY", "EXPIRES", "USES", "NOTE"]


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    def verb(name: str, help: str, *, named: bool = True) -> argparse.ArgumentParser:
        found = verbs.add_parser(name, help=help, description=help, allow_abbrev=False)
        if named:
            found.add_argument("pool", metavar="POOL", help="the pool")
            found.add_argument("id", metavar="ID", help="the credential")
            found.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
        return found

    listing = verb("list", "show how every credential stands", named=False)
    remote.configure(listing)
    _terms(verb("add", "store a credential; its key is read from standard input"))
    testing = verb("test", "call the platform with it")
    testing.add_argument("--operation", metavar="NAME", help="what is called; default: models")
    disabling = verb("disable", "use it no more, until it is enabled")
    disabling.add_argument("--reason", default="by hand", metavar="TEXT", help="why")
    verb("enable", "use it again; what is held against it is forgotten")
    verb("delete", "remove one that is stored")
    rekey = verb("rekey", "encrypt all that is stored with the newest key", named=False)
    rekey.add_argument("--format", choices=["text", "json"], default="text", help="default: text")


def _terms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key-file", metavar="FILE", help="read the key from a file; default: standard input"
    )
    parser.add_argument("--no-key", action="store_true", help="it has no key, but further names")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=FILE", dest="names",
        help="a further name, its value read from a file; NAME:=VALUE takes it from here; may be repeated",
    )  # fmt: skip
    parser.add_argument("--model", action="append", dest="models", metavar="GLOB", help="a model it is for")
    parser.add_argument("--weight", type=float, help="its share, for `weighted`; default: 1")
    parser.add_argument("--expires", metavar="WHEN", help="a date, or seconds since 1970")
    parser.add_argument("--limits", metavar="YAML", help="as in a route file: '{rpm: 60}'")
    parser.add_argument("--replace", action="store_true", help="also if it is there already")


def run(args: argparse.Namespace) -> int:
    site = open_site(args.site)
    try:
        result = VERBS[args.verb](site, args)
    except (EngineError, Locked, OSError, ValueError) as unfit:
        Console.stderr().line(f"proxyctl: {unfit}")
        return Exit.ERRORS
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps(result, indent=2, ensure_ascii=False))
    elif "credentials" in result:
        write_table(result["credentials"], console)
        if result["note"]:
            Console.stderr().line(f"proxyctl: {result['note']}")
    else:
        console.line(result["text"])
    return Exit.ERRORS if result.get("failed") else Exit.GOOD


def list_all(site: Site, args: argparse.Namespace) -> Any:
    """Of a running server; without one, what the files and the database say."""
    try:
        return {**remote.find(args).call("GET", "/admin/credentials"), "note": None}
    except remote.Unreachable as silent:
        found = on_treasury(site, _standings)
        return {"credentials": found, "note": f"rests and uses are not known: {silent}"}


async def _standings(treasury: Treasury) -> list[dict[str, Any]]:
    outside = treasury.outside
    standings = Standings(treasury.keyring, outside.counters, {}, outside.clock.now())
    return [{**each, "uses": None} for each in standings.all(pools_of(treasury.snapshot))]


def add(site: Site, args: argparse.Namespace) -> Any:
    given = {
        "pool": args.pool, "id": args.id, "models": args.models, "expires": args.expires,
        "limits": _yaml(args.limits), "replace": args.replace, **dict(map(_named, args.names)),
    }  # fmt: skip
    if args.weight is not None:
        given["weight"] = args.weight
    if not args.no_key:
        given["key"] = _key(args.key_file)

    async def work(treasury: Treasury) -> Any:
        await treasury.add(given, whoever())
        return _done(args, "added")

    return on_treasury(site, work)


def test(site: Site, args: argparse.Namespace) -> Any:
    async def work(treasury: Treasury) -> Any:
        place = args.pool, args.id
        treasury.find(place)
        try:
            provider = await treasury.test(place, args.operation)
        except EngineError as failure:
            info = failure.info
            told = {"works": False, "error": {"class": info.error_class.value, "message": info.message}}
            text = f"{args.pool}/{args.id} does not work: {info.error_class.value}: {info.message}"
            return {"pool": args.pool, "id": args.id, **told, "failed": True, "text": text}
        text = f"{args.pool}/{args.id} works at {provider}"
        return {"pool": args.pool, "id": args.id, "works": True, "error": None, "text": text}

    return on_treasury(site, work)


def disable(site: Site, args: argparse.Namespace) -> Any:
    async def work(treasury: Treasury) -> Any:
        await treasury.disable((args.pool, args.id), args.reason, whoever())
        return _done(args, "disabled")

    return on_treasury(site, work)


def enable(site: Site, args: argparse.Namespace) -> Any:
    async def work(treasury: Treasury) -> Any:
        await treasury.enable((args.pool, args.id), whoever())
        return _done(args, "enabled")

    return on_treasury(site, work)


def delete(site: Site, args: argparse.Namespace) -> Any:
    async def work(treasury: Treasury) -> Any:
        await treasury.delete((args.pool, args.id), whoever())
        return _done(args, "deleted")

    return on_treasury(site, work)


def rekey(site: Site, args: argparse.Namespace) -> Any:
    """A new key is made first, where keys stand in the key file."""

    async def work(treasury: Treasury) -> Any:
        safe = treasury.safe
        newest = safe.newest if site.boot.settings.secret_key else safe.add_key()
        done, left = 0, []
        for place, row in treasury.keyring.stored.rows.items():
            if not row["data"] or row["key_id"] == newest:
                continue
            try:
                fields = safe.open(*place, sealed_of(row))
            except Locked as locked:
                left.append(f"{place[0]}/{place[1]}: {locked}")
                continue
            done += await treasury.renew(place, row["data"], {**fields, "expires": row["expires"]})
        text = "\n".join([f"{counted(done, 'credential')} encrypted with key {newest}", *left])
        return {"key": newest, "done": done, "left": left, "failed": bool(left), "text": text}

    return on_treasury(site, work)


VERBS = {
    "list": list_all,
    "add": add,
    "test": test,
    "disable": disable,
    "enable": enable,
    "delete": delete,
    "rekey": rekey,
}


def _done(args: argparse.Namespace, result: str) -> dict[str, Any]:
    return {"pool": args.pool, "id": args.id, "result": result, "text": f"{args.pool}/{args.id} {result}"}


def _key(path: str | None) -> str:
    """Never an argument: those can be read by everybody on the machine."""
    if path is not None:
        return Path(path).read_text(encoding="utf-8").strip()
    return (getpass.getpass("key: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()


def _named(written: str) -> tuple[str, str]:
    name, mark, value = written.partition("=")
    if not mark or not name.strip(":"):
        raise RequestRefused(f"--set takes NAME=FILE or NAME:=VALUE, not {written[:20]!r}…")
    if name.endswith(":"):
        return name[:-1], value
    return name, Path(value).read_text(encoding="utf-8").strip()


def _yaml(text: str | None) -> Any:
    if text is None:
        return None
    problems = Problems()
    node = parse_node("--limits", text.encode(), problems)
    if node is None or problems.has_errors:
        raise RequestRefused("--limits: this is no YAML")
    return to_data(node)


def write_table(rows: list[dict[str, Any]], console: Console) -> None:
    console.table(map(_row, rows), header=HEADER)


def _row(each: Mapping[str, Any]) -> list[str]:
    state = f"cooling until {moment(each['until'])}" if each["until"] else each["state"]
    note = "; ".join(filter(None, (each["why"], each["problem"])))
    expires = moment(each["expires"]) if each["expires"] else ""
    uses = "" if each["uses"] is None else str(each["uses"])
    return [each["pool"], each["id"], state, each["source"], each["key"] or "", expires, uses, note]
