"""Ask a running server what it serves: its generation, its workers, the state of every file.

With --targets, how each target stands: breaker, load, times. Exit code 1 when no server answers, or when a
file is rejected, or a target left alone."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engine.cli import remote
from engine.cli.console import Console
from engine.cli.targets import all_well, write_targets


def configure(parser: argparse.ArgumentParser) -> None:
    remote.configure(parser)
    parser.add_argument("--targets", action="store_true", help="how each target stands, instead of files")


def run(args: argparse.Namespace) -> int:
    if args.targets:
        return remote.show(args, "GET", "/admin/targets", write_targets, all_well)
    return remote.show(args, "GET", "/admin/config", write_status, lambda status: not rejected(status))


def rejected(status: Mapping[str, Any]) -> list[str]:
    return [name for name, file in status["files"].items() if file["state"] == "rejected"]


def write_status(status: Mapping[str, Any], console: Console) -> None:
    console.line(f"generation  {status['generation']}, loaded {moment(status['loaded_at'])}")
    workers = ", ".join(
        str(each["pid"]) + ("" if each["generation"] == status["generation"] else f" ({each['generation']})")
        for each in status["workers"]
    )
    console.line(f"workers     {workers or 'none'}")
    console.line()
    write_files(status["files"], console)


def write_files(files: Mapping[str, Any], console: Console) -> None:
    """A table of the files, and what is wrong with those that are rejected."""
    rows = [[name, file["state"], moment(file["since"])] for name, file in sorted(files.items())]
    console.table(rows, header=["FILE", "STATE", "SINCE"])
    for _, file in sorted(files.items()):
        for item in file["diagnostics"] if file["state"] == "rejected" else ():
            place = f"{item['file']}:{item['line']}:{item['column']}"
            severity = console.paint(item["severity"], item["severity"])
            console.line(
                f"{place}: {severity}: {item['message']}" + (f" ({item['hint']})" if item["hint"] else "")
            )


def moment(seconds: float | None) -> str:
    """`2026-01-31 12:00:00Z`"""
    return "never" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%SZ}"
