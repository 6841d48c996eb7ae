"""Instructions a request takes, by callgrind: `python -m benchmarks.instructions [CASE …] [--size SIZE]`.

Times move with whatever else a machine does; how many instructions a process needs hardly does (about 1 %).
So this tells what a change is worth, where ratios of times cannot. The engine runs whole, under valgrind;
counted is user space alone, without what it does when nobody asks. About half a minute for a case.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from engine.bench.figures import faults
from engine.bench.order import Order
from engine.bench.servers import Server, free_port, python
from engine.bench.setting import Bench, Profile, Target

WARM, REQUESTS, IDLE_SECONDS, DUMPING = 60, 300, 5.0, 0.5
SLOW = 300.0
TOTALS = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
FLOOR = "floor"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    cases = [FLOOR, "same", "messages", "contents"]
    parser.add_argument("cases", nargs="*", default=cases[:3], help=f"of {', '.join(cases)}")
    parser.add_argument("--size", default="1 kB", help="of the body: 1 kB, 30 kB or 1 MB")
    parser.add_argument("--log-level", default="warning", help="of the engine; info: a line for each request")
    options = parser.parse_args()
    with Bench(Profile()) as bench:
        for case in options.cases:
            with ExitStack() as stack:
                server = stack.enter_context(_server(bench, case, options.log_level))
                cost = _cost(bench, server, case, options.size)
                print(f"{case:10} {options.size:6} {cost / 1000:8.1f} k", flush=True)


def _watched(command: Sequence[str], directory: Path) -> list[str]:
    out = f"--callgrind-out-file={directory}/callgrind.%p"
    return ["env", "PYTHONHASHSEED=0", "valgrind", "--tool=callgrind", "--instr-atstart=no", out, *command]


def _server(bench: Bench, case: str, log_level: str) -> Server:
    if case == FLOOR:
        port = free_port()
        command = _watched(python("engine.bench.floor", str(port)), bench.directory)
        return bench.server(FLOOR, command, port, patience=SLOW)
    command = _watched([sys.executable, "-m", "engine.cli.main"], bench.directory)
    engine = bench.fresh_engine(command=command, log_level=log_level)
    return replace(engine, patience=SLOW)


def _cost(bench: Bench, server: Server, case: str, size: str) -> float:
    """Instructions a request; with one worker, the server's own process is the one that answers."""
    if case == FLOOR:
        target = Target(FLOOR, FLOOR, server)
    else:
        target = next(each for each in bench.routes(server) if each.name == case)

    def ask(requests: int) -> None:
        plan = target.plan(Order(), clients=1, seconds=SLOW, size=size, requests=requests)
        if wrong := faults(case, [bench.load(plan)]):
            raise SystemExit(wrong[0])

    ask(WARM)
    idle, idle_seconds = _counted(bench, server, lambda: time.sleep(IDLE_SECONDS))
    spent, seconds = _counted(bench, server, lambda: ask(REQUESTS))
    return (spent - idle / idle_seconds * seconds) / REQUESTS


def _counted(bench: Bench, server: Server, work: Callable[[], None]) -> tuple[int, float]:
    """Instructions of the server while the work is done, and the seconds that it took."""

    def control(*flags: str) -> None:
        command = ["callgrind_control", *flags, str(server.pid)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    control("--instr=on")
    control("--zero")
    began = time.monotonic()
    work()
    seconds = time.monotonic() - began
    control("--dump")
    time.sleep(DUMPING)
    control("--instr=off")
    dumps = bench.directory.glob(f"callgrind.{server.pid}.*")
    latest = max(dumps, key=lambda dump: int(dump.suffix[1:]))
    found = TOTALS.search(latest.read_text())
    assert found is not None
    return int(found[1]), seconds


if __name__ == "__main__":
    main()
