"""Blots out whatever looks like a key before a line leaves the process."""

from __future__ import annotations

import re
from functools import lru_cache

BLOT = "[redacted]"

# Fields whose value is a secret whatever it looks like.
SECRET_FIELDS = frozenset({
    "authorization", "proxy-authorization", "x-api-key", "api-key", "api_key", "apikey", "x-goog-api-key",
    "x-amz-security-token", "cookie", "set-cookie", "key", "password", "secret", "token", "access_token",
    "bearer_token", "refresh_token", "session_token", "client_secret", "private_key",
})  # fmt: skip

_NAMES = "|".join(re.escape(name) for name in sorted(SECRET_FIELDS))
_WORD = r"""[^\s,;"'}\\]+"""

# Each pattern keeps its first group and blots out the rest of what it matched.
PATTERNS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"""(["'](?:{_NAMES})["']\s*:\s*["'])(?:[^"'\\]|\\.)+""",
        rf"""\b((?:authorization|x-api-key|api-key|x-goog-api-key)\s*[:=]\s*){_WORD}(?: {_WORD})?""",
        r"\b((?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{6,}",
        r"""([?&](?:key|api[-_]?key|access_token|token|signature|x-amz-[a-z-]+)=)[^&\s"'\\]+""",
        r"\b((?:sk|pk|rk|gsk|csk|pplx|hf)[-_]|AIza)[A-Za-z0-9_-]{16,}",
        r"""\b([a-z][a-z0-9+.-]*://)[^/\s@"'\\]+(?=@)""",
    )
)

# What a pattern finds in a value holds one of these signs, or is a key by its prefix, of such a length:
# `k-`, `f_`, …, `AIza`, looked for by their first letters all at once, which is twice as fast.
_SIGN = re.compile(r"""[\s"'?&:=\\]""")
_PREFIX = re.compile(r"[kfxKFXaA](?:(?<![aA])[-_]|[iI][zZ][aA])")
_SHORTEST_KEY = 19


@lru_cache(maxsize=1024)
def is_secret_field(name: str) -> bool:
    return name.lower() in SECRET_FIELDS


@lru_cache(maxsize=1024)
def is_plain_field(name: str) -> bool:
    """Whether `redact` finds nothing in a line because of this name, whatever plain value follows it."""
    shown = f'{name}=word, "{name}":"word"'
    return not is_secret_field(name) and redact(shown) == shown


@lru_cache(maxsize=1024)
def _is_plain_key(name: object) -> bool:
    return name.__class__ is str and is_plain(name) and is_plain_field(name)


def is_plain(value: object) -> bool:
    """Whether `redact` would find nothing in a value; most are short words and numbers, and it is slow."""
    kind = value.__class__
    if kind is str:
        text: str = value  # type: ignore[assignment]
        return _SIGN.search(text) is None and (len(text) < _SHORTEST_KEY or _PREFIX.search(text) is None)
    if kind is int or kind is float or kind is bool or value is None:
        return True
    if kind is not dict:
        return False
    fields: dict[object, object] = value  # type: ignore[assignment]
    for name, each in fields.items():
        if not (_is_plain_key(name) and (each.__class__ is int or is_plain(each))):
            return False
    return True


def redact(text: str) -> str:
    """`text` with every key-like part replaced by `[redacted]`."""
    for pattern in PATTERNS:
        text = pattern.sub(rf"\g<1>{BLOT}", text)
    return text


def redact_keys(text: str) -> str:
    """`text` without what has the form of a key or of a login, whatever the field that it stands in."""
    for pattern in PATTERNS[1:]:
        text = pattern.sub(rf"\g<1>{BLOT}", text)
    return text
