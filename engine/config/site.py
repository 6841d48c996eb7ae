"""A site as it is handed to the compiler: file names relative to the site, and what stood in the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.diagnostics import Diagnostic, Position
from engine.spec.settings import Settings

TEST_SUFFIX = ".test.yaml"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is there and cannot be read; `reason` in plain words."""

    reason: str

    def diagnostic(self, file: str) -> Diagnostic:
        return Diagnostic(Position(file), "unreadable-file", f"the file cannot be read: {self.reason}")


Content = bytes | Unreadable


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """Route files by name (`routes.d/a.yaml`), prompt files by name below `prompts/`, boot settings.

    `warnings` are about files that were left out.
    """

    files: Mapping[str, Content] = field(default_factory=dict)
    prompts: Mapping[str, bytes] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    warnings: tuple[Diagnostic, ...] = ()


def is_test_file(file: str) -> bool:
    """Whether a file holds tests and nothing else."""
    return file.endswith(TEST_SUFFIX)
