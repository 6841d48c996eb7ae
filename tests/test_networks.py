from __future__ import annotations

import pytest

from engine.networks import address_of, bad_url, forbidden, networks_of, within

PRIVATE = networks_of(["10.0.0.0/8", "192.168.1.7", "fd00::/8"])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.1.2.3", "10.1.2.3"),
        (" 10.1.2.3:4711 ", "10.1.2.3"),
        ("[fd00::1]:80", "fd00::1"),
        ("fd00::1", "fd00::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
    ],
)
def test_an_address_is_read_as_sockets_and_proxies_write_it(text: str, address: str) -> None:
    assert str(address_of(text)) == address


@pytest.mark.parametrize("text", ["", "unknown", "_hidden", "10.1.2", "10.0.0.1, 10.0.0.2", "10.0.0.1:80:80"])
def test_what_is_no_address(text: str) -> None:
    assert address_of(text) is None and not within(PRIVATE, text)


@pytest.mark.parametrize("text", ["10.255.0.1", "192.168.1.7", "fd12::9", "::ffff:10.0.0.1"])
def test_inside(text: str) -> None:
    assert within(PRIVATE, text)


@pytest.mark.parametrize("text", ["11.0.0.1", "192.168.1.8", "fe80::1"])
def test_outside(text: str) -> None:
    assert not within(PRIVATE, text)


def test_a_network_may_be_written_with_bits_of_a_host() -> None:
    assert within(networks_of(["10.9.9.9/8"]), "10.0.0.1")
    with pytest.raises(ValueError, match="does not appear"):
        networks_of(["10.0.0.0/99"])


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("0.0.0.0", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("168.63.129.16", "metadata"),
        ("192.0.0.192", "metadata"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("10.1.2.3", "private"),
        ("100.100.100.200", "private"),
        ("fd00:ec2::254", "private"),
        ("fec0::1", "private"),
        ("::10.1.2.3", "private"),
        ("2002:a01:203::1", "private"),
        ("64:ff9b:1::a01:203", "private"),
        ("255.255.255.255", "private"),
    ],
)
def test_an_address_that_a_client_may_not_lead_to(address: str, kind: str) -> None:
    assert (told := forbidden(address)) is not None and kind in told


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::1"])
def test_a_public_address_is_open_to_all(address: str) -> None:
    assert forbidden(address) is None


def test_a_site_may_allow_networks() -> None:
    allowed = ("10.0.0.0/8", "::1")
    assert forbidden("10.1.2.3", allowed) is None
    assert forbidden("::ffff:10.1.2.3", allowed) is None
    assert forbidden("64:ff9b::a01:203", allowed) is None
    assert forbidden("::1", allowed) is None
    assert forbidden("192.168.0.1", allowed) == "a private address"
    assert forbidden("name.test", ("0.0.0.0/0",)) == "no address"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/x", "no http(s) URL"),
        ("scripted:x", "no http(s) URL"),
        ("http:///x", "no http(s) URL"),
        ("https://example.org:99999/", "no URL"),
        ("http://[::1", "no URL"),
        ("https://me:secret@example.org/", "a name or a password"),
        ("https://example.org/a b", "blanks"),
        ("https://10.0.0.1/x", "its host is a private address"),
        ("https://[fd00::1]/x", "its host is a private address"),
    ],
)
def test_a_url_that_may_not_be_called(url: str, why: str) -> None:
    assert (told := bad_url(url)) is not None and why in told


def test_a_url_that_may_be_called_as_far_as_it_shows() -> None:
    assert bad_url("https://example.org:8443/a?b=c") is None
    assert bad_url("http://10.0.0.1/x", ["10.0.0.0/8"]) is None
