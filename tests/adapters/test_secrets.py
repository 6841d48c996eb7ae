from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.adapters import secrets
from engine.adapters.secrets import SiteSecrets


def test_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SiteSecrets(tmp_path, {"A": "1", "E": ""}).env("A") == "1"
    assert SiteSecrets(tmp_path, {"E": ""}).env("E") == "" and SiteSecrets(tmp_path, {}).env("A") is None
    monkeypatch.setenv("PROXYCTL_TEST_SECRET", "x")
    assert SiteSecrets(tmp_path).env("PROXYCTL_TEST_SECRET") == "x"


@pytest.mark.parametrize(
    ("raw", "text"), [(b"key\n", "key"), (b"key\r\n", "key"), (b"a\n\n", "a\n"), (b"", "")]
)
def test_a_file_without_its_last_newline(tmp_path: Path, raw: bytes, text: str) -> None:
    (tmp_path / "k").write_bytes(raw)
    assert SiteSecrets(tmp_path).file("k") == text == SiteSecrets(Path("/")).file(str(tmp_path / "k"))


def test_what_is_no_readable_text_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "MAX_SECRET_BYTES", 3)
    (tmp_path / "big").write_bytes(b"1234")
    (tmp_path / "bytes").write_bytes(b"\xff")
    os.mkfifo(tmp_path / "pipe")
    found = SiteSecrets(tmp_path)
    assert [found.file(name) for name in ("big", "bytes", "pipe", "missing", ".", "a\x00b")] == [None] * 6
