"""Secrets from the environment and from files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engine.adapters.regular_file import read_regular

MAX_SECRET_BYTES = 2**20


class SiteSecrets:
    """Implements `ports.Secrets`; relative paths are relative to the site."""

    def __init__(self, site: Path, environ: Mapping[str, str] | None = None) -> None:
        self.site = site
        self.environ = os.environ if environ is None else environ

    def env(self, name: str) -> str | None:
        return self.environ.get(name)

    def file(self, path: str) -> str | None:
        """The file's text without one final newline; None when it is no readable regular file of UTF-8."""
        try:
            text = read_regular(self.site / path, MAX_SECRET_BYTES).decode("utf-8")
        except (OSError, ValueError):
            return None
        return text.removesuffix("\n").removesuffix("\r")
