from __future__ import annotations

import io

import pytest

from engine.cli.console import Console, counted, wants_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


def test_colour_on_a_terminal_only() -> None:
    assert wants_colour(Terminal())
    assert not wants_colour(io.StringIO())


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert not wants_colour(Terminal())


def test_paint() -> None:
    assert Console(io.StringIO(), colour=True).paint("good", "x") == "\x1b[32mx\x1b[0m"
    assert Console(io.StringIO()).paint("good", "x") == "x"


def test_a_table_is_as_wide_as_its_cells() -> None:
    out = io.StringIO()
    Console(out).table([["demo", "mock"], ["a-longer-name", ""]], header=["MODEL", "VIA"])
    assert out.getvalue().splitlines() == ["MODEL          VIA", "demo           mock", "a-longer-name"]


def test_counted() -> None:
    assert [counted(n, "error") for n in (0, 1, 2)] == ["0 errors", "1 error", "2 errors"]
