"""A `Bench` whose servers do not exist and whose samples are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from engine.bench.figures import Sample
from engine.bench.plan import Plan, Result, Spread
from engine.bench.setting import Profile, Target

PROFILE = Profile(seconds=1.0, rounds=2, sizes=("1 kB",), clients=(1, 16), open_streams=100, aliases=50)


def result(requests: int = 1000, events: int = 18, **more: Any) -> Result:
    latency, first = Spread(1.0, 2.0, 3.0, 4.0), Spread(0.5, 0.6, 0.7, 0.8)
    given = {"rate": 500.0, "elapsed": 2.0, "latency": latency, "first_byte": first, **more}
    return Result(requests=requests, events=requests * events, **given)


@dataclass
class FakeServer:
    memory: list[int] = field(default_factory=lambda: [10_000_000])
    stopped: bool = False
    port: int = 1

    def usage(self) -> Any:
        memory = self.memory.pop(0) if len(self.memory) > 1 else self.memory[0]
        return SimpleNamespace(memory=memory, cpu=0.0)

    def beside(self) -> Any:
        return SimpleNamespace(memory=60_000_000, cpu=0.5)

    def stop(self) -> None:
        self.stopped = True


class FakeBench:
    """`cpu` is the seconds of CPU that 1,000 requests of a target take, by its name; `plans` is what was asked."""

    def __init__(self, cpu: dict[str, float] | None = None, profile: Profile = PROFILE) -> None:
        self.profile = profile
        self.files = 20_000
        self.measured = self.waited = 0.0
        self.cpu = cpu or {}
        self.plans: list[Plan] = []
        self.results: dict[str, Result] = {}
        self.memory = [50_000_000, 50_000_000, 54_000_000, 52_000_000]
        self.started: list[FakeServer] = []
        self.looks = 3

    def target(self, name: str, title: str = "") -> Target:
        server: Any = FakeServer()
        return Target(name, title or name, server, name)

    def floor(self) -> Target:
        return self.target("floor", "the floor")

    def bare(self) -> Target:
        return self.target("bare", "a bare loop")

    def logged(self) -> Target:
        return self.target("logged", "with its log")

    def direct(self) -> Target:
        return self.target("direct", "straight")

    def routes(self, server: Any = None) -> list[Target]:
        names = {"same": "passed", "messages": "converted", "contents": "converted too"}
        given: Any = server or FakeServer()
        return [Target(name, title, given, name) for name, title in names.items()]

    @property
    def engine(self) -> Any:
        return FakeServer()

    def fresh_engine(self, aliases: int = 0, command: Sequence[str] | None = None) -> Any:
        @contextmanager
        def engine() -> Iterator[FakeServer]:
            server = FakeServer(list(self.memory))
            self.started.append(server)
            yield server

        return engine()

    def start(self, server: Any) -> Any:
        return server.__enter__()

    def tell(self, line: str) -> None: ...

    def load(self, plan: Plan, watch: Callable[[], None] | None = None) -> Result:
        self.plans.append(plan)
        for _ in range(self.looks if watch else 0):
            assert watch is not None
            watch()
        return self.results.get("load", result(plan.requests or 1000, plan.events))

    def run(self, target: Target, plan: Plan) -> Sample:
        self.plans.append(plan)
        return Sample(
            self.cpu.get(target.name, 0.1), self.results.get(target.name, result(1000, plan.events))
        )

    def rounds(self, targets: Sequence[Target], plan_of: Callable[[Target], Plan]) -> dict[str, list[Sample]]:
        return {
            each.name: [self.run(each, plan_of(each)) for _ in range(self.profile.rounds)] for each in targets
        }
