"""What the system knows of this process, as metrics. Where it does not say, there is no series."""

from __future__ import annotations

import os
import platform
import resource
import time
from contextlib import suppress
from pathlib import Path

from engine import __version__
from engine.adapters.metrics import Metrics

PROC = Path("/proc/self")
PAGE = resource.getpagesize()


class ProcessNumbers:
    """Made when a worker begins; `sample` whenever its numbers are written."""

    def __init__(self, metrics: Metrics, proc: Path = PROC) -> None:
        self._metrics = metrics
        self._proc = proc
        self._own = {"pid": str(os.getpid())}
        self._set("process_start_time_seconds", time.time())
        self._set("process_max_fds", resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        labels = {"version": __version__, "python": platform.python_version()}
        metrics.gauge("proxyctl_build_info", labels).set(1)

    def sample(self) -> None:
        times = os.times()
        self._set("process_cpu_seconds_total", times.user + times.system)
        with suppress(OSError, ValueError, IndexError):
            pages = int((self._proc / "statm").read_text().split()[1])
            self._set("process_resident_memory_bytes", pages * PAGE)
        with suppress(OSError):
            self._set("process_open_fds", len(os.listdir(self._proc / "fd")))

    def _set(self, name: str, value: float) -> None:
        self._metrics.gauge(name, self._own).set(value)
