"""Streamed answers: CPU per event, as fast as they are read and at the pace of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.bench.figures import Range, Sample, Section, faults, number, unseen
from engine.bench.order import Order
from engine.bench.plan import Plan
from engine.bench.setting import Bench, Target

# Connections, and the events of a stream that comes as fast as it is read.
CLIENTS, EVENTS = 8, 500
# Of each stream at the pace of a model: so many that the request's own cost hardly shows.
PACED_EVENTS = 100
# Bytes of text in an event.
SIZE = 12


def fast(bench: Bench) -> Section:
    """Many events arrive in one read: what reading, converting and writing an event costs."""
    order = Order(events=EVENTS, size=SIZE)

    def plan(target: Target) -> Plan:
        return target.plan(order, stream=True, clients=CLIENTS, seconds=bench.profile.seconds)

    notes = [
        f"{CLIENTS} connections, {EVENTS:,} events a stream, no pause between them: many come in one read. "
        "The request's own cost is spread over its events."
    ]
    return _section(bench, "streams", "Streams, as fast as they are read", plan, notes)


def paced(bench: Bench) -> Section:
    """Each event arrives in a read of its own, as from a model."""
    streams, pace = bench.profile.paced
    order = Order(events=PACED_EVENTS, pause=1 / pace, size=SIZE)

    def plan(target: Target) -> Plan:
        seconds = PACED_EVENTS / pace * 4 + 10
        return target.plan(order, stream=True, clients=streams, seconds=seconds, requests=streams)

    notes = [
        f"{streams:,} streams at once, {pace} events a second in each, {PACED_EVENTS} events a stream: each "
        "event is a read and a write of its own. The request's own cost is spread over its events."
    ]
    return _section(bench, "paced", "Streams, at the pace of a model", plan, notes)


def _section(
    bench: Bench, name: str, title: str, plan: Callable[[Target], Plan], notes: Sequence[str]
) -> Section:
    targets = [bench.bare(), *bench.routes()]
    samples = bench.rounds(targets, plan)
    figures = {f"{name}/{target.name}/cpu_us": per_event(samples[target.name]).middle for target in targets}
    rows = [row(target, samples[target.name]) for target in targets]
    wrong = [
        line
        for target in targets
        for line in (
            *faults(f"{title}, {target.title}", [each.result for each in samples[target.name]]),
            *unseen(f"{title}, {target.title}", samples[target.name]),
        )
    ]
    return Section(name, title, ["what", "CPU µs an event", "events/s"], rows, figures, notes, wrong)


def per_event(samples: Sequence[Sample]) -> Range:
    return Range.of(each.per_event for each in samples)


def row(target: Target, samples: Sequence[Sample]) -> list[str]:
    rate = Range.of(each.result.events / max(each.result.elapsed, 1e-9) for each in samples)
    return [target.title, str(per_event(samples)), number(rate.middle)]
