"""`data:` URLs (RFC 2397) and what passes for an address."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote_to_bytes

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.", re.DOTALL)
BASE64 = ";base64"
DEFAULT_MEDIA_TYPE = "text/plain"


def split(url: str) -> tuple[str, str] | None:
    """(media type, base64 text) of a data URL; None for everything else."""
    head, comma, data = url.partition(",")
    scheme, _, described = head.partition(":")
    if scheme.lower() != "data" or not comma:
        return None
    if described.lower().endswith(BASE64):
        described = described[: -len(BASE64)]
    else:
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return described.partition(";")[0].strip().lower() or DEFAULT_MEDIA_TYPE, data


def is_address(url: str) -> bool:
    """A URL of any scheme; a data URL must have its comma and something behind it."""
    if url[:5].lower() == "data:":
        return url.find(",", 5, 512) > 0 and not url.endswith(",")
    return bool(SCHEME.match(url))
