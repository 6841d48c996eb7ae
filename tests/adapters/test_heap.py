from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.adapters import heap


def resident() -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


@pytest.mark.skipif(heap.GLIBC is None, reason="another C library")
def test_what_is_free_is_given_back() -> None:
    """Blocks too small to be mapped, and the last of them, which holds the heap's end, is in use."""
    blocks = [ctypes.create_string_buffer(b"x" * 60_000) for _ in range(1000)]
    last = blocks.pop()
    before = resident()
    del blocks
    heap.give_back()
    assert resident() < before - 30_000
    assert last.raw.startswith(b"x")


PAGES_FETCHED = """
import resource
from engine.adapters import heap
if {kept}:
    heap.keep_some()
def work():
    for _ in range(50):
        [b"x" * size for size in [250_000] * 32]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(heap.GLIBC is None, reason="another C library")
def test_what_large_bodies_leave_is_used_again() -> None:
    """In a process of its own, since it cannot be taken back."""

    def fetched(kept: bool) -> int:
        script = PAGES_FETCHED.format(kept=kept)
        return int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout)

    assert fetched(kept=True) < 1000 < 20_000 < fetched(kept=False)


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(heap, "GLIBC", heap._glibc())
    assert heap.GLIBC is None
    heap.share_one()
    heap.keep_some()
    heap.give_back()
