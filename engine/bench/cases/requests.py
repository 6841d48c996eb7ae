"""Whole answers: CPU per request beside the floor, throughput by clients, and the price of many aliases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.bench.figures import MICRO, Range, Sample, Section, faults, number, unseen
from engine.bench.order import Order
from engine.bench.setting import Bench, Target
from engine.bench.site import alias, headers

# Connections in the cases that measure CPU.
CLIENTS = 32
FEW = 10


def requests(bench: Bench) -> Section:
    """CPU per request by size of the body, in turns with the floor under the same bodies."""
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    wrong: list[str] = []
    clerk, recorded = bench.engine.beside().cpu, 0
    for size in bench.profile.sizes:
        targets = [bench.floor(), *bench.routes()]
        if size == bench.profile.sizes[0]:
            targets.append(bench.logged())  # a line costs the same whatever the body
        samples = bench.rounds(
            targets,
            lambda target, size=size: target.plan(  # type: ignore[misc]
                Order(), clients=CLIENTS, seconds=bench.profile.seconds, size=size
            ),
        )
        floor = samples["floor"]
        recorded += sum(each.result.requests for route in bench.routes() for each in samples[route.name])
        for target in targets:
            rows.append(row(size, target, samples[target.name], floor))
            figures |= figures_of(f"requests/{size}/{target.name}", samples[target.name], floor)
            wrong += faults(f"{size}, {target.title}", [each.result for each in samples[target.name]])
            wrong += unseen(f"{size}, {target.title}", samples[target.name])
    clerk = (bench.engine.beside().cpu - clerk) / max(recorded, 1) * MICRO
    figures["requests/clerk_us"] = clerk
    return Section(
        "requests",
        "CPU per request",
        ["body", "what", "CPU µs", "× floor", "requests/s", "p50 ms", "p99 ms"],
        rows,
        figures,
        [
            f"{CLIENTS} connections, each with one request in flight.",
            f"Beside the engine's figures, its clerk spent {clerk:.0f} µs for each of these requests, on "
            "writing their records into the database.",
        ],
        wrong,
    )


def row(size: str, target: Target, samples: Sequence[Sample], floor: Sequence[Sample]) -> list[str]:
    cpu, ratio = Range.of(each.per_request for each in samples), ratios(samples, floor)
    return [size, target.title, str(cpu), str(ratio), *timings(samples)]


def timings(samples: Sequence[Sample]) -> list[str]:
    """Requests a second, p50 and p99: medians of the rounds."""
    return [
        number(Range.of(each.result.rate for each in samples).middle),
        number(Range.of(each.result.latency.p50 for each in samples).middle),
        number(Range.of(each.result.latency.p99 for each in samples).middle),
    ]


def ratios(samples: Sequence[Sample], floor: Sequence[Sample]) -> Range:
    """Each round against the floor in the same round; 0 where the floor's CPU time was not seen."""
    pairs = zip(samples, floor, strict=True)
    return Range.of(one.per_request / other.per_request if other.cpu else 0.0 for one, other in pairs)


def figures_of(name: str, samples: Sequence[Sample], floor: Sequence[Sample]) -> Mapping[str, float]:
    return {
        f"{name}/cpu_us": Range.of(each.per_request for each in samples).middle,
        f"{name}/ratio": ratios(samples, floor).middle,
        f"{name}/per_second": Range.of(each.result.rate for each in samples).middle,
        f"{name}/p50_ms": Range.of(each.result.latency.p50 for each in samples).middle,
        f"{name}/p99_ms": Range.of(each.result.latency.p99 for each in samples).middle,
    }


def clients(bench: Bench) -> Section:
    """Throughput and latency by the number of clients."""
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    wrong: list[str] = []
    targets = [bench.floor(), *bench.routes()[: bench.profile.routes]]
    for count in bench.profile.clients:
        samples = bench.rounds(
            targets,
            lambda target, count=count: target.plan(  # type: ignore[misc]
                Order(), clients=count, seconds=bench.profile.seconds
            ),
        )
        for target in targets:
            taken = samples[target.name]
            cpu = Range.of(each.per_request for each in taken)
            rows.append(
                [
                    number(count).removesuffix(".00").removesuffix(".0"),
                    target.title,
                    *timings(taken),
                    str(cpu),
                ]
            )
            figures |= figures_of(f"clients/{count}/{target.name}", taken, samples["floor"])
            wrong += faults(f"{count} clients, {target.title}", [each.result for each in taken])
    header = ["clients", "what", "requests/s", "p50 ms", "p99 ms", "CPU µs"]
    return Section("clients", "Throughput and latency by clients, 1 kB", header, rows, figures, (), wrong)


def aliases(bench: Bench) -> Section:
    """The same request where few models are declared and where many are."""
    many = bench.profile.aliases
    targets = []
    for count in (FEW, many):
        with_count = bench.fresh_engine(count)
        name, title = ("few", "many")[count == many], f"{count:,} aliases"
        targets.append(Target(name, title, bench.start(with_count), alias(count - 1), headers()))
    samples = bench.rounds(
        targets, lambda target: target.plan(Order(), clients=CLIENTS, seconds=bench.profile.seconds)
    )
    few = samples["few"]
    rows = [row("1 kB", target, samples[target.name], few) for target in targets]
    figures = {"aliases/ratio": ratios(samples["many"], few).middle}
    wrong: list[str] = []
    for target in targets:
        wrong += faults(target.title, [each.result for each in samples[target.name]])
        target.server.stop()
    header = ["body", "what", "CPU µs", f"× {FEW} aliases", "requests/s", "p50 ms", "p99 ms"]
    return Section("aliases", "Many aliases", header, rows, figures, (), wrong)
