"""The server's own durable files: where they are, and what stands in for a place that cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

from engine.spec.settings import Settings

LEDGER, SPOOL, TABLES = "ledger.db", "spool", "tables"
FILE_SCHEME = "sqlite:///"


def data_path(site: Path, settings: Settings) -> Path:
    return (site / settings.data).absolute()


def make_data_directory(site: Path, settings: Settings) -> Path:
    """The directory, made if it was not there. Raises `OSError` when it cannot be written."""
    directory = data_path(site, settings)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = directory / f".probe-{os.getpid()}"
    probe.touch(mode=0o600)
    probe.unlink(missing_ok=True)
    ignore = directory / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return directory


def storage_url(site: Path, settings: Settings, data: Path) -> str | None:
    """The URL of the database, None when there is to be none. A file's path is relative to the site."""
    url = settings.storage
    if url == "off":
        return None
    if not url:
        return f"{FILE_SCHEME}{data / LEDGER}"
    scheme, _, path = url.partition(":///")
    if scheme.partition("+")[0] != "sqlite" or not path or path.startswith(("/", ":")):
        return url
    return f"{FILE_SCHEME}{site.absolute() / path}"
