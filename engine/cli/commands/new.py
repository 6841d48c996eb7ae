"""Begin a route file with a new object: prints a commented starter that validates in the site as it is.

    proxyctl new provider fast --like DIALECT     # an account at a platform, with what is known of it
    proxyctl new dialect mine --like DIALECT      # a dialect that extends another one
    proxyctl new model smart --write              # goes to routes.d/smart.yaml

With --write it goes to routes.d/NAME.yaml, which must not be there yet, and is validated at once."""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import replace
from pathlib import Path

from engine.adapters.entropy import secret
from engine.adapters.listing import ROUTES
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.report import Report, write
from engine.cli.site import Site, open_site
from engine.cli.starters import KINDS, NoStarter, Own, starter

# A name that no file of a site has, for a starter that is only printed.
UNWRITTEN = f"{ROUTES}/.new.yaml"
# What of a name does not go into that of a file: dots, too, as `x.test.yaml` would hold tests.
BETWEEN = re.compile(r"[^\w-]+")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    parser.add_argument("name", metavar="NAME", nargs="?", help="default: my-KIND")
    parser.add_argument(
        "--like", metavar="DIALECT", help="of a provider or a dialect: which one is its pattern"
    )
    parser.add_argument("--write", action="store_true", help="write it to routes.d/NAME.yaml")


def run(args: argparse.Namespace) -> int:
    site = open_site(args.site, mock=True)
    name, key = args.name or f"my-{args.kind}", secret("pk-")
    file = f"{ROUTES}/{BETWEEN.sub('-', name).strip('-')}.yaml" if args.write else UNWRITTEN
    try:
        text = starter(args.kind, name, args.like, Own.of(site.compilation.files.values()), key)
        _check_free(site, args.kind, name, file)
    except ValueError as unfit:
        Console.stderr().line(f"proxyctl: {unfit}")
        return Exit.USAGE
    except NoStarter as lacking:
        Console.stderr().line(f"proxyctl: {lacking}")
        return Exit.ERRORS
    report = _tried(site, file, text)
    if report.errors:
        write(report, "text", Console.stderr())
        return Exit.ERRORS
    if args.write:
        _write(site.root / file, text, report)
    else:
        Console.stdout().stream.write(text)
    if args.kind == "client":
        Console.stderr().line(f"the key of {name!r}, shown this once: {key}")
    return Exit.GOOD


def _check_free(site: Site, kind: str, name: str, file: str) -> None:
    """Nothing is overwritten, and no name declared twice. Raises `NoStarter`."""
    if os.path.lexists(site.root / file):
        raise NoStarter(f"{site.root / file} is there already, nothing was written; choose another NAME")
    for parsed in site.compilation.files.values():
        if at := parsed.names.get((kind, name)):
            raise NoStarter(
                f"{kind} {name!r} is declared in {at.file}:{at.line} already; choose another NAME"
            )


def _tried(site: Site, file: str, text: str) -> Report:
    """What there is to say of the site with the file that is not said of it without."""
    content = text.encode()
    trial = replace(site, files=replace(site.files, files={**site.files.files, file: content}))
    before = site.diagnostics
    fresh = [item for item in trial.diagnostics if item not in before]
    return Report(fresh, 1, str(site.root), {file: content})


def _write(path: Path, text: str, report: Report) -> None:
    console = Console.stdout()
    path.parent.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8") as stream:
        stream.write(text)
    console.line(f"{console.paint('good', 'wrote')}    {path}")
    write(report, "text", console)
