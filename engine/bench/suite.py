"""The cases, as a table, and the run of those that were chosen."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine import __version__
from engine.bench.cases import endurance, latency, requests, streams
from engine.bench.figures import Section
from engine.bench.measure import source
from engine.bench.report import Report
from engine.bench.setting import Bench, Profile


@dataclass(frozen=True, slots=True)
class Case:
    """`always`: a quick run has it too."""

    run: Callable[[Bench], Section]
    help: str
    always: bool = False


CASES: dict[str, Case] = {
    "requests": Case(requests.requests, "CPU per request beside the floor", always=True),
    "streams": Case(streams.fast, "CPU per event, as fast as they are read", always=True),
    "paced": Case(streams.paced, "CPU per event, at the pace of a model"),
    "clients": Case(requests.clients, "throughput and latency by clients"),
    "latency": Case(latency.latency, "time added to the first byte at half load", always=True),
    "memory": Case(endurance.memory, "memory: idle, and per open stream"),
    "aliases": Case(requests.aliases, "10 aliases against many"),
    "slow-readers": Case(endurance.slow_readers, "memory held for clients that do not read"),
    "dying-upstream": Case(endurance.dying_upstream, "streams that the upstream cuts"),
}

# A share of the time that is worth a word.
DISTURBED = 0.03

QUICK = Profile(
    seconds=0.4,
    rounds=2,
    sizes=("1 kB",),
    clients=(16,),
    paced=(200, 20),
    open_streams=200,
    aliases=200,
    routes=1,
)
USUAL = Profile(seconds=1.0)
FULL = Profile(
    rounds=4,
    sizes=("1 kB", "30 kB", "1 MB"),
    clients=(1, 16, 64, 256),
    open_streams=2000,
    aliases=10_000,
)


def chosen(names: Sequence[str], *, quick: bool) -> list[str]:
    """The named cases in the table's order; without names those of the profile."""
    if names:
        return [name for name in CASES if name in names]
    return [name for name, case in CASES.items() if case.always or not quick]


def run(bench: Bench, names: Sequence[str]) -> Report:
    """Raises `NoStart` when a server does not come up or falls over."""
    sections = []
    for name in names:
        bench.tell(CASES[name].help)
        sections.append(CASES[name].run(bench))
    return Report(conditions(bench), tuple(sections))


def conditions(bench: Bench) -> tuple[str, ...]:
    """Under which the figures came about."""
    profile = bench.profile
    cores, workers = counted(os.cpu_count() or 1, "core"), counted(profile.workers, "worker")
    rounds = f"{counted(profile.rounds, 'round')} of {profile.seconds:g} s"
    machine = f"{platform.system()} {platform.machine()}, {cores}, {platform.python_implementation()}"
    return (
        f"proxyctl {__version__} on {machine} {platform.python_version()}; {bench.placement}.",
        f"The engine: `proxyctl serve` with {workers}, a client key, aliases, a pool of two credentials, "
        "usage and metrics; like the floor it writes no log line for a request, unless a row says so.",
        f"CPU: user and system time of the server's whole process tree, from {source()}. Median of "
        f"{rounds}, lowest and highest in brackets; what is compared takes turns in one run.",
        *disturbance(bench),
    )


def disturbance(bench: Bench) -> list[str]:
    """What other programs took: it looks like latency of ours."""
    share = bench.waited / bench.measured if bench.measured else 0.0
    if share < DISTURBED:
        return []
    return [
        f"For {share:.0%} of the time what is measured waited for a core that other programs had: latencies, "
        "p99 above all, are theirs too."
    ]


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
