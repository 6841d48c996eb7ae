"""Addresses and networks, as sites write them and as connections and proxies tell them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]


def networks_of(written: Iterable[str]) -> Networks:
    """`10.0.0.0/8`, `::1`. Raises ValueError for what is none."""
    return tuple(ip_network(text, strict=False) for text in written)


def address_of(text: str) -> Address | None:
    """An address with or without brackets and port; None for anything else.

    An IPv4 address that stands inside an IPv6 one, as sockets for both tell it, is the IPv4 address.
    """
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def within(networks: Networks, text: str) -> bool:
    """Whether an address lies in one of the networks; what is no address lies nowhere."""
    address = address_of(text)
    return address is not None and any(address in network for network in networks)


# --- where URLs of clients may lead ------------------------------------------------------------------------

# IPv6 networks in which an IPv4 address stands: (the network, how far it is from the right end).
# NAT64 (RFC 6052, 8215), 6to4, IPv4-compatible (deprecated).
CARRIERS: tuple[tuple[IPv6Network, int], ...] = (
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("64:ff9b:1::/48"), 0),
    (IPv6Network("2002::/16"), 80),
    (IPv6Network("::/96"), 0),
)
# Addresses that look public and lead to what the machine's own cloud tells it alone.
METADATA = networks_of(["168.63.129.16", "192.0.0.0/24"])

SCHEMES = ("http", "https")


def carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to, if it leads to one; else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    for network, behind in CARRIERS:
        if address in network and int(address) > 1:
            return IPv4Address((int(address) >> behind) & 0xFFFFFFFF)
    return address


def forbidden(text: str, allowed: Iterable[str] = ()) -> str | None:
    """What kind of address it is that a client's URL may not lead to; None for a public one.

    `allowed`: networks that it may lead to all the same.
    """
    found = address_of(text)
    if found is None:
        return "no address"
    address = carried(found)
    networks = _allowed(tuple(allowed))
    if any(one in network for one in (found, address) for network in networks):
        return None
    return _kind(address)


@lru_cache(maxsize=64)
def _allowed(written: tuple[str, ...]) -> Networks:
    return networks_of(written)


def _kind(address: Address) -> str | None:
    kinds = (
        ("a loopback address", address.is_loopback or address.is_unspecified),
        ("a link-local address", address.is_link_local),
        ("a metadata address", any(address in network for network in METADATA)),
        ("a multicast address", address.is_multicast),
        ("a private address", not address.is_global or getattr(address, "is_site_local", False)),
    )
    return next((kind for kind, holds in kinds if holds), None)


def bad_url(url: str, allowed: Iterable[str] = ()) -> str | None:
    """Why a URL that a client brings may not be called, as far as itself shows; None when nothing does.

    Names are checked when they are resolved: see `events.Channel.reach`.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is no URL"
    if parts.scheme not in SCHEMES or not host:
        return "it is no http(s) URL with a host"
    if parts.username is not None or parts.password is not None:
        return "it holds a name or a password"
    if any(ord(character) <= 32 or ord(character) == 127 for character in url):
        return "it holds blanks or control characters"
    kind = forbidden(host, allowed) if address_of(host) else None
    return f"its host is {kind}" if kind else None
