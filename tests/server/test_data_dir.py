from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.server.data_dir import make_data_directory, storage_url
from engine.spec.settings import Settings


def test_it_is_made_for_its_owner_alone_and_stays_out_of_repositories(tmp_path: Path) -> None:
    made = make_data_directory(tmp_path, Settings(data="deep/data"))
    assert made == tmp_path / "deep" / "data" and made.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in made.iterdir()] == [".gitignore"]
    assert make_data_directory(tmp_path, Settings(data="deep/data")) == made


def test_elsewhere_is_elsewhere(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "a"))
    assert make_data_directory(tmp_path / "site", settings) == tmp_path / "a"


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".proxyctl").write_text("a file")
    with pytest.raises(OSError):
        make_data_directory(tmp_path, Settings())


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (None, "sqlite:////data/ledger.db"),
        ("off", None),
        ("sqlite:///x.db", f"sqlite:///{os.sep}site/x.db"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("sqlite+aiosqlite:///./data/x.db", f"sqlite:///{os.sep}site/data/x.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("", "sqlite:////data/ledger.db"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
    ],
)
def test_where_the_database_is(written: str | None, url: str | None) -> None:
    assert storage_url(Path("/site"), Settings(storage=written), Path("/data")) == url
