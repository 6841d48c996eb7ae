"""Forms of text: durations, sizes, URLs. One table for the schema, the reader and the messages."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"": 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9}
BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
THOUSANDS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6}


def seconds(text: str) -> float:
    """`500ms` → 0.5, `10m` → 600.0. Raises ValueError."""
    number, unit = _split(text)
    if unit not in SECONDS:
        raise ValueError(text)
    return number * SECONDS[unit]


def size(text: str | int) -> int:
    """`10MiB` → 10485760. Raises ValueError."""
    return _scaled(text, BYTES)


def quantity(text: str | int) -> int:
    """`1M` → 1000000. Raises ValueError."""
    return _scaled(text, THOUSANDS)


def fraction(text: str | float) -> float:
    """`20%` and `0.2` → 0.2. Raises ValueError."""
    if isinstance(text, str) and text.endswith("%"):
        return float(text[:-1]) / 100
    return float(text)


def network(text: str) -> str:
    """A network or an address as it is written. Raises ValueError."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError("no such address or network") from None
    return text


def _scaled(text: str | int, units: dict[str, int]) -> int:
    if isinstance(text, int):
        return text
    number, unit = _split(text)
    if unit not in units:
        raise ValueError(text)
    return int(number * units[unit])


def _split(text: str) -> tuple[float, str]:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)", text)
    if found is None:
        raise ValueError(text)
    return float(found[1]), found[2]


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Form:
    """A form of text. `pattern` is what JSON Schema checks; `code` the diagnostic when it does not hold.

    `number` is the JSON type that may stand instead of text, with its bounds; `read` makes the value.
    """

    name: str
    expected: str
    pattern: str
    code: str
    hint: str
    examples: tuple[str, ...] = ()
    read: Callable[[Any], Any] = _same
    number: str | None = None
    maximum: float | None = None

    def fits(self, text: str) -> bool:
        """Whether a whole text has the form. (`$` alone would let a line break pass at the end.)"""
        return re.fullmatch(self.pattern, text) is not None

    @property
    def types(self) -> list[str]:
        return ["string", self.number] if self.number else ["string"]

    @property
    def is_measure(self) -> bool:
        """Whether the text stands for a number with a unit."""
        return self.read is not _same

    @property
    def bounds(self) -> dict[str, Any]:
        if self.number is None:
            return {}
        return {"minimum": 0} | ({"maximum": self.maximum} if self.maximum is not None else {})


