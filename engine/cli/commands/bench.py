"""Measure what a request costs on this machine: CPU, added time, throughput, memory, beside an empty handler.

Everything it needs comes with it: an upstream, a load generator, a site. Nothing leaves this machine.
All cases take about four minutes; docs/performance.md says how to read the figures."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

from engine.cli.console import Console
from engine.cli.exits import Exit

if TYPE_CHECKING:
    from engine.bench.report import Report
    from engine.bench.setting import Profile

# Seconds of one run; more would be a mistake.
LONGEST = 600
# As many as a site may have.
MOST_WORKERS = 256
STEADY = "close other programs: what else runs here is in the figures"


def configure(parser: argparse.ArgumentParser) -> None:
    from engine.bench.suite import CASES

    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a first impression in less than 20 seconds")
    size.add_argument("--full", action="store_true", help="all there is, in about eight minutes")
    parser.add_argument(
        "--case", action="append", choices=list(CASES), metavar="NAME", default=[], help=case_help(CASES)
    )
    parser.add_argument(
        "--clients", type=counts, metavar="N,N", help="numbers of clients for the case clients"
    )
    parser.add_argument("--seconds", type=positive, metavar="S", help="how long each run takes")
    parser.add_argument("--rounds", type=count, metavar="N", help="how often each run is repeated")
    parser.add_argument("--workers", type=workers, metavar="N", help="processes of the engine (default: 1)")
    parser.add_argument(
        "--format", choices=["text", "json", "markdown"], default="text", help="default: text"
    )
    parser.add_argument("--strict", action="store_true", help="exit code 1 when a budget is missed")


def case_help(cases: object) -> str:
    names = ", ".join(cases) if isinstance(cases, dict) else ""
    return f"only this case, repeatable: {names}"


def run(args: argparse.Namespace) -> int:
    from engine.bench.servers import NoStart
    from engine.bench.setting import Bench
    from engine.bench.suite import chosen, run

    errors = Console.stderr()
    errors.line(errors.paint("dim", STEADY))
    names = chosen(args.case, quick=args.quick)

    def tell(line: str) -> None:
        errors.line(errors.paint("dim", f"… {line}"))

    try:
        with told_to_end(), Bench(profile_of(args), tell) as bench:
            report = run(bench, names)
    except NoStart as exc:
        errors.line(f"proxyctl: {exc}")
        return Exit.ERRORS
    write(report, args.format, Console.stdout())
    return Exit.ERRORS if report.faults or (args.strict and not report.kept) else Exit.GOOD


@contextmanager
def told_to_end() -> Iterator[None]:
    """Signals that end a program by default raise `SystemExit`: what was started here is ended too."""

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def profile_of(args: argparse.Namespace) -> Profile:
    from engine.bench.suite import FULL, QUICK, USUAL

    profile = QUICK if args.quick else FULL if args.full else USUAL
    given = {name: getattr(args, name) for name in ("clients", "seconds", "rounds", "workers")}
    return replace(profile, **{name: value for name, value in given.items() if value is not None})


def write(report: Report, form: str, console: Console) -> None:
    from engine.bench.report import as_json, as_markdown

    if form == "json":
        console.line(as_json(report))
    elif form == "markdown":
        console.line(as_markdown(report).rstrip())
    else:
        write_text(report, console)


def write_text(report: Report, console: Console) -> None:
    from engine.bench.report import BUDGET_HEADER, budget_rows

    for section in report.sections:
        console.line(console.paint("bold", section.title))
        console.table(section.rows, header=section.header)
        for note in section.notes:
            console.line(console.paint("dim", note))
        console.line()
    if report.verdicts:
        console.line(console.paint("bold", "Budgets"))
        style = {"met": "good", "MISSED": "error"}
        rows = [[*row[:-1], console.paint(style[row[-1]], row[-1])] for row in budget_rows(report)]
        console.table(rows, header=BUDGET_HEADER)
        console.line()
    for line in report.conditions:
        console.line(console.paint("dim", line))
    for line in report.faults:
        console.line(f"{console.paint('error', 'wrong')}: {line}")


def count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 upwards")
    return int(text)


def workers(text: str) -> int:
    value = count(text)
    if value > MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"must not be more than {MOST_WORKERS}")
    return value


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, above 0 and up to {LONGEST}")
    return value


def counts(text: str) -> tuple[int, ...]:
    return tuple(count(part) for part in text.split(","))
