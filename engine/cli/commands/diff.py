"""Tell what a change of the site means, object by object: what came, went, or says something else now.

    proxyctl diff                  # since the last commit
    proxyctl diff main             # since any commit, branch or tag
    proxyctl diff ../other-site    # from a directory that holds another site
    proxyctl diff running          # from what the server of this site serves

Other files, another order, comments and anchors are no difference; secrets are compared, not shown.
Exit codes: 0 the same, 2 different, 1 an error, wrong usage among them."""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.adapters.git import GitFailed, check_out
from engine.adapters.listing import ROUTES
from engine.adapters.redaction import redact
from engine.cli import remote
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.report import UNSEEN
from engine.cli.site import Site, open_site
from engine.config.settings import FILE
from engine.diagnostics import Problems
from engine.snapshot.description import Declared, describe
from engine.snapshot.difference import Change, alike, compare

RUNNING = "running"
DIFFERENT = 2
# Kind → its sign and style.
SIGNS = {"added": ("+", "added"), "removed": ("-", "removed"), "changed": ("~", "name")}
BARE = re.compile(r"[\w*/@:.,%=(){}$-]+")
WIDEST, BEFORE = 60, 20


def configure(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(wrong_usage=Exit.ERRORS)
    parser.add_argument(
        "base", metavar="BASE", nargs="?", default="HEAD", help="what to compare with (default: HEAD)"
    )
    remote.configure(parser)


def run(args: argparse.Namespace) -> int:
    try:
        changes = _changes(args)
    except (GitFailed, NoSite, remote.Unreachable) as failed:
        Console.stderr().line(f"proxyctl: {failed}")
        return Exit.ERRORS
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps([each._asdict() for each in changes], indent=2, ensure_ascii=False))
    else:
        _write(changes, console)
    return DIFFERENT if changes else Exit.GOOD


class NoSite(Exception):
    """A directory holds none; the message says so."""


def _changes(args: argparse.Namespace) -> list[Change]:
    """Raises `GitFailed`, `NoSite`, `Unreachable`; leaves with 1 when a site does not validate."""
    site = _open(args.site)
    now = _described(site)
    if args.base == RUNNING:
        return _from_server(remote.find(args), site)
    if os.path.isdir(args.base):
        return compare(_described(_open(args.base)), now)
    with tempfile.TemporaryDirectory(prefix="proxyctl-diff-") as directory:
        root = Path(directory) / "site"
        try:
            below = check_out(site.root, args.base, root)
        except GitFailed as failed:
            raise GitFailed(f"{failed}; BASE is a commit, a directory, or {RUNNING!r}") from failed
        before = open_site(str(root), mock=True, environment=dict(os.environ))
        return compare(_described(replace(before, root=Path(f"{args.base}:{below}"))), now)


def _open(directory: str) -> Site:
    """Raises `NoSite`: an empty one is rather a slip than all that there was taken away."""
    if not any(os.path.exists(os.path.join(directory, name)) for name in (ROUTES, FILE)):
        raise NoSite(f"there is no site in {directory!r}: neither {ROUTES}/ nor {FILE}")
    return open_site(directory, mock=True)


def _described(site: Site) -> Declared:
    """Leaves with 1 when the site does not validate."""
    site.snapshot()
    files = replace(site.files, settings=site.boot.settings)
    return describe(files, redact, Problems(), site.settings_file)


def _from_server(server: remote.Remote, site: Site) -> list[Change]:
    """The server compares: it tells nobody what its files hold. Boot settings it has from its start."""
    kinds = {"files": site.files.files, "prompts": site.files.prompts}
    texts = {
        kind: {name: text.decode() for name, text in files.items() if isinstance(text, bytes)}
        for kind, files in kinds.items()
    }
    return [Change(**each) for each in server.call("POST", "/admin/diff", texts)["changes"]]


def _write(changes: list[Change], console: Console) -> None:
    for change in changes:
        sign, style = SIGNS[change.kind]
        line = f"{sign} {change.place}{_said(change)}"
        console.line(console.paint(style, UNSEEN.sub("\ufffd", line)))
    if not changes:
        console.line(console.paint("good", "no difference"))


def _said(change: Change) -> str:
    if not change.path and change.kind != "changed":
        return ""
    if change.kind != "changed":
        return f": {_cut(_text(change.after if change.kind == 'added' else change.before), 0)}"
    before, after = _text(change.before), _text(change.after)
    if before == after:
        return f": {before}, changed"
    # Of long texts, what is around the first difference.
    begin = max(alike(before, after) - BEFORE, 0) if max(len(before), len(after)) > WIDEST else 0
    return f": {_cut(before, begin)} -> {_cut(after, begin)}"


def _text(value: Any) -> str:
    return (
        value if isinstance(value, str) and BARE.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    )


def _cut(text: str, begin: int) -> str:
    end = begin + WIDEST
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"
