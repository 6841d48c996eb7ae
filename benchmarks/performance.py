"""The suite of `proxyctl bench`, its peers under the same load, and the page about it: `benchmarks/run`.

Writes the tables between the marks of docs/performance.md, and docs/performance.png. Needs nginx, Node and
matplotlib; peers that are not there are installed from the registries that this machine is set up for.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.comparison import comparison
from benchmarks.peers.servers import install
from benchmarks.plot import draw
from benchmarks.process import ends_with_sigterm
from engine.bench.figures import Section
from engine.bench.report import Report, as_json, as_markdown
from engine.bench.setting import Bench
from engine.bench.suite import CASES, FULL, QUICK, run

ROOT = Path(__file__).parents[1]
PAGE, PLOT = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.png"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

# All of the suite, in a time that leaves some for the peers.
OURS = replace(FULL, seconds=1.2, rounds=3)
# Of the peers' cases, which are many.
PEERS_ROUNDS = 2
# Benchmarks of single parts that budgets are about.
PARTS = ("mapping", "reload")
PART_SECONDS = 150
TRIAL = "*A trial, `benchmarks/run --quick`: short runs whose figures are of little worth.*"


def main() -> None:
    args = arguments()
    ends_with_sigterm()
    began = time.monotonic()
    report = measured(args)
    if not args.quick:
        report = replace(report, sections=(*report.sections, *parts()))
    tables = as_markdown(report).rstrip()
    text = f"{TRIAL}\n\n{tables}" if args.quick else tables
    tell(f"took {(time.monotonic() - began) / 60:.1f} minutes")
    if args.json:
        args.json.write_text(as_json(report), encoding="utf-8")
    if args.dry:
        print(text)
    else:
        PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
        draw(report.figures, PLOT)
    sys.exit(1 if report.faults else 0)


def measured(args: argparse.Namespace) -> Report:
    """The suite, and before it the peers."""
    with peers_in(args.peers) as peers, Bench(QUICK if args.quick else OURS, tell) as bench:
        if args.no_peers:
            return run(bench, args.case or list(CASES))
        tell("installing what is missing of the peers")
        install(peers)
        report = run(bench, args.case or list(CASES))
        bench.profile = replace(bench.profile, rounds=PEERS_ROUNDS)
        return replace(report, sections=(*comparison(bench, peers), *report.sections))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__)
    parser.add_argument(
        "--peers", type=Path, metavar="DIR", help="where peers are, or come (default: a passing place)"
    )
    parser.add_argument("--no-peers", action="store_true", help="without them")
    parser.add_argument("--quick", action="store_true", help="a trial, with figures of little worth")
    parser.add_argument(
        "--case", action="append", choices=list(CASES), default=[], help="of the suite, repeatable"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there, too")
    parser.add_argument("--dry", action="store_true", help="print the tables, and write nothing into docs/")
    return parser.parse_args()


@contextmanager
def peers_in(given: Path | None) -> Iterator[Path]:
    if given:
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="proxyctl-peers-") as made:
        yield Path(made)


def parts() -> Iterator[Section]:
    """What the benchmarks of single parts write."""
    with tempfile.TemporaryDirectory(prefix="proxyctl-parts-") as made:
        for name in PARTS:
            tell(f"benchmarks.{name}")
            yield part(name, Path(made) / f"{name}.json")


def part(name: str, to: Path) -> Section:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(to)]
    try:
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PART_SECONDS, check=True)
    except subprocess.CalledProcessError as exc:
        fault = f"benchmarks.{name} failed: {exc.stderr.strip()[-300:]}"
    except subprocess.TimeoutExpired:
        fault = f"benchmarks.{name} did not end within {PART_SECONDS} seconds"
    else:
        return Section(**json.loads(to.read_text(encoding="utf-8")))
    return Section(name, f"benchmarks.{name}", ["what"], [["not measured"]], {}, (), [fault])


def with_figures(page: str, text: str) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{PAGE.name} has lost its marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def tell(line: str) -> None:
    print(f"… {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
