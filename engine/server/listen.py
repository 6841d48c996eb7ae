"""Listening sockets: one for each worker where the system can share a port fairly, else one for all."""

from __future__ import annotations

import ipaddress
import socket
import sys

BACKLOG = 2048

# Linux spreads connections over sockets of the same port; elsewhere one of them would get them all.
SPREADS = sys.platform == "linux"


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` sockets that listen on host and port; port 0 is any free one. Raises OSError."""
    family = _family(host, port)
    if count == 1 or not SPREADS:
        return [_bound(family, host, port, shared=False)] * count
    # A port that somebody else uses must be an error, which a shared socket would not tell.
    with _bound(family, host, port, shared=False) as probe:
        port = probe.getsockname()[1]
    return [_bound(family, host, port, shared=True) for _ in range(count)]


def url_of(bound: socket.socket) -> str:
    """Where a browser on this machine finds the socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine alone; a name counts when it is localhost."""
    if host in ("localhost", "ip6-localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _family(host: str, port: int) -> socket.AddressFamily:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return found[0][0]


def _bound(family: socket.AddressFamily, host: str, port: int, *, shared: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made
