"""Print the JSON Schemas that editors use, or write them to a directory.

A route file names its schema in its first line:

    # yaml-language-server: $schema=../schemas/route.schema.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.mapping.registry import DIRECTIVES
from engine.spec.schema import ROOTS, schema_text


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", choices=sorted(ROOTS), help="which one (default: route)")
    parser.add_argument(
        "--write", metavar="DIR", help="write KIND.schema.json there, all kinds if none is named"
    )


def run(args: argparse.Namespace) -> int:
    console = Console.stdout()
    if args.write is None:
        console.stream.write(schema_text(args.kind or "route", DIRECTIVES))
        return Exit.GOOD
    directory = Path(args.write)
    directory.mkdir(parents=True, exist_ok=True)
    for kind in [args.kind] if args.kind else sorted(ROOTS):
        path = directory / f"{kind}.schema.json"
        path.write_text(schema_text(kind, DIRECTIVES), encoding="utf-8")
        console.line(f"wrote {path}")
    return Exit.GOOD
