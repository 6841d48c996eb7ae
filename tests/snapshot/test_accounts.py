"""Providers, pools and credentials as they are served."""

from __future__ import annotations

from engine.errors import ErrorClass
from engine.snapshot.accounts import header_secrets
from engine.snapshot.model import CallerKey
from engine.spec.base import Filled
from tests.snapshot.sites import MOCK, FakeSecrets, codes, compiled, served


def test_an_optional_provider_without_its_secret_is_off_and_says_so() -> None:
    text = """
        providers: {p: {dialect: openai, base_url: "https://x.test/v1", key: "${env:SOME_KEY}", optional: true}}
        models: {a: {targets: [p/m]}}
    """
    off = served(a=text)
    assert off.providers["p"].off == "missing SOME_KEY"
    assert "provider 'p' is off: missing SOME_KEY" in [notice.message for notice in off.notices]
    on = served(FakeSecrets({"SOME_KEY": "sk-1"}), a=text)
    assert on.providers["p"].off is None
    assert on.providers["p"].pool.credentials[0].key == "sk-1"


def test_a_pool_serves_with_the_credentials_that_are_there() -> None:
    text = """
        pools: {q: {strategy: rotate, every: 5, credentials: [{key: "${env:ONE}"}, {id: two, key: "${env:TWO}"}]}}
        providers: {p: {dialect: openai, base_url: "https://x.test/v1", pool: q, optional: true}}
        models: {a: {targets: [p/m]}}
    """
    provider = served(FakeSecrets({"TWO": "k2"}), a=text).providers["p"]
    assert provider.off is None
    assert [(credential.id, credential.key) for credential in provider.pool.credentials] == [("two", "k2")]
    assert provider.pool.every == 5
    assert served(a=text).providers["p"].off == "missing ONE, TWO"


def test_a_credential_may_come_from_a_json_file() -> None:
    text = """
        pools: {q: {credentials: [{file: creds.json, id: main}]}}
        providers: {p: {dialect: openai, base_url: "https://x.test/v1", pool: q}}
        models: {a: {targets: [p/m]}}
    """
    secrets = FakeSecrets(files={"creds.json": '{"key": "k", "project": "p1"}'})
    credential = served(secrets, a=text).pools["q"].credentials[0]
    assert (credential.id, credential.key, credential.data["project"]) == ("main", "k", "p1")
    assert ("routes.d/a.yaml", 3, "bad-credential-file") in [
        (file, 3, code) for file, _, code in codes(compiled(a=text))
    ]


def test_penalties_and_retries_are_inherited_and_may_be_off() -> None:
    text = """
        pools: {q: {credentials: [{key: "${env:K}"}], on_error: {rate_limit: {cooldown: 7s}}}}
        providers:
          p: {dialect: openai, base_url: "https://x.test/v1", pool: q, retry: off}
          r: {dialect: openai, base_url: "https://x.test/v1", pool: q, on_error: off, retry: {attempts: 5, backoff: {base: 1s}}}
        models: {a: {targets: [p/m, r/m]}}
    """
    snapshot = served(FakeSecrets({"K": "k"}), a=text)
    assert snapshot.providers["p"].pool.on_error[ErrorClass.RATE_LIMIT].cooldown == 7
    assert snapshot.providers["p"].retry.attempts == 1
    assert snapshot.providers["r"].pool.on_error[ErrorClass.AUTH].cooldown is None
    assert (snapshot.providers["r"].retry.attempts, snapshot.providers["r"].retry.backoff_base) == (5, 1.0)


def test_when_a_credential_ends_is_a_number_or_a_date() -> None:
    text = """
        pools: {q: {credentials: [
          {id: a, key: "${env:K}", expires: 1900000000},
          {id: b, key: "${env:K}", expires: "2030-01-31"},
          {id: c, key: "${env:K}", expires: "2030-01-31T01:00:00+01:00"},
          {id: d, key: "${env:K}", expires: "${env:AT}"},
          {id: e, key: "${env:K}"}]}}
        providers: {p: {dialect: openai, base_url: "https://x.test/v1", pool: q}}
        models: {a: {targets: [p/m]}}
    """
    secrets = FakeSecrets({"K": "k", "AT": "1900000000"})
    credentials = served(secrets, a=text).providers["p"].pool.credentials
    day = 1896048000.0
    assert [each.expires for each in credentials] == [1.9e9, day, day, 1.9e9, None]
    for wrong in ("soon", "true", "[1]"):
        found = codes(
            compiled(secrets, a=text.replace("1900000000,", f"{wrong},").replace("1900000000}", wrong + "}"))
        )
        assert ("routes.d/a.yaml", 3, "bad-date") in found


def test_an_unread_parameter_stands_at_params() -> None:
    text = """
        providers:
          p:
            dialect: openai
            base_url: "https://x.test/v1"
            params: {nobody: 1}
        models: {a: {targets: [p/m]}}
    """
    assert codes(compiled(a=text)) == [("routes.d/a.yaml", 6, "unread-param")]


def test_where_callers_bring_keys() -> None:
    text = """
        providers:
          usual: {dialect: mock, base_url: 'scripted:', credential: client}
          head: {dialect: mock, base_url: 'scripted:', credential: {header: X-Own}}
          field: {dialect: mock, base_url: 'scripted:', credential: {body: api_key}}
    """
    snapshot = served(mock=MOCK, a=text)
    found = {name: provider.caller_key for name, provider in snapshot.providers.items()}
    assert found["mock"] is None and found["usual"] == CallerKey()
    assert (found["head"], found["field"]) == (CallerKey("x-own"), CallerKey(body="api_key"))
    assert (snapshot.caller_headers, snapshot.caller_fields) == ({"x-own"}, {"api_key"})


def test_which_headers_hold_secrets() -> None:
    headers = {"x-team": "search", "x-extra": Filled("out-of-a-file"), "x-api-key": "plain"}
    assert header_secrets(headers) == ("out-of-a-file", "plain")
