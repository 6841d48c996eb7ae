"""Run the route tests of the site: offline, with a fixed clock, fixed ids and made-up secrets.

The site is checked first; a site with errors has no tests to run."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.cli.console import Console, counted
from engine.cli.exits import Exit
from engine.cli.report import Report
from engine.cli.report import write as write_report
from engine.cli.site import open_site
from engine.config.document import ParsedFile, read_file
from engine.mapping.dialect import Dialect
from engine.mapping.surface import SurfacePrograms
from engine.snapshot.cache import Cache
from engine.snapshot.dialects import Dialects
from engine.snapshot.library import NoSecrets, library_texts, shipped
from engine.spec.dialect import Dialect as Declared
from engine.spec.surface import Surface as DeclaredSurface
from engine.testing.cases import Case, cases_of
from engine.testing.coverage import Covered, Tracer, coverage, uncovered
from engine.testing.junit import junit
from engine.testing.result import Result
from engine.testing.runner import Bench
from engine.testing.runner import run as run_cases


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="only the tests in these files or directories"
    )
    parser.add_argument("--run", metavar="REGEX", help="only tests whose name, dialect or model matches")
    parser.add_argument("--library", action="store_true", help="the tests of the shipped dialects instead")
    parser.add_argument(
        "--coverage", action="store_true", help="also list what of the dialects no test entered"
    )
    parser.add_argument("--junit", metavar="FILE", help="also write the results as JUnit XML")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.add_argument("-v", "--verbose", action="store_true", help="also name the tests that pass")


def run(args: argparse.Namespace) -> int:
    try:
        wanted = re.compile(args.run or "", re.IGNORECASE)
    except re.error as mistake:
        Console.stderr().line(f"proxyctl: --run {args.run!r} is no regular expression: {mistake}")
        return Exit.USAGE
    subjects = library() if args.library else site(args.site)
    cases = [case for case in cases_of(subjects.files) if chosen(case, wanted, args.paths, subjects.root)]
    if not cases and (args.run or args.paths):
        Console.stderr().line("proxyctl: no test is chosen: see --run and the paths")
        return Exit.USAGE
    tracer = Tracer(subjects.compiled()) if args.coverage else None
    with tracer or nullcontext():
        results = asyncio.run(collect(cases, subjects.bench))
    if args.junit and not written(Path(args.junit), junit(results)):
        return Exit.USAGE
    covered = coverage(subjects.declared, tracer, subjects.surfaces) if tracer else None
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps(as_data(results, covered), indent=2, ensure_ascii=False))
    else:
        write(results, subjects.root, console, verbose=args.verbose)
        write_coverage(covered, subjects.root, console)
    return Exit.GOOD if all(result.passed for result in results) else Exit.ERRORS


def written(path: Path, text: str) -> bool:
    """Whether a file could be written; standard error says why not."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as failed:
        Console.stderr().line(f"proxyctl: {path} cannot be written: {failed.strerror}")
        return False
    return True


@dataclass(frozen=True)
class Subjects:
    """What is tested: files with cases, the dialects that they declare, and what the cases run against."""

    root: Path
    files: Sequence[ParsedFile]
    declared: Mapping[str, Declared]
    surfaces: Mapping[str, DeclaredSurface]
    bench: Bench

    def compiled(self) -> Iterator[Dialect | SurfacePrograms]:
        yield from (found for found in map(self.bench.dialect, self.declared) if found is not None)
        for found in map(self.bench.surface, self.surfaces):
            programs = getattr(found, "programs", None)
            if isinstance(programs, SurfacePrograms):
                yield programs


def site(directory: str) -> Subjects:
    """The site's own files. Leaves with exit code 1 when the site has errors."""
    opened = open_site(directory, mock=True, secrets=NoSecrets(), environment={})
    snapshot = opened.snapshot()
    files = list(opened.compilation.files.values())
    documents = [file.document for file in files if file.document is not None]
    declared = {name: dialect for document in documents for name, dialect in document.dialects.items()}
    dialects = Dialects(declared, shipped().dialects, opened.cache)
    own = {name: surface for document in documents for name, surface in document.surfaces.items()}
    bench = Bench(dialects.get, snapshot)
    return Subjects(opened.root, files, declared, own, bench)


