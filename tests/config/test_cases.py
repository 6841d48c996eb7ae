"""The golden cases of tests/cases/config, one test each."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.diagnostics import Diagnostic

from .cases import CASES, Secrets, diagnose, line_of, split

FILES = sorted(CASES.glob("*.yaml"))


def expectations(text: str) -> list[tuple[str, str]]:
    """(line, part of the hint) for every diagnostic that a case expects."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith(" "):
            found[-1] = (found[-1][0], line.strip())
        elif line:
            found.append((line, ""))
    return found


def fits(item: Diagnostic, line: str, hint: str, several: bool) -> bool:
    written = line_of(item, several)
    place, _, part = line.partition(" ")
    start, _, message = written.partition(" ")
    return place == start and message.startswith(part) and hint in (item.hint or "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_case_gives_its_diagnostics(path: Path) -> None:
    files, text = split(path.read_bytes().decode())
    found, expected = diagnose(files), expectations(text)
    several = len(files) > 1
    shown = "\n".join(f"{line_of(item, several)}\n    {item.hint}" for item in found)
    assert len(found) == len(expected), shown
    for item, (line, hint) in zip(found, expected, strict=True):
        assert fits(item, line, hint, several), shown


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_case_shows_a_secret(path: Path) -> None:
    files, _ = split(path.read_bytes().decode())
    secrets = {*filter(None, Secrets.ENV.values()), *Secrets.FILES.values()} - {"true", "many", "9000"}
    secrets |= {"sk-super-secret", "plain-client-key", "sk-pool", "other-plain", "sk-this-is-secret"}
    for item in diagnose(files):
        said = f"{item.message} {item.hint} {[other.message for other in item.related]}"
        assert not [secret for secret in secrets if secret in said]
        if item.secret:
            continue
        raw = files[item.at.file].decode().splitlines()
        line = raw[item.at.line - 1] if item.at.line <= len(raw) else ""
        assert not [secret for secret in secrets if secret in line]


def test_there_are_many_cases() -> None:
    assert len(FILES) >= 40
