"""Check every file of the site and report every problem, without starting anything.

What this accepts is what the server compiles: it is the same function."""

from __future__ import annotations

import argparse

from engine.cli.console import Console
from engine.cli.report import write
from engine.cli.site import Site, open_site


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=["text", "json", "github"], default="text", help="default: text")
    parser.add_argument("--strict", action="store_true", help="exit with 3 when there are warnings")
    parser.add_argument(
        "--mock-env", action="store_true", help="check without the secrets: missing ones are made up"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="also tell what is no problem")


def run(args: argparse.Namespace) -> int:
    site = open_site(args.site, mock=args.mock_env)
    report = site.report()
    console = Console.stdout()
    if args.verbose and args.format == "text":
        write_notices(site, console)
    write(report, args.format, console)
    return report.exit_code(strict=args.strict)


def write_notices(site: Site, console: Console) -> None:
    snapshot = site.compilation.snapshot
    for notice in snapshot.notices if snapshot else ():
        place = f"{site.report().path(notice.at.file)}:{notice.at.line}:{notice.at.column}"
        console.line(f"{place}: {console.paint('dim', 'note')}: {notice.message}")
