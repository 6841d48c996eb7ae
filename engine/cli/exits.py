"""What a command's exit code says; `proxyctl --help` prints this table."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    GOOD = 0
    ERRORS = 1
    USAGE = 2
    WARNINGS = 3


MEANINGS = {
    Exit.GOOD: "good",
    Exit.ERRORS: "errors",
    Exit.USAGE: "wrong usage",
    Exit.WARNINGS: "only warnings, under --strict",
}
