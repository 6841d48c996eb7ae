"""The numbers of all workers: each writes its own when they change, whoever is asked adds them up.

What a scrape has shown is in a file before it is shown, so that no counter falls when a worker dies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from engine.adapters.metrics import Families, Metrics, added, from_data, lasting, render, to_data
from engine.adapters.process import ProcessNumbers
from engine.server.board import Board

IN_FLIGHT = "proxyctl_requests_in_flight"
# A file is written again though nothing happened: CPU and memory are only looked at then.
RESTS = 10


class WorkerNumbers:
    """One worker's view. `in_flight` says how many requests are being answered here."""

    def __init__(self, board: Board, metrics: Metrics, in_flight: Callable[[], int]) -> None:
        self._board = board
        self._metrics = metrics
        self._in_flight = in_flight
        self._process = ProcessNumbers(metrics)
        self._written: list[list[object]] = []
        self._rested = 0

    def look(self) -> None:
        """Write them if they have changed, or were not written `RESTS` times. Raises `OSError`."""
        self._metrics.gauge(IN_FLIGHT, {}).set(self._in_flight())
        self._rested += 1
        if self._rested >= RESTS or to_data(self._metrics.families) != self._written:
            self.write()

    def write(self) -> None:
        """Raises `OSError`: a full disk, say."""
        self._process.sample()
        self._metrics.gauge(IN_FLIGHT, {}).set(self._in_flight())
        rows = to_data(self._metrics.families)
        self._board.write_numbers(rows)
        self._written, self._rested = rows, 0
        if self._board.leads:
            self._board.bury_numbers(_merged)

    def everywhere(self) -> list[Families]:
        """Those of this worker as they are now, and of all others as they were written last."""
        return [self._metrics.families, *(from_data(each.rows) for each in self._board.numbers_of_others())]

    def text(self, files: Mapping[str, Any], loaded_at: float, further: Families) -> str:
        """What Prometheus scrapes. `files`: the state of each file of the site · `further`: what
        nobody counts, as it is at this moment."""
        self._about_the_site(files, loaded_at)
        with suppress(OSError):
            self.write()
        others = [(from_data(each.rows), each.alive) for each in self._board.numbers_of_others()]
        return render(
            [self._metrics.families, further, *(all_ if alive else lasting(all_) for all_, alive in others)]
        )

    def _about_the_site(self, files: Mapping[str, Any], loaded_at: float) -> None:
        """What alerts are made of, besides the counters."""
        rejected = sum(file["state"] == "rejected" for file in files.values())
        gauge = self._metrics.gauge
        gauge("proxyctl_config_last_reload_successful", {}).set(0.0 if rejected else 1.0)
        gauge("proxyctl_config_loaded_timestamp_seconds", {}).set(loaded_at)
        gauge("proxyctl_config_files", {"state": "active"}).set(len(files) - rejected)
        gauge("proxyctl_config_files", {"state": "rejected"}).set(rejected)
        gauge("proxyctl_workers", {}).set(len(self._board.workers()))


def _merged(processes: Sequence[Any]) -> list[list[object]]:
    return to_data(added(lasting(from_data(rows)) for rows in processes))
