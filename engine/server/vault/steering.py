"""What was said at run time about who is next in a pool: kept in the data directory, seen by every worker.

A file and no table, so that it can be said, and holds after a restart, while the database is away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.adapters.kept_json import KeptJson, Stamp, Unkept
from engine.credentials.model import Steering
from engine.errors import EngineUnavailable
from engine.ports import Telemetry

FILE = "pools.json"
USUAL = Steering()


class Helm:
    """`look` tells whether something has changed; `by_pool` is what holds now."""

    def __init__(self, data: Path, telemetry: Telemetry) -> None:
        self._file = KeptJson(data / FILE)
        self._telemetry = telemetry
        self._seen: Stamp | None = None
        self._begun: Mapping[str, Steering] = {}
        self._kept: Mapping[str, Steering] = {}

    @property
    def by_pool(self) -> Mapping[str, Steering]:
        return {**self._begun, **self._kept}

    def begin(self, begun: Mapping[str, Steering]) -> None:
        """What holds of pools of which nothing was said here."""
        self._begun = begun

    def look(self) -> bool:
        """Costs one `stat` while nothing changes. A file that cannot be read changes nothing but the log."""
        at = self._file.stamp()
        if at == self._seen:
            return False
        self._seen = at
        try:
            written = self._file.read()
        except Unkept as exc:
            self._telemetry.log("error", "rotation of pools cannot be read", {"error": str(exc)})
            return False
        self._kept = {pool: _steering(each) for pool, each in written.items() if isinstance(each, dict)}
        return True

    def change(self, pool: str, change: Callable[[Steering], Steering]) -> None:
        """Raises `EngineUnavailable` when it cannot be kept."""

        def changed(written: dict[str, Any]) -> dict[str, Any]:
            before, begun = written.get(pool), self._begun.get(pool)
            after = change(_steering(before) if isinstance(before, dict) else begun or USUAL)
            rest = {name: each for name, each in written.items() if name != pool}
            return rest if after == USUAL and begun is None else {**rest, pool: asdict(after)}

        try:
            self._file.change(changed)
        except Unkept as exc:
            raise EngineUnavailable(str(exc), code="not_kept") from exc


def _steering(written: Mapping[str, Any]) -> Steering:
    """What does not fit counts as not said."""
    every = written.get("every")
    return Steering(
        selected=_text(written.get("selected")),
        rotation=written.get("rotation") is not False,
        held=_text(written.get("held")),
        every=every if isinstance(every, int) and not isinstance(every, bool) and every >= 0 else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
