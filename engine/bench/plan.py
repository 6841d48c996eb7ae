"""What the load generator is told to do, and what it found. Both travel between processes as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """One run against one server.

    It ends after `seconds`, or when `requests` were made, whichever is first. Latencies of the first `warmup`
    seconds are not kept. With a `rate` (requests a second) requests start on time, and the wait of a late one
    counts; without, each of the `clients` sends its next request when it has its answer.

    `events`: how many pieces of text a good answer has. `stall`: seconds for which an answer is not read once
    it has begun. `breaks`: the answer must end in an error. `grace`: seconds for answers under way at
    the end.
    """

    port: int
    path: str
    body: str
    clients: int
    seconds: float
    headers: dict[str, str] = field(default_factory=dict)
    events: int = 18
    stream: bool = False
    requests: int = 0
    warmup: float = 0.0
    rate: float = 0.0
    stall: float = 0.0
    breaks: bool = False
    grace: float = 30.0

    @property
    def message(self) -> bytes:
        """The request as bytes."""
        body = self.body.encode()
        headers = {
            "host": f"127.0.0.1:{self.port}",
            "content-type": "application/json",
            **self.headers,
            "content-length": str(len(body)),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of times in milliseconds."""

    p50: float = 0.0
    p90: float = 0.0
    p99: float = 0.0
    most: float = 0.0

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        if not seconds:
            return cls()
        ordered = sorted(seconds)

        def at(share: float) -> float:
            return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000

        return cls(at(0.5), at(0.9), at(0.99), ordered[-1] * 1000)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a plan. `requests` are the good answers; `elapsed` is until the last of them, in seconds,
    and `rate` how many came in one of these. Latencies are without the warm-up's.

    `errors` are answers that were not what they should be; `examples` says of the first few why.
    """

    requests: int = 0
    errors: int = 0
    events: int = 0
    rate: float = 0.0
    elapsed: float = 0.0
    latency: Spread = Spread()
    first_byte: Spread = Spread()
    examples: tuple[str, ...] = ()


def dump(value: Plan | Result) -> str:
    return json.dumps(asdict(value))


def load_plan(text: str) -> Plan:
    return Plan(**json.loads(text))


def load_result(text: str) -> Result:
    given: dict[str, Any] = json.loads(text)
    for key in ("latency", "first_byte"):
        given[key] = Spread(**given[key])
    return Result(**{**given, "examples": tuple(given["examples"])})
