"""What the project has promised, as a table, and whether a run kept it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

# CPU time of the floor where the budgets were set, in microseconds. Limits that are CPU times are scaled by
# the two floors, since a machine is as fast as it is.
FLOOR = 53.0
FLOOR_FIGURE = "requests/1 kB/floor/cpu_us"


@dataclass(frozen=True, slots=True)
class Budget:
    """The largest of `figures` must not be more than `limit`, in `unit`; `scaled`: by the floor."""

    what: str
    limit: float
    unit: str
    figures: tuple[str, ...]
    scaled: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`limit` as it is on this machine. What was measured with wrong answers meets nothing."""

    budget: Budget
    value: float
    limit: float
    sound: bool = True

    @property
    def met(self) -> bool:
        return self.sound and self.value <= self.limit


# Names of the engine's ways to answer, as `site/formats.yaml` has them. Figures of mappings and reloads come
# from `benchmarks/`, which need the source tree.
PASSED, CONVERTED = "same", ("messages", "contents")


def per_event(*routes: str) -> tuple[str, ...]:
    return tuple(f"{case}/{route}/cpu_us" for case in ("streams", "paced") for route in routes)


LATENCIES = tuple(f"latency/{kind}/{each}" for each in (PASSED, "messages") for kind in ("whole", "stream"))

BUDGETS = (
    Budget("chat passed through, 1 kB", 2.5, "× floor", (f"requests/1 kB/{PASSED}/ratio",)),
    Budget(
        "chat converted, 1 kB", 3.5, "× floor", tuple(f"requests/1 kB/{each}/ratio" for each in CONVERTED)
    ),
    Budget("stream event passed through", 35.0, "µs", per_event(PASSED), scaled=True),
    Budget("stream event converted", 50.0, "µs", per_event(*CONVERTED), scaled=True),
    Budget("added to the first byte, p50 at half load", 1.0, "ms", tuple(f"{at}/p50_ms" for at in LATENCIES)),
    Budget("added to the first byte, p99 at half load", 5.0, "ms", tuple(f"{at}/p99_ms" for at in LATENCIES)),
    Budget("mapping alone", 3.0, "× by hand", ("mapping/1 kB/ratio", "mapping/30 kB/ratio")),
    Budget("2,000 route files: validate", 5.0, "s", ("reload/validate_s",)),
    Budget("2,000 route files: an edit served by all workers", 1.0, "s", ("reload/served_s",)),
    Budget("2,000 route files: longest wait while one is compiled", 50.0, "ms", ("reload/wait_ms",)),
    Budget("many aliases instead of 10", 1.1, "×", ("aliases/ratio",)),
    Budget("idle worker", 90.0, "MB", ("memory/idle_mb",)),
    Budget("open stream", 50.0, "kB", (f"memory/{PASSED}/stream_kb", "memory/messages/stream_kb")),
    Budget(
        "held for a slow reader",
        1600.0,  # a tenth of what it has not read: bounded, whatever the answer's size
        "kB",
        (f"slow-readers/{PASSED}/reader_kb", "slow-readers/messages/reader_kb"),
    ),
    Budget(
        "clients that do not hear of a cut stream",
        0.0,
        "",
        tuple(f"dying-upstream/{each}/untold" for each in (PASSED, *CONVERTED)),
    ),
)


def verdicts(figures: Mapping[str, float], unsound: Set[str] = frozenset()) -> list[Verdict]:
    """Of the budgets whose figures were measured, as far as they were; `unsound` are names of figures."""
    return [
        Verdict(budget, max(figures[name] for name in found), limit, not unsound & set(found))
        for budget in BUDGETS
        if (found := [name for name in budget.figures if name in figures])
        and (limit := _limit(budget, figures)) is not None
    ]


def _limit(budget: Budget, figures: Mapping[str, float]) -> float | None:
    """None when it depends on a floor that was not measured."""
    if not budget.scaled:
        return budget.limit
    floor = figures.get(FLOOR_FIGURE)
    return None if floor is None else budget.limit * floor / FLOOR
