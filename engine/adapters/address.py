"""Where a URL leads, and what every call says of itself: what the HTTP clients have in common."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from engine import __version__

DEFAULT_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "user-agent": f"proxyctl/{__version__}",
}

DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """`place` is host:port, all that an error may say of it; `host` is the header's value."""

    origin: str
    place: str
    target: bytes
    host: str
    name: str
    port: int
    tls: bool


@lru_cache(maxsize=1024)
def address_of(url: str) -> Address:
    """Raises ValueError when `url` is no http(s) URL."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("no http(s) URL with a host")
    default = DEFAULT_PORTS[parts.scheme]
    port = parts.port or default
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    name = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode("ascii")
    bracketed = f"[{name}]" if ":" in name else name
    return Address(
        origin=f"{parts.scheme}://{parts.netloc}",
        place=f"[{parts.hostname}]:{port}" if ":" in parts.hostname else f"{parts.hostname}:{port}",
        target=target.encode("ascii"),
        host=bracketed if port == default else f"{bracketed}:{port}",
        name=name,
        port=port,
        tls=parts.scheme == "https",
    )
