from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from engine.bench import measure
from engine.bench.measure import Usage, beside, usage_of

BUSY = "import time\nwhile time.process_time() < 0.15: pass\nprint('done', flush=True)\ninput()"


@pytest.fixture(params=["proc", "ps"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "proc" and not measure.HAS_PROC:
        pytest.skip("there is no /proc")
    monkeypatch.setattr(measure, "HAS_PROC", request.param == "proc")
    return str(request.param)


def test_the_work_of_a_process_shows(source: str) -> None:
    if source == "ps" and not any(os.access(f"{each}/ps", os.X_OK) for each in os.get_exec_path()):
        pytest.skip("there is no ps")
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        found = usage_of(busy.pid)
        busy.communicate("\n")
    if source == "proc":
        assert 0.1 <= found.cpu < 30
    assert found.memory > 2**20
    assert source in measure.source()


def test_children_count_living_and_dead(tmp_path: object) -> None:
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}], input='\\n', text=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        deadline = time.monotonic() + 20
        while usage_of(parent.pid).cpu < 0.13 and time.monotonic() < deadline:
            pass
        found = usage_of(parent.pid)
        parent.communicate(b"\n")
    assert found.cpu >= 0.13


def test_a_process_that_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as short:
        short.wait()
    assert usage_of(short.pid) == Usage()


def test_what_ps_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "  7 1 7   0:01.50   1000\n  8   7 7 1-00:00:02    500\n 9  1 9  01:02:03      1\n  6 8 6 0:02.00 3\n"
    )
    monkeypatch.setattr(measure, "HAS_PROC", False)
    monkeypatch.setattr(measure.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=lines))
    assert usage_of(7) == Usage(86_403.5, 1500 * 1024)
    assert usage_of(9) == Usage(3723, 1024)
    assert beside(7) == Usage(2.0, 3 * 1024) and beside(9) == Usage()


def test_waiting_for_a_core_shows() -> None:
    if not (measure.HAS_PROC and (measure.PROC / "self" / "schedstat").exists()):
        pytest.skip("this system does not tell")
    core = str(sorted(os.sched_getaffinity(0))[0])
    pin = f"import os; os.sched_setaffinity(0, [{core}])\n"
    with (
        subprocess.Popen([sys.executable, "-c", pin + "while True: pass"]) as rival,
        subprocess.Popen([sys.executable, "-c", pin + "while True: pass"]) as other,
    ):
        deadline = time.monotonic() + 20
        while usage_of(rival.pid).waited < 0.05 and time.monotonic() < deadline:
            time.sleep(0.01)
        found = usage_of(rival.pid).waited
        rival.kill()
        other.kill()
    assert found >= 0.05