def library() -> Subjects:
    """What is shipped and the tests beside it. Leaves with exit code 1 when a file is faulty."""
    found = shipped()
    tests = [read_file(name, raw, NoSecrets()) for name, raw in library_texts(".test.yaml")]
    files = [*found.files.values(), *tests]
    faults = [item for file in files for item in file.diagnostics if item.is_error]
    if faults:
        write_report(Report(faults, len(files)), "text", Console.stderr())
        sys.exit(Exit.ERRORS)
    cache = Cache()
    bench = Bench(Dialects({}, found.dialects, cache).get)
    return Subjects(Path("engine"), files, found.dialects, found.surfaces, bench)


def chosen(case: Case, wanted: re.Pattern[str], paths: Sequence[str], root: Path) -> bool:
    if not (wanted.search(case.name) or wanted.search(case.subject)):
        return False
    file = (root / case.at.file).resolve()
    return not paths or any(file.is_relative_to(path) for path in candidates(paths, root))


def candidates(paths: Sequence[str], root: Path) -> list[Path]:
    """What the given paths may mean: relative to where we are, or to the site."""
    return [place.resolve() for path in paths for place in (Path(path), root / path)]


async def collect(cases: Iterable[Case], bench: Bench) -> list[Result]:
    return [result async for result in run_cases(cases, bench)]


def write(results: Sequence[Result], root: Path, console: Console, *, verbose: bool) -> None:
    for result in results:
        if not result.passed or verbose:
            write_result(result, root, console)
    failed = sum(not result.passed for result in results)
    text = f"{counted(len(results) - failed, 'test')} passed, {failed} failed"
    console.line(console.paint("error" if failed else "good", text))


def write_coverage(covered: Sequence[Covered] | None, root: Path, console: Console) -> None:
    """What no test entered, with its place."""
    if covered is None:
        return
    missed = uncovered(covered)
    for point in missed:
        place = console.paint("bold", f"{root / point.at.file}:{point.at.line}")
        console.line(f"{place}: no test enters {point.kind} {point.label}")
    console.line(
        f"coverage: {len(covered) - len(missed)} of {counted(len(covered), 'point')} of the site's dialects"
    )


def write_result(result: Result, root: Path, console: Console) -> None:
    verdict = console.paint("good", "ok  ") if result.passed else console.paint("error", "FAIL")
    console.line(f"{verdict} {result.subject}: {result.name}")
    for failure in result.failures:
        first, *more = failure.message.splitlines()
        console.line(f"  {console.paint('bold', f'{root / failure.at.file}:{failure.at.line}')}: {first}")
        for line in [*more, *painted_diff(failure.diff, console.paint)]:
            console.line(f"    {line}")


def painted_diff(diff: str, paint: Callable[[str, str], str]) -> list[str]:
    styles = {"-": "removed", "+": "added", "@": "dim"}
    lines = diff.splitlines()
    return [paint(styles[line[0]], line) if line[:1] in styles else line for line in lines]


def as_data(results: Sequence[Result], covered: Sequence[Covered] | None) -> dict[str, Any]:
    failed = sum(not result.passed for result in results)
    data = {
        "tests": [
            {
                "name": result.name,
                "subject": result.subject,
                "file": result.at.file,
                "line": result.at.line,
                "passed": result.passed,
                "failures": [
                    {
                        "file": failure.at.file,
                        "line": failure.at.line,
                        "message": failure.message,
                        "diff": failure.diff,
                    }
                    for failure in result.failures
                ],
            }
            for result in results
        ],
        "passed": len(results) - failed,
        "failed": failed,
    }
    return data if covered is None else {**data, "coverage": coverage_data(covered)}


def coverage_data(covered: Sequence[Covered]) -> dict[str, Any]:
    missed = [
        {"file": point.at.file, "line": point.at.line, "kind": point.kind, "label": point.label}
        for point in uncovered(covered)
    ]
    return {"points": len(covered), "missed": missed}
