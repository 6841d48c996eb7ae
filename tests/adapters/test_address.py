from __future__ import annotations

import pytest

from engine.adapters.address import address_of


def test_an_address_shows_host_and_port_only() -> None:
    address = address_of("https://[::1]/a?key=hush")
    assert address.place == "[::1]:443" and address.target == b"/a?key=hush"
    assert address_of("http://h").target == b"/"


@pytest.mark.parametrize(
    ("url", "host", "name", "port"),
    [
        ("http://h", "h", "h", 80),
        ("https://h:443/", "h", "h", 443),
        ("http://h:443/", "h:443", "h", 443),
        ("https://H.Example:8443/a", "h.example:8443", "h.example", 8443),
        ("http://user:word@h/", "h", "h", 80),
        ("http://[::1]:81/", "[::1]:81", "::1", 81),
        ("https://[::1]/", "[::1]", "::1", 443),
        ("http://bücher.example/", "xn--bcher-kva.example", "xn--bcher-kva.example", 80),
    ],
)
def test_the_host_as_it_is_said_and_as_it_is_called(url: str, host: str, name: str, port: int) -> None:
    address = address_of(url)
    assert (address.host, address.name, address.port) == (host, name, port)
    assert address.tls is url.startswith("https:") and "word" not in address.place


@pytest.mark.parametrize(
    "url", ["ftp://h/", "http://", "//h/", "http://h:x/", "http://h:99999/", "http://h/ä"]
)
def test_no_address(url: str) -> None:
    with pytest.raises(ValueError):
        address_of(url)