_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(?::[0-9]{1,5})?"
_HTTP_URL = rf"https?://{_HOST}(?:/[^\s?#]*)?"
_OTHER_URL = r"scripted:\S*"  # the upstream that answers from inside the process
_SHARE = r"^(?:(?:100|[0-9]{1,2})(?:\.[0-9]+)?%|0?\.[0-9]+|[01])$"
_UNIT = r"(?:ms|s|m|h|d)"

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form(
            "duration", "a duration", rf"^[0-9]+(?:\.[0-9]+)?\s*{_UNIT}$", "bad-duration",
            "durations are written 500ms, 5s, 10m or 1h", ("5s", "500ms", "10m"), seconds,
        ),
        Form(
            "period", "a duration above 0", rf"^(?=.*[1-9])[0-9]+(?:\.[0-9]+)?\s*{_UNIT}$", "bad-duration",
            "durations are written 500ms, 5s, 10m or 1h", ("5s", "500ms"), seconds,
        ),
        Form(
            "size", "a size", r"^[0-9]+(?:\.[0-9]+)?\s*(?:B|[kK]B|MB|GB|KiB|MiB|GiB)?$", "bad-size",
            "sizes are written 64KiB, 10MiB or 1GB", ("64KiB", "10MiB"), size, "integer",
        ),
        Form(
            "quantity", "a quantity", r"^[0-9]+(?:\.[0-9]+)?[kKM]?$", "bad-quantity",
            "quantities are written 1000, 1k or 1M", ("1M", "1k"), quantity, "integer",
        ),
        Form(
            "fraction", "a share", _SHARE, "bad-share",
            "shares are written 20% or 0.2", ("20%",), fraction, "number", 1,
        ),
        Form(
            "url", "a URL", rf"^(?:{_HTTP_URL}|{_OTHER_URL})$", "bad-url",
            "a base URL is written https://host/path: no spaces, no '?', no '#', no user name",
            ("https://api.example.com/v1",),
        ),
        Form(
            "dsn", "a URL", r"^[a-z][a-z0-9+.-]*:\S*$", "bad-url",
            "it begins with a scheme", ("sqlite:///proxyctl.db", "redis://localhost:6379/0"),
        ),
        Form(
            "database", "the URL of a database, or off",
            r"^(?:|off|(?:sqlite|postgresql|postgres|mysql|mariadb)(?:\+[a-z0-9]+)?://\S*)$", "bad-url",
            "sqlite:///FILE, postgresql://…, mysql://… or mariadb://…",
            ("sqlite:////var/lib/proxyctl/ledger.db", "postgresql://proxyctl@db/proxyctl", "off"),
        ),
        Form(
            "path", "a path", r"^/(?:[^\s{}?#]|\{[A-Za-z_][A-Za-z0-9_]*\})*$", "bad-path",
            "a path begins with / and may hold {name} segments", ("/v1/chat/completions", "/raw/{path}"),
        ),
        Form(
            "glob", "a name or a glob", r"^\S(?:[^\x00-\x1f]*\S)?$", "bad-glob",
            "globs are names in which * is any text and ? any character", ("fast-*", "team-?"),
        ),
        Form(
            "header", "a header name", r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "bad-header",
            "header names hold letters, digits and -", ("x-team",),
        ),
        Form(
            "client_key", "a key", r"^(?:(?!sha256:)[^\x00-\x20\x7f]+|sha256:[0-9A-Fa-f]{64})$", "bad-key",
            "a key has no spaces; a hashed one is sha256: and 64 hexadecimal digits", ("sha256:…",),
        ),
        Form(
            "cidr", "an address or a network", r"^[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?$", "bad-address",
            "networks are written 10.0.0.0/8 or fd00::/8", ("10.0.0.0/8",), network,
        ),
        Form(
            "target", "a target", r"^[^\s/]+/\S+$", "bad-target",
            "a target is written provider/model, or {provider: …, model: …}", ("acme/large-1",),
        ),
        Form(
            "by", "client, conversation or header:NAME",
            r"^(?:client|conversation|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+)$", "bad-by",
            "it says which requests belong together", ("client", "header:x-session"),
        ),
        Form(
            "header_value", "text", r"^[^\r\n\x00]*$", "bad-header", "header values are one line",
        ),
        Form(
            "name", "a name", r"^[^\s/]+$", "bad-name",
            "names have no spaces and no '/'", ("main",),
        ),
        Form(
            "variable", "a name", r"^[A-Za-z_][A-Za-z0-9_]*$", "bad-name",
            "such names hold letters, digits and _, as those of environment variables", ("TEAM_PASSWORD",),
        ),
        Form(
            "alias", "a name or a glob", r"^\S+$", "bad-name", "model names have no spaces",
            ("smart", "fast-*"),
        ),
        Form(
            "priced", "a provider and a model, or a glob of them", r"^(?:[^\s/]+/\S+|\S*\*\S*)$", "bad-name",
            "what is priced is written provider/model, or as a glob", ("acme/large-*", "*/small-1"),
        ),
    )
}  # fmt: skip


def of_text(type_name: str, text: str) -> Any:
    """A value of a JSON type out of the text that an environment variable held. Raises ValueError."""
    if type_name == "boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError(text)
        return text.lower() == "true"
    return {"integer": int, "number": float, "string": str}[type_name](text)
