"""Addresses of answers: same origin or not. `test_steps` shows what goes along."""

from __future__ import annotations

import pytest

from engine.errors import UpstreamFailed
from engine.events import Call
from engine.gateway.elsewhere import same_origin, step_call
from engine.mapping.request import Rendered
from engine.mapping.scope import Scope
from tests.gateway.playbook import compiled

SITE = """
providers:
  a: {{dialect: plain, base_url: "{base}", key: k1, headers: {{x-team: t}}, tls: {{cert_file: c.pem, key_file: k.pem}}{more}}}
models:
  alone: {{targets: [a/m]}}
"""


def called(url: str, base: str = "https://a.test/v1", more: str = "", allowed: tuple[str, ...] = ()) -> Call:
    provider = compiled(SITE.format(base=base, more=more)).providers["a"]
    return step_call(
        provider, Rendered("GET", "", None, {}, None, url), Scope(credential={"key": "k1"}), allowed
    )


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://a.test/x", True),
        ("https://A.test:443/x", True),
        ("https://a.test:444/x", False),
        ("http://a.test/x", False),
        ("https://b.test/x", False),
        ("https://a.test:x/", False),
    ],
)
def test_same_origin(url: str, same: bool) -> None:
    assert same_origin(url, "https://a.test/v1") is same


def test_inside_the_origin_it_is_a_call_like_any_other() -> None:
    call = called("https://a.test/live?t=1")
    assert call.url == "https://a.test/live?t=1" and call.channel.cert_file
    assert call.headers == {"authorization": "Bearer k1", "x-team": "t"}


def test_outside_of_it_nobody_knows_us() -> None:
    call = called("https://b.test/live?t=1", allowed=("10.0.0.0/8",))
    assert call.headers == {} and call.channel.cert_file is None
    assert call.channel.reach == ("10.0.0.0/8",)


def test_a_scheme_in_capitals_leads_there_too() -> None:
    call = called("HTTPS://b.test/live?t=1")
    assert call.url == "https://b.test/live?t=1" and call.headers == {}


def test_another_port_of_the_host_that_the_site_names() -> None:
    call = called("http://127.0.0.1:9/live", base="http://127.0.0.1:8")
    assert call.headers == {} and call.channel.reach is None


def test_a_proxy_decides_what_can_be_reached() -> None:
    call = called("https://b.test/live", more=", proxy: 'http://p.test:3128'")
    assert (call.channel.proxy, call.channel.reach) == ("http://p.test:3128", None)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://169.254.169.254/latest", "a link-local address"),
        ("http://b.test/live", "it is not https"),
        ("ftp://b.test/live", "no http"),
    ],
)
def test_where_it_may_not_lead(url: str, why: str) -> None:
    with pytest.raises(UpstreamFailed, match=why):
        called(f"{url}?token=t0ken")
    assert called("https://10.1.1.1/", allowed=("10.0.0.0/8",)).url == "https://10.1.1.1/"
