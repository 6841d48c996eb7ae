from __future__ import annotations

import pytest

from engine.spec.provider import Provider

from .reading import accepts, bind, read

DESIGN = """
dialect: anthropic
base_url: https://api.anthropic.com
pool: anthropic
headers: {x-team: search}
timeout: {connect: 5s, first_byte: 60s, idle: 60s, total: 10m}
limits: {concurrency: 200, rpm: 4000, tpm: 400000}
unsupported: warn
optional: true
tls: {verify: true}
params: {max_tokens: 4096}
features: {structured_outputs: ["claude-*-4-5*"], one: "*"}
on_error: {auth: {disable: true}}
retry: off
"""


def test_the_provider_of_the_design() -> None:
    found = read(Provider, DESIGN)
    assert (found.dialect, found.base_url, found.pool) == (
        "anthropic",
        "https://api.anthropic.com",
        "anthropic",
    )
    assert (found.timeout.total, found.limits.rpm, found.tls.verify) == (600.0, 4000, True)
    assert found.params == {"max_tokens": 4096}
    assert found.features == {"structured_outputs": ("claude-*-4-5*",), "one": ("*",)}
    assert found.retry == "off" and found.on_error["auth"].disable
    assert [(ref.kind, ref.name) for ref in bind(Provider, DESIGN)[1].references] == [
        ("dialect", "anthropic"), ("pool", "anthropic"),
    ]  # fmt: skip


def test_what_is_left_out_has_its_default() -> None:
    found = read(Provider, "{dialect: d, base_url: 'scripted:'}")
    assert (found.unsupported, found.optional, found.http2, found.passthrough) == (
        "warn",
        False,
        False,
        "auto",
    )
    assert found.pool is found.key is found.credential is found.timeout is found.mode is None
    assert found.headers == found.params == found.features == {}


@pytest.mark.parametrize(
    "more",
    ["pool: p, key: k", "key: k, credential: client", "credential: server", "credential: {}", "credential: {header: x, body: y}", "credential: {header: 'a b'}", "unsupported: ignore", "tls: {verify: no}",
     "headers: {a: 5}", "headers: {'a b': c}", "mode: yes", "passthrough: true", "pool: [p]", "features: {f: 1}"],
)  # fmt: skip
def test_what_is_no_provider(more: str) -> None:
    assert not accepts(Provider, f"{{dialect: d, base_url: https://h, {more}}}")


def test_dialect_and_address_are_required() -> None:
    assert not accepts(Provider, "{dialect: d}") and not accepts(Provider, "{base_url: https://h}")


def test_where_callers_bring_keys() -> None:
    base = "dialect: d, base_url: 'https://a.test'"
    header = read(Provider, f"{{{base}, credential: {{header: X-Own}}}}").credential
    body = read(Provider, f"{{{base}, credential: {{body: api_key}}}}").credential
    assert (header.header, header.body, body.header, body.body) == ("X-Own", None, None, "api_key")
    assert read(Provider, f"{{{base}, credential: client}}").credential == "client"
