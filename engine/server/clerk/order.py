"""What a clerk is told when it is started: on its standard input, since others may read a command line."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class ClerkOrder:
    """`keep`: for how many seconds single requests are kept."""

    run_dir: str
    data: str
    storage: str
    log_level: str = "info"
    log_format: str = "text"
    keep: float = 90 * 86400.0

    def to_line(self) -> bytes:
        return orjson.dumps(asdict(self)) + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> ClerkOrder:
        fields: dict[str, Any] = orjson.loads(line)
        return cls(**fields)
