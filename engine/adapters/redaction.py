"""Blots out whatever looks like a key before a line leaves the process."""

from __future__ import annotations

import re

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


def redact(text: str) -> str:
    """`text` with every key-like part replaced by `[redacted]`."""
    for pattern in PATTERNS:
        text = pattern.sub(rf"\g<1>{BLOT}", text)
    return text
