"""Reloads of a large site under load: `python -m benchmarks.reload [--files 2000] [--workers 2] …`.

Edits files again and again while a steady load runs in another process, and reports how long it took until
every connection was served from the new generation, and the longest wait of any request around the edits
and between them. On a busy machine other programs make requests wait too: of the longest wait of each
edit the least is what the engine itself is to blame for, and the quiet times show what the machine adds.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.large_site import file_name, has_dialect, make_site, route_file
from benchmarks.process import Engine, command, cpu_of, ends_with_sigterm, running
from engine.bench.figures import Range, Section
from engine.bench.figures import number as shown

SERVED_WITHIN = 30.0
QUIET = 1.5
AFTER = 0.4
KEPT = 50_000
# Edits of a single file.
ONE = ("one file", "one with a dialect")
BUDGETS = "budgets: validate 5 s, served by all 1 s, no wait above 50 ms, an idle worker 90 MB"


@dataclass(frozen=True, slots=True)
class Answer:
    at: float
    took: float
    generation: str


@dataclass
class Load:
    """The answers that the load got so far."""

    answers: deque[Answer] = field(default_factory=partial(deque, maxlen=KEPT))

    def since(self, start: float, end: float) -> list[Answer]:
        """Those that were waited for at some time from `start` to `end`."""
        return [
            answer for answer in list(self.answers) if answer.at + answer.took > start and answer.at < end
        ]

    def served(self, old: str, since: float) -> float:
        """When the last answer of the generation `old` was asked for; waits until no more come."""
        while True:
            recent = self.since(max(since, time.monotonic() - AFTER), time.monotonic())
            if recent and time.monotonic() - since > AFTER and all(one.generation != old for one in recent):
                return max((one.at for one in list(self.answers) if one.generation == old), default=since)
            if time.monotonic() - since > SERVED_WITHIN:
                raise SystemExit(f"the edit is not served after {SERVED_WITHIN:.0f} s")
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Round:
    """One edit: seconds until all served it, longest wait (ms), CPU of the server beside the load's."""

    served: float
    longest: float
    answers: list[Answer]
    cpu: float


