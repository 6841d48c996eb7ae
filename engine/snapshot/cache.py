"""What a reload need not do again: files by their bytes, what is built by all that it was built from.

A cache belongs to one process and is used by one compilation at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

from engine.config.document import Name, ParsedFile, read_file
from engine.config.runtime_settings import Sections, Source, Values, values
from engine.config.site import Content, SiteFiles
from engine.diagnostics import Diagnostic, Problems
from engine.ports import Secrets

T = TypeVar("T")


class Recorder:
    """Implements `ports.Secrets`: passes on, and remembers what was read, so that a change is noticed."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.files: dict[str, str | None] = {}

    def env(self, name: str) -> str | None:
        return self._secrets.env(name)

    def file(self, path: str) -> str | None:
        self.files[path] = self._secrets.file(path)
        return self.files[path]


@dataclass(frozen=True, slots=True)
class Read:
    """A parsed file, the contents of the secret files that went into it, and what settings stood for.

    `lost` says why it is still what it was with earlier secrets.
    """

    content: Content
    parsed: ParsedFile
    secret_files: dict[str, str | None]
    settings: Mapping[str, str | None]
    lost: tuple[Diagnostic, ...] = ()


class Made(NamedTuple):
    """A part of a snapshot, what it was made from (kept, so that the same is known again), what was found."""

    sources: tuple[object, ...]
    value: Any
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class Cache:
    """`mock` fills in secrets that are not there (`--mock-env`); without `tests`, no file keeps its own."""

    mock: bool = False
    tests: bool = True
    _files: dict[tuple[str, Content], Read] = field(default_factory=dict)
    _before: dict[tuple[str, Content], Read] = field(default_factory=dict)
    _made: dict[str, dict[str, Made]] = field(default_factory=lambda: defaultdict(dict))
    _used: set[tuple[str, Content]] = field(default_factory=set)
    _asked: set[Name] = field(default_factory=set)
    values: Values = field(default_factory=dict)
    _texts: Mapping[str, str | None] = field(default_factory=dict)
    _sections: Sections = field(default_factory=dict)

    def read(self, path: str, content: Content, secrets: Secrets) -> ParsedFile:
        """Parse, check and bind one file, unless that was done for the same bytes and secrets."""
        key = (path, content)
        self._used.add(key)
        known = self._files.get(key)
        if known and self._same(known, secrets):
            return known.parsed
        recorder = Recorder(secrets)
        if isinstance(content, bytes):
            parsed = read_file(path, content, recorder, mock=self.mock, settings=self._texts)
            parsed = parsed if self.tests else parsed.without_tests()
        else:
            parsed = ParsedFile(path, "", diagnostics=(content.diagnostic(path),))
        if known:
            self._before[key] = known
        self._files[key] = Read(content, parsed, recorder.files, parsed.settings)
        return parsed

    def learn(self, site: SiteFiles, secrets: Secrets, problems: Problems) -> Values:
        """What the settings of a site stand for: to be known before its files are read."""
        source, sections = Source(secrets, site.settings.data, self.mock), self._sections
        self.values = values(site.files, source, sections, self.values, problems)
        self._texts = {name: value.text for name, value in self.values.items()}
        self._sections = {raw: tree for raw, tree in sections.items() if raw in site.files.values()}
        return self.values

    def _same(self, known: Read, secrets: Secrets) -> bool:
        same = all(self._texts.get(name) == text for name, text in known.settings.items())
        return same and all(secrets.file(name) == text for name, text in known.secret_files.items())

    def keep(self, path: str, content: Content, reasons: Iterable[Diagnostic]) -> bool:
        """Go on with the file as it was before its secrets changed; false when that is not known."""
        key = (path, content)
        before = self._before.pop(key, None)
        if before is None:
            return False
        now = self._files[key]
        self._files[key] = replace(
            before, secret_files=now.secret_files, settings=now.settings, lost=tuple(reasons)
        )
        return True

    def lost(self, path: str, content: Content) -> tuple[Diagnostic, ...]:
        """Why the file still has its earlier secrets; nothing when it has those of now."""
        known = self._files.get((path, content))
        return known.lost if known else ()

    def make(
        self,
        kind: str,
        name: str,
        sources: tuple[object, ...],
        build: Callable[[Problems], T],
        problems: Problems,
    ) -> T:
        """The part `name` of a kind, built again only if one of `sources`, all that goes into it, changed.

        What `build` found is told each time.
        """
        self._asked.add((kind, name))
        known = self._made[kind].get(name)
        if known is None or known.sources != sources:
            own = Problems()
            known = self._made[kind][name] = Made(sources, build(own), tuple(own.items))
        problems.extend(known.diagnostics)
        value: T = known.value
        return value

    def forget_unused(self) -> None:
        """Drop what nobody asked for since the last call. What is known by now is in use."""
        self._files = {key: read for key, read in self._files.items() if key in self._used}
        for kind, made in self._made.items():
            self._made[kind] = {name: part for name, part in made.items() if (kind, name) in self._asked}
        self._used, self._asked, self._before = set(), set(), {}
