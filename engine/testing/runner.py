"""Run test cases: each with every way to cut its stream; then compare what was seen with what should be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from engine.mapping.dialect import Dialect
from engine.operations import CHAT, OPERATIONS
from engine.snapshot.library import shipped
from engine.snapshot.model import Snapshot
from engine.snapshot.surfaces import shipped_surface
from engine.surfaces.surface import Surface, speaking
from engine.testing import dialect_case, endpoint_case, route_case
from engine.testing.answers import answers, stream_bytes
from engine.testing.cases import Case
from engine.testing.observed import Observed, cut_failure, failures
from engine.testing.result import Failure, Result
from engine.testing.world import UpstreamAnswer

HUB = "openai-chat"
# Stands in where a surface is tested and no upstream answers.
NO_PLATFORM = "mock"


@dataclass(frozen=True, slots=True)
class Bench:
    """What cases run against: compiled dialects by name, and the site's snapshot for tests of routes."""

    dialect: Callable[[str], Dialect | None]
    snapshot: Snapshot | None = None

    def surface(self, name: str | None, operation: str = CHAT) -> Surface | None:
        """The site's own, or a shipped one; of its operations the one that is tested."""
        if name is None:
            name = HUB if operation == CHAT else plain_surface(operation)
        own = self.snapshot.surfaces.get(name) if self.snapshot else None
        home = own or shipped_surface(name)
        return None if home is None else speaking(home, operation)


def plain_surface(operation: str) -> str:
    """The shipped surface that has an operation and no chat: it speaks the hub's words."""
    named = (
        name
        for name, one in shipped().surfaces.items()
        if not (one.decode or one.extends) and operation in one.operations
    )
    return next(named, HUB)


async def run(cases: Iterable[Case], bench: Bench) -> AsyncIterator[Result]:
    """One result a case, in order."""
    for case in cases:
        found = [failure async for failure in _failures(case, bench)]
        yield Result(case.name, case.subject, case.at, tuple(found))


async def _failures(case: Case, bench: Bench) -> AsyncIterator[Failure]:
    problem = _cannot_run(case, bench)
    if problem:
        yield Failure(case.at, problem)
        return
    whole: Observed | None = None
    for way, answer in _ways(case, bench):
        seen = await _observe(case, bench, answer)
        if whole is None:
            whole = seen
            for failure in failures(case.node, seen):
                yield failure
        elif failed := cut_failure(case.at, way, whole, seen):
            yield failed
            return


def _cannot_run(case: Case, bench: Bench) -> str | None:
    operation = case.test.operation
    if operation != CHAT and operation not in OPERATIONS:
        return f"tests of the operation {operation!r} cannot be run yet"
    if case.dialect is not None and bench.dialect(case.dialect) is None:
        return f"there is no dialect {case.dialect!r}"
    if case.surface is not None and bench.surface(case.surface, operation) is None:
        return f"there is no surface {case.surface!r} that has {operation!r}"
    if case.endpoint is not None and (
        bench.snapshot is None or not endpoint_case.found(case, bench.snapshot)
    ):
        return f"no endpoint {case.endpoint!r} answers chats, operations or actions"
    if case.test.expect is None and case.test.contains is None:
        return "the test expects nothing: it needs `expect` or `contains`"
    return None


def _ways(case: Case, bench: Bench) -> Iterable[tuple[str, UpstreamAnswer | None]]:
    found: list[tuple[str, UpstreamAnswer | None]] = list(answers(case.test, _framing(case, bench)))
    return found or [("whole", None)]


def _framing(case: Case, bench: Bench) -> str | None:
    """How the stream of a case is cut: as its dialect says, or the dialect of its route's first target."""
    if stream_bytes(case.test) is None:
        return None
    dialect = bench.dialect(case.dialect) if case.dialect else _first_dialect(case, bench)
    operation = dialect.operations.get(CHAT) if dialect else None
    return operation.stream.framing if operation and operation.stream else None


def _first_dialect(case: Case, bench: Bench) -> Dialect | None:
    alias = case.alias or (endpoint_case.model_of(case, bench.snapshot) if bench.snapshot else None)
    found = bench.snapshot.aliases.match(alias or "") if bench.snapshot else None
    return found.value.targets[0].provider.dialect if found else None


async def _observe(case: Case, bench: Bench, answer: UpstreamAnswer | None) -> Observed:
    if case.endpoint is not None and bench.snapshot is not None:
        return await endpoint_case.observe(case, bench.snapshot, answer)
    if case.alias is None:
        dialect = bench.dialect(case.dialect or NO_PLATFORM)
        surface = bench.surface(case.surface, case.test.operation)
        assert dialect is not None and surface is not None
        return dialect_case.observe(case, dialect, answer, surface)
    assert bench.snapshot is not None
    return await route_case.observe(case, bench.snapshot, answer)
