"""Files of `NAME=VALUE` lines, as shells, Docker and the dotenv libraries read them: variables of a site."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import NamedTuple

from engine.adapters.regular_file import read_regular

LARGEST = 2**20
LINES = re.compile(r"\r\n?|\n")
LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
QUOTED = re.compile(r"""('[^']*'|"(?:[^"\\]|\\.)*")\s*(?:#.*)?""")
ESCAPE = re.compile(r"\\(.)")
ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


class Odd(NamedTuple):
    """What of a file is of no use; nothing of a value is in it."""

    place: str
    problem: str


def add_variables(root: Path, names: Iterable[str], environ: MutableMapping[str, str]) -> list[Odd]:
    """Put what the files say into the environment, where nothing is said yet; some may not be there."""
    odd: list[Odd] = []
    for name in names:
        try:
            text = read_regular(root / name, LARGEST).decode("utf-8-sig")
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            odd.append(Odd(name, "it cannot be read, or is not UTF-8"))
            continue
        for number, line in enumerate(LINES.split(text), 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            found = LINE.fullmatch(line)
            if found is None:
                odd.append(Odd(f"{name}:{number}", "a line is NAME=VALUE"))
            elif "\0" in found[2]:
                odd.append(Odd(f"{name}:{number}", "no variable can hold a null byte"))
            elif not environ.get(found[1]):
                environ[found[1]] = _value(found[2])
    return odd


def _value(written: str) -> str:
    """Without quotes, or the comment behind it; escapes count between double quotes alone."""
    quote = written[:1]
    if quote and quote in "'\"":
        whole = QUOTED.fullmatch(written)
        end = len(whole[1]) - 1 if whole else written.rfind(quote)
        if end > 0:
            inside = written[1:end]
            return inside if quote == "'" else ESCAPE.sub(_escaped, inside)
    return re.split(r"\s+#", written, maxsplit=1)[0].strip()


def _escaped(found: re.Match[str]) -> str:
    return ESCAPED.get(found[1], found[1])
