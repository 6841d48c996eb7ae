"""Tell a running server to read its site again, all of it, and wait until every worker serves the result.

A server reloads by itself when files change; this is for secrets in files, and for file systems that tell
nothing. Exit code 1 when no server answers, or when a file is rejected."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from engine.cli import remote
from engine.cli.commands.status import write_files
from engine.cli.console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    remote.configure(parser)


def run(args: argparse.Namespace) -> int:
    return remote.show(args, "POST", "/admin/reload", write_result, lambda result: not result["rejected"])


def write_result(result: Mapping[str, Any], console: Console) -> None:
    style = "error" if result["rejected"] else "good"
    console.line(f"{console.paint(style, result['result'])}, generation {result['generation']}")
    for name in result["changed"]:
        console.line(f"  changed: {name}")
    for notice in result.get("notices", ()):
        console.line(f"  {notice}")
    if result["rejected"]:
        write_files({name: result["files"][name] for name in result["rejected"]}, console)
