"""proxyctl beside its peers: the same requests, upstream and core, in turns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.peers.servers import litellm, nginx, portkey
from engine.bench.cases.requests import figures_of, ratios
from engine.bench.cases.streams import PACED_EVENTS, SIZE, per_event
from engine.bench.figures import Range, Sample, Section, faults, number
from engine.bench.order import Order
from engine.bench.plan import Plan
from engine.bench.servers import NoStart
from engine.bench.setting import Bench, Target

CLIENTS = (1, 16, 64)
# CPU times are taken with so many.
USUAL = 16
# As fast as they are read: connections, events of a stream. At a pace: streams, events a second of each.
FAST, PACED = (4, 250), (40, 20)

# proxyctl on the event loop of the standard library.
ASYNCIO = (
    "import asyncio, uvloop; uvloop.new_event_loop = asyncio.new_event_loop; "
    "from engine.cli.main import entry; entry()"
)
NOTES = (
    "Every one: one worker on the same core, the same upstream, answers checked like ours. LiteLLM with its "
    "documented settings for production and a master key; Portkey's gateway asks for no client key; nginx "
    "compares one header and forwards. Configurations are in `benchmarks/peers/`.",
)


def comparison(bench: Bench, peers: Path) -> list[Section]:
    """Starts everybody, drops the cases that somebody cannot do, and says so."""
    words, targets = everybody(bench, peers)
    whole, cannot = able(bench, targets, stream=False)
    streaming, cannot_stream = able(bench, [each for each in targets if each.name != "floor"], stream=True)
    notes = (*NOTES, f"Versions: {', '.join(words)}.")
    return [
        requests(bench, whole, (*notes, *cannot)),
        streams(bench, streaming, cannot_stream),
    ]


def everybody(bench: Bench, peers: Path) -> tuple[list[str], list[Target]]:
    same, messages = bench.routes()[:2]
    other_loop = bench.start(bench.fresh_engine(command=[sys.executable, "-c", ASYNCIO]))
    targets = [
        bench.floor(),
        replace(same, title=f"proxyctl, {same.title}"),
        replace(messages, title=f"proxyctl, {messages.title}"),
        replace(
            same, name="asyncio", title=f"proxyctl on asyncio's own loop, {same.title}", server=other_loop
        ),
    ]
    words: list[str] = []
    for start in (nginx, portkey, litellm):
        version, found = start(bench, peers)
        words.append(version)
        targets += found
    return words, targets


def able(bench: Bench, targets: Sequence[Target], *, stream: bool) -> tuple[list[Target], list[str]]:
    """Those that answer rightly; for the others, what they answered."""
    good: list[Target] = []
    cannot: list[str] = []
    for target in targets:
        try:
            bench.check(target, streams=(stream,))
        except NoStart as exc:
            cannot.append(f"Not measured: {str(exc).splitlines()[0]}")
        else:
            good.append(target)
    return good, cannot


def requests(bench: Bench, targets: Sequence[Target], notes: Sequence[str]) -> Section:
    taken: dict[int, dict[str, list[Sample]]] = {}
    for count in CLIENTS:
        bench.tell(f"peers, {count} clients")

        def plan(target: Target, count: int = count) -> Plan:
            return target.plan(Order(), clients=count, seconds=bench.profile.seconds)

        taken[count] = bench.rounds(targets, plan)
    floor = taken[USUAL]["floor"]
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    wrong: list[str] = []
    for target in targets:
        usual = taken[USUAL][target.name]
        cpu = Range.of(each.per_request for each in usual)
        by_clients = [taken[count][target.name] for count in CLIENTS]
        rows.append(
            [
                target.title,
                str(cpu),
                number(ratios(usual, floor).middle),
                across(by_clients, lambda each: each.result.rate),
                across(by_clients, lambda each: each.result.latency.p50),
                across(by_clients, lambda each: each.result.latency.p99),
            ]
        )
        figures |= figures_of(f"peers/{target.name}", usual, floor)
        wrong += faults(target.title, [each.result for samples in by_clients for each in samples])
    counts = " · ".join(map(str, CLIENTS))
    header = ["what", "CPU µs", "× floor", f"requests/s, {counts} clients", "p50 ms", "p99 ms"]
    title = f"Beside its peers: whole answers, 1 kB (CPU with {USUAL} clients)"
    return Section("peers", title, header, rows, figures, notes, wrong)


def across(runs: Sequence[Sequence[Sample]], of: Callable[[Sample], float]) -> str:
    """The medians of several runs in one cell."""
    return " · ".join(number(Range.of(map(of, samples)).middle) for samples in runs)


def streams(bench: Bench, targets: Sequence[Target], notes: Sequence[str]) -> Section:
    bench.tell("peers, streams")
    connections, events = FAST
    fast_order = Order(events=events, size=SIZE)
    fast = bench.rounds(
        targets,
        lambda each: each.plan(fast_order, stream=True, clients=connections, seconds=bench.profile.seconds),
    )
    count, pace = PACED
    paced_order = Order(events=PACED_EVENTS, size=SIZE, pause=1 / pace)
    seconds = PACED_EVENTS / pace * 4
    bench.tell("peers, streams at the pace of a model")
    paced = {
        each.name: [
            bench.run(
                each, each.plan(paced_order, stream=True, clients=count, seconds=seconds, requests=count)
            )
        ]
        for each in targets
    }
    rows = [row(each, fast[each.name], paced[each.name]) for each in targets]
    figures: dict[str, float] = {}
    wrong: list[str] = []
    for target in targets:
        figures[f"peers-streams/{target.name}/cpu_us"] = per_event(fast[target.name]).middle
        figures[f"peers-paced/{target.name}/cpu_us"] = per_event(paced[target.name]).middle
        results = [each.result for each in (*fast[target.name], *paced[target.name])]
        wrong += faults(f"streams, {target.title}", results)
    header = [
        "what",
        "CPU µs an event, as fast as read",
        "at a pace",
        "events/s",
        "p99 of the first byte, ms",
    ]
    told = (
        f"As fast as read: {connections} connections, {events} events a stream. At a pace: {count} streams, "
        f"{pace} events a second in each, {PACED_EVENTS} events a stream, one round.",
    )
    return Section(
        "peers-streams", "Beside its peers: streams", header, rows, figures, (*told, *notes), wrong
    )


def row(target: Target, fast: Sequence[Sample], paced: Sequence[Sample]) -> list[str]:
    rate = Range.of(each.result.events / max(each.result.elapsed, 1e-9) for each in fast).middle
    first = Range.of(each.result.first_byte.p99 for each in fast).middle
    return [target.title, str(per_event(fast)), number(per_event(paced).middle), number(rate), number(first)]
