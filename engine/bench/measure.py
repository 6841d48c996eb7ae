"""CPU time and memory of a process and all its children, from /proc; from `ps` where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "stat").exists()

# Fields of /proc/PID/stat behind the command's name, counted from 0. CPU times are in ticks; those of
# children that ended are with their parent.
_PARENT, _GROUP, _CPU, _RSS = 1, 2, slice(11, 15), 21
NANO = 1e9


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu` in seconds, user and system; `memory` is what is resident, in bytes.

    `waited`: seconds in which a core was wanted that another program had; 0 where the system does not tell.
    """

    cpu: float = 0.0
    memory: int = 0
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    group: int
    usage: Usage


def usage_of(pid: int) -> Usage:
    """Of the process and its children, theirs among them, as far as they are of its process group: those that
    work on requests. Zero when it is gone."""
    found = _tree(pid)
    return _sum([each for each in found if each.group == found[0].group])


def beside(pid: int) -> Usage:
    """Of those of its children that have a group of their own: the engine's clerk, which has the database."""
    found = _tree(pid)
    return _sum([each for each in found if each.group != found[0].group])


def _sum(found: list[Process]) -> Usage:
    return Usage(
        sum(each.usage.cpu for each in found),
        sum(each.usage.memory for each in found),
        sum(_waited(each.pid) for each in found) if HAS_PROC else 0.0,
    )


def measurable() -> bool:
    return HAS_PROC or shutil.which("ps") is not None


def source() -> str:
    """Where the figures come from, and how fine they are."""
    if HAS_PROC:
        return f"/proc, in steps of {1000 / os.sysconf('SC_CLK_TCK'):g} ms"
    return "ps, in steps of 10 ms at best: short runs tell little"


def _tree(pid: int) -> list[Process]:
    """The process first, then all below it."""
    processes = list(_from_proc() if HAS_PROC else _from_ps())
    wanted = {pid}
    while more := {each.pid for each in processes if each.parent in wanted} - wanted:
        wanted |= more
    return sorted((each for each in processes if each.pid in wanted), key=lambda each: each.pid != pid)


def _from_proc() -> Iterator[Process]:
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        fields = text[text.rindex(")") + 2 :].split()
        cpu = sum(map(int, fields[_CPU])) / tick
        usage = Usage(cpu, int(fields[_RSS]) * page)
        yield Process(int(entry.name), int(fields[_PARENT]), int(fields[_GROUP]), usage)


def _waited(pid: int) -> float:
    """Of the main thread, which is where a server's requests are."""
    try:
        return int((PROC / str(pid) / "schedstat").read_text().split()[1]) / NANO
    except (OSError, IndexError):  # not Linux, a kernel that does not count, or it ended meanwhile
        return 0.0


def _from_ps() -> Iterator[Process]:
    columns = "pid=,ppid=,pgid=,time=,rss="
    done = subprocess.run(["ps", "-axo", columns], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        pid, parent, group, cpu, rss = line.split()
        yield Process(int(pid), int(parent), int(group), Usage(_seconds(cpu), int(rss) * 1024))


def _seconds(text: str) -> float:
    """`1-02:03:04`, `02:03:04` or `3:04.25`."""
    days, _, rest = text.rpartition("-")
    total = 0.0
    for part in rest.split(":"):
        total = total * 60 + float(part)
    return total + int(days or 0) * 86_400
