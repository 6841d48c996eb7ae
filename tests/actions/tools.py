"""The world of an action in tests: it answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeTools:
    """Implements `ports.Tools`. `answers` are given in order; one that is an exception is raised."""

    answers: Sequence[Any] = ()
    caller: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = "req-1"
    asked: list[tuple[str, Any]] = field(default_factory=list)
    events: list[Mapping[str, Any]] = field(default_factory=list)
    counted: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    waiting: list[Coroutine[Any, Any, None]] = field(default_factory=list)
    issued: int = 0

    def now(self) -> float:
        return 1_700_000_000.0

    def uid(self, prefix: str) -> str:
        self.issued += 1
        return f"{prefix}{self.issued}"

    def random(self) -> float:
        return 0.0

    def count(self, metric: str, labels: Mapping[str, str]) -> None:
        self.counted.append((metric, labels))

    def models(self) -> Sequence[str]:
        return ["large", "small"]

    async def ask(
        self,
        body: Mapping[str, Any],
        *,
        credential: str | None = None,
        target: Any = None,
        shown: bool = True,
    ) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._next("ask", dict(body))
        return answer

    async def perform(
        self, operation: str, body: Mapping[str, Any], *, credential: str | None = None
    ) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._next(operation, dict(body))
        return answer

    async def emit(self, event: Mapping[str, Any]) -> None:
        self.events.append(event)

    async def do(self, verb: str, args: Mapping[str, Any]) -> Any:
        return self._next(verb, dict(args))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        self.waiting.append(work)

    def _next(self, what: str, args: Any) -> Any:
        number = len(self.asked)
        self.asked.append((what, args))
        answer = self.answers[number] if number < len(self.answers) else None
        if isinstance(answer, Exception):
            raise answer
        return answer
