"""What the gateway adds to the time until the first byte, at half of the load that it can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.bench.figures import Range, Sample, Section, faults, number
from engine.bench.order import Order
from engine.bench.plan import Plan, Spread
from engine.bench.setting import Bench, Target

CLIENTS = 32
# A short stream: its first byte is what counts.
STREAM = Order(events=4)


def latency(bench: Bench) -> Section:
    """The same requests at the same rate, through the engine and straight to the upstream, in turns."""
    kinds = [
        (kind, target) for target in bench.routes()[: bench.profile.routes] for kind in ("whole", "stream")
    ]
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    wrong: list[str] = []
    for kind, target in kinds:
        rate, samples = half_load(bench, target, stream=kind == "stream")
        added = {at: difference(samples[target.name], samples["direct"], at) for at in ("p50", "p99")}
        title = f"{kind}, {target.title}"
        rows.append([title, number(rate), str(added["p50"]), str(added["p99"])])
        figures |= {f"latency/{kind}/{target.name}/{at}_ms": added[at].middle for at in added}
        wrong += faults(title, [each.result for taken in samples.values() for each in taken])
    notes = [
        "First byte of the answer's body, through the engine less straight to the upstream, at half of the "
        "requests that it answered without a limit. Requests start on time: a wait for a connection counts."
    ]
    header = ["answer", "requests/s", "p50 added ms", "p99 added ms"]
    return Section("latency", "Time added to the first byte, 1 kB", header, rows, figures, notes, wrong)


def half_load(bench: Bench, target: Target, *, stream: bool) -> tuple[float, dict[str, list[Sample]]]:
    order = STREAM if stream else Order()
    seconds = bench.profile.seconds

    def plan(given: Target) -> Plan:
        return given.plan(order, stream=stream, clients=CLIENTS, seconds=seconds)

    most = bench.run(target, plan(target)).result.rate
    rate = max(most / 2, 1.0)
    return rate, bench.rounds(
        [bench.direct(), target],
        lambda given: replace(plan(given), rate=rate, warmup=min(0.3, seconds / 4)),
    )


def difference(samples: Sequence[Sample], direct: Sequence[Sample], at: str) -> Range:
    """Milliseconds, round by round."""

    def value(spread: Spread) -> float:
        return float(getattr(spread, at))

    pairs = zip(samples, direct, strict=True)
    return Range.of(value(one.result.first_byte) - value(other.result.first_byte) for one, other in pairs)
