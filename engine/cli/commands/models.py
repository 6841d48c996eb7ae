"""List what clients may ask for, and where it leads.

With --listed, what the platforms of a running server list, and the names that globs answer to by it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine.cli import remote
from engine.cli.callers import find_client
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.site import open_site
from engine.gateway.access import may_use
from engine.mapping.template import Template
from engine.snapshot.model import Alias, Client, Snapshot, Target


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--client", metavar="NAME", help="only what this client may ask for")
    parser.add_argument("--listed", action="store_true", help="ask a running server what its platforms list")
    remote.configure(parser)


def run(args: argparse.Namespace) -> int:
    if args.listed:
        return remote.show(args, "GET", "/admin/models", write_listed, lambda answer: True)
    site = open_site(args.site)
    snapshot = site.snapshot()
    console = Console.stdout()
    client = find_client(site, snapshot, args.client)
    if args.client and client is None:
        Console.stderr().line(f"proxyctl: there is no client {args.client!r}")
        return Exit.USAGE
    rows = [row(alias, snapshot) for alias in aliases(snapshot, client, everyone=args.client is None)]
    if args.format == "json":
        console.line(json.dumps({"models": rows}, indent=2, ensure_ascii=False))
    else:
        write_table(rows, console)
    return Exit.GOOD


def write_listed(answer: Any, console: Console) -> None:
    console.table([[each["name"], each["alias"]] for each in answer["models"]], header=["MODEL", "ALIAS"])
    for provider, names in sorted(answer["lists"].items()):
        console.line(f"{provider} lists {len(names)}")


def aliases(snapshot: Snapshot, client: Client | None, *, everyone: bool) -> list[Alias]:
    table = snapshot.aliases
    found = [*table.exact.values(), *(glob.value for group in table.globs.values() for glob in group)]
    allowed = [alias for alias in found if everyone or may_use(alias, alias.name, client)]
    return sorted(allowed, key=lambda alias: alias.name)


def row(alias: Alias, snapshot: Snapshot) -> dict[str, Any]:
    off = {target.provider.name: target.provider.off for target in alias.targets if target.provider.off}
    return {
        "name": alias.name,
        "available": served(alias, snapshot),
        "targets": [label(target) for target in alias.targets],
        "fallback": list(alias.fallback),
        "off": off,
    }


def served(alias: Alias, snapshot: Snapshot) -> bool:
    """Whether a provider of its targets is on, or of a fallback's; that fallbacks end is checked at load."""
    if any(target.provider.off is None for target in alias.targets):
        return True
    found = filter(None, map(snapshot.aliases.match, alias.fallback))
    return any(served(match.value, snapshot) for match in found)


def label(target: Target) -> str:
    model = target.model.text if isinstance(target.model, Template) else target.model
    return target.provider.name if model is None else f"{target.provider.name}/{model}"


def write_table(rows: list[dict[str, Any]], console: Console) -> None:
    console.table(
        [
            [
                each["name"],
                "yes" if each["available"] else "off",
                ", ".join(each["targets"]),
                ", ".join(each["fallback"]),
                "; ".join(f"{provider}: {reason}" for provider, reason in each["off"].items()),
            ]
            for each in rows
        ],
        header=["MODEL", "SERVED", "TARGETS", "FALLBACK", "OFF"],
    )
