"""Golden cases: a site, ten dashes, and the diagnostics that it must give.

    version: 1                       a file named routes.d/case.yaml, or several files, each
    …                                begun by a line `=== NAME`; proxyctl.yaml may be one
    ----------
    4:9 unknown-key unknown key 'x'  place, code and a part of the message
        did you mean 'y'             indented: a part of its hint
    b.yaml:3:1 warning unused-pool   a file's name, when there are several; `warning` for warnings

Nothing else may be reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from engine.config.document import read_file
from engine.config.references import check
from engine.diagnostics import Diagnostic, in_order

CASES = Path(__file__).parents[1] / "cases" / "config"
SHIPPED = frozenset({("dialect", "anthropic"), ("dialect", "openai"), ("surface", "openai-chat")})


class Secrets:
    """A fixed environment and fixed files."""

    ENV: ClassVar[dict[str, str]] = {
        "KEY": "s3cr3t-value",
        "PORT": "9000",
        "FLAG": "true",
        "WORD": "many",
        "EMPTY": "",
        "URL": "no url",
    }
    FILES: ClassVar[dict[str, str]] = {"/run/secrets/key": "s3cr3t-file"}

    def env(self, name: str) -> str | None:
        return self.ENV.get(name)

    def file(self, path: str) -> str | None:
        return self.FILES.get(path)


def split(text: str) -> tuple[dict[str, bytes], str]:
    """The files of a case, and what is expected of them."""
    given, _, expected = text.partition("\n----------\n")
    if not given.startswith("=== "):
        return {"routes.d/case.yaml": given.encode() + b"\n"}, expected
    files = {}
    for part in given.removeprefix("=== ").split("\n=== "):
        name, _, content = part.partition("\n")
        files[f"routes.d/{name.strip()}"] = content.encode() + b"\n"
    return files, expected


def diagnose(files: Mapping[str, bytes], *, mock: bool = False) -> list[Diagnostic]:
    parsed = {path: read_file(path, raw, Secrets(), mock=mock) for path, raw in files.items()}
    found = [item for file in parsed.values() for item in file.diagnostics]
    return in_order([*found, *check(parsed, SHIPPED)])


def line_of(item: Diagnostic, several: bool) -> str:
    """A diagnostic as a case writes it."""
    file = item.at.file.removeprefix("routes.d/") + ":" if several else ""
    severity = "" if item.is_error else "warning "
    return f"{file}{item.at.line}:{item.at.column} {severity}{item.code} {item.message}"