def main() -> None:
    options = _options()
    ends_with_sigterm()
    with tempfile.TemporaryDirectory(prefix="proxyctl-bench-") as folder:
        site = Path(folder)
        make_site(site, options.files, options.aliases)
        print(f"{options.files} files, {options.aliases} aliases, {options.workers} workers\n{BUDGETS}\n")
        validating = _validate(site)
        print(f"validate: {validating:.2f} s of CPU")
        with running(site, options.port, options.workers) as engine:
            print(f"ready after {engine.started_in:.2f} s")
            _show_memory("idle", engine)
            with load(engine.url) as answers:
                rounds = _edit_all(engine, answers, site, options)
            _show_memory("at the end", engine)
    if options.json:
        options.json.write_text(json.dumps(asdict(section(options, validating, rounds))), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the table and its figures there, too"
    )
    for name, default in (("files", 2000), ("aliases", 10_000), ("workers", 2), ("edits", 5), ("port", 9150)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def _validate(site: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command(site, "validate"), check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _edit_all(
    engine: Engine, answers: Load, site: Path, options: argparse.Namespace
) -> dict[str, list[Round]]:
    editor = Editor(site / "routes.d", options.aliases // options.files, options.files)
    time.sleep(QUIET)
    edits: dict[str, Callable[[], bool]] = {
        "nothing": lambda: False,
        **dict(zip(ONE, (editor.one, editor.dialect), strict=True)),
        "100 files": editor.many,
        "a broken file": editor.broken,
    }
    print(f"\n{'edited':20}{'all serve it, s':>22}{'longest wait, ms':>30}{'p99.9':>8}{'CPU, s':>8}")
    print(f"{'':20}{'least  middle  most':>22}{'least  middle  most':>30}")
    found: dict[str, list[Round]] = {}
    for title, edit in edits.items():
        found[title] = [_round(engine, answers, edit) for _ in range(options.edits)]
        _report(title, found[title])
    return found


def _round(engine: Engine, load: Load, edit: Callable[[], bool]) -> Round:
    before, cpu = load.answers[-1].generation, cpu_of(engine.processes())
    began = time.monotonic()
    if edit():
        served = load.served(before, began) - began
    else:
        served = 0.0
        time.sleep(QUIET)
    spent = cpu_of(engine.processes()) - cpu
    answers = load.since(began, began + (served or QUIET) + AFTER)
    time.sleep(AFTER)
    return Round(served, max(one.took for one in answers) * 1000, answers, spent)


def _report(title: str, rounds: list[Round]) -> None:
    waits = sorted(answer.took * 1000 for one in rounds for answer in one.answers)
    rare = waits[int(len(waits) * 0.999)]
    served, longest = (_range([getattr(one, name) for one in rounds]) for name in ("served", "longest"))
    cpu = statistics.median(one.cpu for one in rounds)
    served = served if rounds[0].served else ""
    print(f"{title:20}{served:>22}{longest:>30}{rare:8.1f}{cpu:8.2f}", flush=True)


def section(options: argparse.Namespace, validating: float, found: dict[str, list[Round]]) -> Section:
    """For `benchmarks/run`. The figures are the worst of the edits' medians."""
    served = {title: Range.of(one.served for one in rounds) for title, rounds in found.items()}
    waits = {title: Range.of(one.longest for one in rounds) for title, rounds in found.items()}
    rows = [[title, str(served[title]) if served[title].middle else "", str(waits[title])] for title in found]
    return Section(
        "reload",
        f"Reloading {options.files:,} files with {options.aliases:,} aliases, {options.workers} workers",
        ["edited", "served by all after s", "longest wait of any request, ms"],
        rows,
        {
            "reload/validate_s": validating,
            "reload/served_s": max(served[title].middle for title in ONE),
            "reload/wait_ms": max(each.middle for each in waits.values()),
        },
        [
            f"{options.edits} edits of each kind under a steady load; `proxyctl validate` takes "
            f"{shown(validating)} s of CPU. The waits beside an edit of nothing are this machine's own."
        ],
    )


def _range(values: list[float]) -> str:
    shown = (min(values), statistics.median(values), max(values))
    return "  ".join(f"{value:.2f}" if value < 10 else f"{value:.0f}" for value in shown)


class Editor:
    """Each edit is another one; gives whether it will be served."""

    def __init__(self, routes: Path, aliases: int, files: int) -> None:
        self._routes, self._aliases, self._files = routes, aliases, files
        self._edit = 0

    def one(self) -> bool:
        return self._write([self._files // 2])

    def dialect(self) -> bool:
        return self._write([next(filter(has_dialect, range(self._files // 2, self._files)))])

    def many(self) -> bool:
        return self._write(range(self._files // 2, self._files // 2 + min(100, self._files // 2)))

    def broken(self) -> bool:
        text = f"version: 1\nmodels: {{broken: {{targets: [nowhere-{self._edit}/x]}}}}\n"
        (self._routes / file_name(0)).write_text(text)
        self._edit += 1
        return False

    def _write(self, numbers: list[int] | range) -> bool:
        self._edit += 1
        for number in numbers:
            text = route_file(number, self._aliases, edit=self._edit)
            (self._routes / file_name(number)).write_text(text)
        return True


@contextmanager
def load(url: str, kind: str = "steady") -> Iterator[Load]:
    """A load in a process of its own, `benchmarks.KIND`, from when its first answer came."""
    arguments = [sys.executable, "-m", f"benchmarks.{kind}", url]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    found = Load()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            at, took, generation = line.split()
            found.answers.append(Answer(float(at), float(took), generation))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        while not found.answers:
            if process.poll() is not None:
                raise SystemExit("the load does not start")
            time.sleep(0.05)
        yield found
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
        reader.join()


def _show_memory(when: str, engine: Engine) -> None:
    names = ["parent", *(f"worker {number}" for number in range(1, 9))]
    found = engine.memory()
    for name, memory in zip(names if len(found) > 1 else ["server"], found, strict=False):
        print(f"memory, {when}, {name}: {memory}")


if __name__ == "__main__":
    main()
