"""Show what was used: requests, tokens and cost, by day, client, model, provider, credential …

Works on the site's database, whether a server runs or not. A cost that nobody knows is shown as unknown;
prices stand in `prices:` and `models.X.price` of route files. Times are UTC."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import Any

from engine.adapters.clock import SystemClock
from engine.adapters.segment import waiting
from engine.adapters.telemetry import SystemTelemetry
from engine.cli import usage_view
from engine.cli.console import Console, counted
from engine.cli.exits import Exit
from engine.cli.site import Site, open_site
from engine.cli.storage import on_storage
from engine.server.clerk.collecting import Collector
from engine.server.data_dir import SPOOL, data_path
from engine.server.usage_question import question
from engine.storage.database import Database, Refused
from engine.storage.summary import BY, NAMES, Question, told

FORMATS = ("table", "plot", "csv", "json")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--by", metavar="NAME,…", default="day", help=f"{', '.join(NAMES)}; or several (default: day)"
    )
    parser.add_argument(
        "--since", metavar="WHEN", default="",
        help="7d (ago), 12h, today, yesterday, all, 2030-01-31 or 2030-01-31T12:00 (default: 30 days)",
    )  # fmt: skip
    parser.add_argument("--until", metavar="WHEN", default="", help="the same (default: now)")
    for name in BY:
        parser.add_argument(f"--{name}", metavar="NAME,…", default="", help=f"only of this {name}")
    parser.add_argument("--format", choices=FORMATS, default="table", help="default: table")
    parser.add_argument(
        "--measure", choices=usage_view.MEASURES, default="cost", help="what bars show (default: cost)"
    )
    parser.add_argument("--data", metavar="DIR", help="the server's data directory (env PROXYCTL_DATA)")
    parser.add_argument("--storage", metavar="URL", help="the database (env PROXYCTL_STORAGE)")


def run(args: argparse.Namespace) -> int:
    now = SystemClock().now()
    named = {name: getattr(args, name) for name in BY if getattr(args, name)}
    try:
        asked = question({"by": args.by, "since": args.since, "until": args.until, **named}, now)
        Question.of(asked)
    except (ValueError, Refused) as exc:
        Console.stderr().line(f"proxyctl: {exc}")
        return Exit.USAGE
    site = open_site(args.site, flags={"data": args.data, "storage": args.storage})
    found = usage(site, asked)
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps(found, indent=2, ensure_ascii=False))
    elif args.format == "csv":
        console.stream.write(usage_view.as_csv(found))
    elif not found["rows"]:
        console.line("nothing was used")
    elif args.format == "plot":
        usage_view.plot(found, args.measure, console, shutil.get_terminal_size().columns, now)
    else:
        usage_view.table(found, console)
    if found["waiting"] and args.format != "json":
        Console.stderr().line(f"{counted(found['waiting'], 'record')} still on the way to the database")
    return Exit.GOOD


def usage(site: Site, asked: dict[str, Any]) -> dict[str, Any]:
    """What the database has. Without a server, what waits for it is put in first."""
    spool = data_path(site.root, site.boot.settings) / SPOOL

    async def work(database: Database) -> dict[str, Any]:
        if spool.is_dir():
            collector = Collector(spool, SystemTelemetry("warning"), SystemClock().now)
            while await collector.collect(database):
                pass
            collector.close()
        return {**await told(database, asked), "waiting": waiting(spool)}

    found: dict[str, Any] = on_storage(site, work)
    return found
