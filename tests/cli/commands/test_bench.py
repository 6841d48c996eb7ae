from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.bench import setting, suite
from engine.bench.figures import Section
from engine.bench.report import Report
from engine.bench.servers import NoStart
from engine.cli.main import main

MET = Section("memory", "Memory", ["what", "MB"], [["idle", "70"]], {"memory/idle_mb": 70.0}, ["A note."])
MISSED = Section("aliases", "Aliases", ["what", "×"], [["many", "2"]], {"aliases/ratio": 2.0})
WRONG = Section("memory", "Memory", ["what"], [["x"]], {}, (), ["memory: no answer came in time"])


@pytest.fixture
def sections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the suite finds, or the exception that it ends with; nothing is started."""
    found: list[Any] = []

    @contextmanager
    def bench(profile: Any, tell: Any) -> Iterator[Any]:
        found.append(profile)
        yield profile

    def run(_: Any, names: list[str]) -> Report:
        profile = found.pop()
        if found and isinstance(found[0], Exception):
            raise found[0]
        return Report((f"{', '.join(names)}; {profile}",), tuple(found))

    monkeypatch.setattr(setting, "Bench", bench)
    monkeypatch.setattr(suite, "run", run)
    return found


def test_a_quick_run_from_end_to_end(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--quick", "--case", "requests", "--seconds", "0.1", "--rounds", "1", "--format", "json"]
    assert main(["bench", *flags]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["faults"] == []
    assert told["figures"]["requests/1 kB/same/ratio"] > 0
    assert [each["what"] for each in told["budgets"]] == ["chat passed through, 1 kB", "chat converted, 1 kB"]


def test_who_is_told_to_end_ends_what_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []

    def run(bench: Any, _: list[str]) -> Report:
        started.append(bench.upstream)
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("it goes on")

    monkeypatch.setattr(suite, "run", run)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as left:
        main(["bench"])
    assert left.value.code == 128 + signal.SIGTERM
    assert not started[0].alive
    assert signal.getsignal(signal.SIGTERM) is before


def test_text(sections: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    sections += [MET, MISSED]
    assert main(["bench"]) == 0
    out = capsys.readouterr().out
    assert "Memory\nwhat  MB\nidle  70\nA note.\n" in out
    assert "idle worker                 ≤ 90.0 MB  70.0  met" in out
    assert "MISSED" in out


def test_strict_counts_budgets(sections: list[Any]) -> None:
    sections.append(MET)
    assert main(["bench", "--strict"]) == 0
    sections.append(MISSED)
    assert main(["bench", "--strict"]) == 1


def test_wrong_answers_are_always_an_error(sections: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    sections.append(WRONG)
    assert main(["bench"]) == 1
    assert "wrong: memory: no answer came in time" in capsys.readouterr().out


def test_markdown(sections: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    sections.append(MET)
    assert main(["bench", "--format", "markdown"]) == 0
    assert "### Memory\n\n| what | MB |" in capsys.readouterr().out


def test_a_server_that_does_not_come_up(sections: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    sections.append(NoStart("floor did not start: no port"))
    assert main(["bench"]) == 1
    assert "proxyctl: floor did not start: no port" in capsys.readouterr().err


def test_flags_reach_the_suite(sections: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--clients", "2,4", "--seconds", "3", "--workers", "2", "--rounds", "5"]
    assert main(["bench", "--case", "clients", "--case", "requests", *flags]) == 0
    out = capsys.readouterr().out
    assert "requests, clients; " in out
    for words in ("clients=(2, 4)", "seconds=3.0", "workers=2", "rounds=5"):
        assert words in out
    assert main(["bench", "--full"]) == 0 and "aliases=10000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--case", "nothing"], "invalid choice: 'nothing'"),
        (["--clients", "1,,2"], "'' is no whole number from 1 upwards"),
        (["--clients", "0"], "'0' is no whole number from 1 upwards"),
        (["--rounds", "x"], "'x' is no whole number from 1 upwards"),
        (["--workers", "257"], "must not be more than 256"),
        (["--seconds", "-1"], "'-1' is no number of seconds, above 0 and up to 600"),
        (["--seconds", "soon"], "'soon' is no number of seconds"),
        (["--seconds", "nan"], "'nan' is no number of seconds"),
        (["--quick", "--full"], "not allowed with"),
        (["everything"], "unrecognized arguments: everything"),
    ],
)
def test_wrong_usage(flags: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["bench", *flags])
    assert left.value.code == 2
    assert told in capsys.readouterr().err
