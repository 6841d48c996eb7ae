"""What a reload need not do again: files by their bytes, dialects by the nodes they were merged from.

A cache belongs to one process and is used by one compilation at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from engine.config.document import ParsedFile, read_file
from engine.config.site import Content
from engine.diagnostics import Diagnostic
from engine.mapping.dialect import Dialect
from engine.ports import Secrets
from engine.tree import Mapping as Tree


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
    """A parsed file, and the contents of the secret files that went into it.

    `lost` says why it is still what it was with earlier secrets.
    """

    content: Content
    parsed: ParsedFile
    secret_files: dict[str, str | None]
    lost: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledDialect:
    """`sources` are the nodes that it was merged from, kept alive so that identity means sameness."""

    sources: tuple[Tree, ...]
    dialect: Dialect
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class Cache:
    """`mock` fills in secrets that are not there (`--mock-env`)."""

    mock: bool = False
    _files: dict[tuple[str, Content], Read] = field(default_factory=dict)
    _before: dict[tuple[str, Content], Read] = field(default_factory=dict)
    _dialects: dict[str, CompiledDialect] = field(default_factory=dict)
    _used: set[tuple[str, Content]] = field(default_factory=set)

    def read(self, path: str, content: Content, secrets: Secrets) -> ParsedFile:
        """Parse, check and bind one file, unless that was done for the same bytes and secrets."""
        key = (path, content)
        self._used.add(key)
        known = self._files.get(key)
        if known and all(secrets.file(name) == text for name, text in known.secret_files.items()):
            return known.parsed
        recorder = Recorder(secrets)
        if isinstance(content, bytes):
            parsed = read_file(path, content, recorder, mock=self.mock)
        else:
            parsed = ParsedFile(path, "", diagnostics=(content.diagnostic(path),))
        if known:
            self._before[key] = known
        self._files[key] = Read(content, parsed, recorder.files)
        return parsed

    def keep(self, path: str, content: Content, reasons: Iterable[Diagnostic]) -> bool:
        """Go on with the file as it was before its secrets changed; false when that is not known."""
        key = (path, content)
        before = self._before.pop(key, None)
        if before is None:
            return False
        self._files[key] = replace(before, secret_files=self._files[key].secret_files, lost=tuple(reasons))
        return True

    def lost(self, path: str, content: Content) -> tuple[Diagnostic, ...]:
        """Why the file still has its earlier secrets; nothing when it has those of now."""
        known = self._files.get((path, content))
        return known.lost if known else ()

    def dialect(
        self, name: str, sources: tuple[Tree, ...], make: Callable[[], tuple[Dialect, list[Diagnostic]]]
    ) -> CompiledDialect:
        """The dialect `name` merged from `sources`, compiled only if one of them is another node."""
        known = self._dialects.get(name)
        if known and len(known.sources) == len(sources) and all(map(_same, known.sources, sources)):
            return known
        dialect, found = make()
        compiled = self._dialects[name] = CompiledDialect(sources, dialect, tuple(found))
        return compiled

    def forget_unused(self) -> None:
        """Drop the versions that nobody asked for since the last call. What is known by now is in use."""
        self._files = {key: read for key, read in self._files.items() if key in self._used}
        self._used, self._before = set(), {}


def _same(one: Tree, other: Tree) -> bool:
    return one is other
