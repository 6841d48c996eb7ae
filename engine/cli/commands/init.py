"""Make a new site in a directory: it validates, passes its test and serves a demo model at once.

Files that are there already are kept."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.mapping.registry import DIRECTIVES
from engine.spec.schema import ROOTS, schema_text

# A package cannot hold every name that a site needs.
RENAMED = {"gitignore": ".gitignore"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="the directory; it is made if it is not there")


def run(args: argparse.Namespace) -> int:
    root, console = Path(args.directory), Console.stdout()
    if root.exists() and not root.is_dir():
        Console.stderr().line(f"proxyctl: {root} is not a directory")
        return Exit.USAGE
    for name, text in sorted(starter_files()):
        path = root / name
        if path.exists():
            console.line(console.paint("dim", f"kept     {path}"))
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        console.line(f"{console.paint('good', 'wrote')}    {path}")
    console.line()
    console.line("what next:")
    for command in ("validate", "test", "serve", "explain demo"):
        console.line(f"  proxyctl --site {root} {command}")
    return Exit.GOOD


def starter_files() -> Iterator[tuple[str, str]]:
    """Name and text of every file of a new site, the schemas for editors among them."""
    yield from walk(files("engine.cli") / "starter", "")
    for kind in ROOTS:
        yield f"schemas/{kind}.schema.json", schema_text(kind, DIRECTIVES)


def walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        name = prefix + RENAMED.get(entry.name, entry.name)
        if entry.is_dir():
            yield from walk(entry, f"{name}/")
        else:
            yield name, entry.read_text(encoding="utf-8")
