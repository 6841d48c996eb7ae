"""Read and compile a site: what every command that looks at one begins with."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from engine.adapters.collector import undisturbed
from engine.adapters.env_file import add_variables
from engine.adapters.secrets import SiteSecrets
from engine.adapters.site_files import SiteReader
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.report import Report, write
from engine.config.settings import FILE, Boot, read_settings
from engine.config.site import SiteFiles
from engine.diagnostics import Diagnostic, Position, Severity, in_order
from engine.ports import Secrets
from engine.snapshot.cache import Cache
from engine.snapshot.compile import Compilation, compile_site
from engine.snapshot.library import NoSecrets
from engine.snapshot.model import Snapshot
from engine.spec.settings import Settings


@dataclass(frozen=True)
class Site:
    """The files of a site as they are now. `mock` fills in secrets that are not there.

    `flags` are boot settings by name (`limit_body`); `secrets` is where `${env:…}` and `${file:…}` look.
    """

    root: Path
    files: SiteFiles
    settings_file: bytes | None
    secrets: Secrets
    environment: Mapping[str, str]
    flags: Mapping[str, str | None] = field(default_factory=dict)
    mock: bool = False

    @cached_property
    def boot(self) -> Boot:
        return read_settings(self.settings_file, self.environment, self.flags, self.secrets, mock=self.mock)

    @cached_property
    def compilation(self) -> Compilation:
        files = replace(self.files, settings=self.boot.settings)
        with undisturbed():
            return compile_site(files, self.secrets, mock=self.mock, cache=self.cache)

    @cached_property
    def cache(self) -> Cache:
        return Cache(self.mock)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        empty = [] if self.files.files else [no_files(self.root)]
        return in_order([*empty, *self.boot.diagnostics, *self.compilation.diagnostics])

    def report(self) -> Report:
        texts = {name: content for name, content in self.files.files.items() if isinstance(content, bytes)}
        if self.settings_file is not None:
            texts[FILE] = self.settings_file
        return Report(self.diagnostics, len(texts), str(self.root), texts)

    def snapshot(self) -> Snapshot:
        """The compiled site. Prints what is wrong and leaves with exit code 1 when there are errors."""
        report = self.report()
        snapshot = self.compilation.snapshot
        if snapshot is None or report.errors:
            write(replace(report, diagnostics=errors(report)), "text", Console.stderr())
            sys.exit(Exit.ERRORS)
        return snapshot


def errors(report: Report) -> list[Diagnostic]:
    return [item for item in report.diagnostics if item.is_error]


def no_files(root: Path) -> Diagnostic:
    return Diagnostic(
        Position("routes.d"),
        "no-routes",
        f"there is no route file in {root / 'routes.d'}",
        hint="name the site's directory with --site, or make one with `proxyctl init DIR`",
        severity=Severity.WARNING,
    )


def open_site(
    directory: str,
    *,
    flags: Mapping[str, str | None] | None = None,
    mock: bool = False,
    secrets: Secrets | None = None,
    environment: Mapping[str, str] | None = None,
) -> Site:
    """The site in `directory`. Leaves with exit code 2 when there is no such directory.

    `secrets` and `environment` default to the machine's own.
    """
    root = Path(directory)
    if not root.is_dir():
        print(f"proxyctl: there is no directory {directory!r}; name the site with --site", file=sys.stderr)
        sys.exit(Exit.USAGE)
    reading = SiteReader(root, Settings()).read_now()
    settings_file = reading.settings_file if isinstance(reading.settings_file, bytes) else None
    known = os.environ if environment is None else dict(environment)
    _add_variables(root, settings_file, known, flags or {})
    return Site(root, reading.site, settings_file, secrets or SiteSecrets(root), known, flags or {}, mock)


def _add_variables(
    root: Path, raw: bytes | None, environ: MutableMapping[str, str], flags: Mapping[str, str | None]
) -> None:
    """Those of `env_file`, for this process and those that it starts."""
    names = read_settings(raw, environ, flags, NoSecrets(), mock=True).settings.env_file
    for odd in add_variables(root, names, environ):
        Console.stderr().line(f"proxyctl: {odd.place}: {odd.problem}")
