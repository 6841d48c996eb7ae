"""Sends the load generator, a process of its own, and reads its result."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from subprocess import PIPE, Popen, TimeoutExpired

from engine.bench.cores import ANY, Cores, pinned
from engine.bench.plan import Plan, Result, dump, load_result
from engine.bench.servers import NoStart, python

# Seconds that it may need beside what its plan says: to start and to open its connections.
START = 60.0
WATCH_EVERY = 0.1
# Descriptors that are enough for thousands of streams with a connection on either side.
FILES = 20_000


def send(plan: Plan, cores: Cores = ANY, watch: Callable[[], None] | None = None) -> Result:
    """Carry the plan out; `watch` is called now and then meanwhile. Raises `NoStart` when it cannot work."""
    with pinned(cores):
        process = Popen(python("engine.bench.load"), stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
    try:
        said, complaint = _await(process, plan, watch)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    if process.returncode:
        raise NoStart(f"the load generator failed: {complaint.strip()[-2000:]}")
    return load_result(said)


def _await(process: Popen[str], plan: Plan, watch: Callable[[], None] | None) -> tuple[str, str]:
    """What it says on output and error. Raises `NoStart` when it takes too long."""
    patience = START + plan.seconds + plan.grace
    deadline = time.monotonic() + patience
    text: str | None = dump(plan)
    while time.monotonic() < deadline:
        try:
            return process.communicate(text, timeout=WATCH_EVERY if watch else patience)
        except TimeoutExpired:
            text = None  # it is on its way
            if watch:
                watch()
    raise NoStart(f"the load generator took more than {patience:.0f} seconds")


def allow_files() -> int:
    """As many open files as the system grants, for this process and those it starts; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return FILES if soft == resource.RLIM_INFINITY else soft
