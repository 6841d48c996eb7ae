"""Which web pages may read the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# Headers of ours that a page's script may read.
LIMITS = [
    f"x-ratelimit-{what}-{kind}"
    for kind in ("requests", "tokens")
    for what in ("limit", "remaining", "reset")
]
EXPOSED = ", ".join(
    (
        "x-request-id",
        "retry-after",
        "x-proxyctl-provider",
        "x-proxyctl-target",
        "x-proxyctl-attempts",
        "x-proxyctl-generation",
        "x-proxyctl-unsupported",
        *LIMITS,
    )
)
MAX_AGE = "600"
HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~ ,-]{1,2000}")


def cors_headers(origins: Sequence[str], request: Mapping[str, str]) -> dict[str, str]:
    """The headers of any answer to a page; none when the request's origin is not listed."""
    origin = request.get("origin")
    if not origins or origin is None:
        return {}
    if "*" in origins:
        return {"access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED}
    if origin not in origins:
        return {"vary": "origin"}
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": EXPOSED,
        "vary": "origin",
    }


def preflight_headers(methods: Sequence[str], request: Mapping[str, str]) -> dict[str, str]:
    """What a preflight wants to know, beside `cors_headers`; empty when the request is none."""
    if "access-control-request-method" not in request:
        return {}
    asked = request.get("access-control-request-headers", "")
    return {
        "access-control-allow-methods": ", ".join(methods),
        "access-control-allow-headers": asked if HEADER_NAMES.fullmatch(asked) else "*",
        "access-control-max-age": MAX_AGE,
    }
