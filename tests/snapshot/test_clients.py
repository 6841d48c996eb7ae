"""Groups and clients as they are served."""

from __future__ import annotations

import hashlib

from engine.snapshot.clients import ASYMMETRIC, client_of
from engine.snapshot.model import Client, Group, Snapshot, Terms
from tests.snapshot.sites import MOCK, FakeSecrets, compiled, served

HASH = "sha256:" + "0f" * 32


def test_client_keys_are_known_as_digests_alone() -> None:
    digest = hashlib.sha256(b"k-1").hexdigest()
    text = f'clients: {{web: {{key: "${{env:WEB}}", models: [a]}}, ops: {{key: "sha256:{digest}"}}}}\nmodels: {{a: {{targets: [mock/x]}}}}'
    snapshot = served(FakeSecrets({"WEB": "k-1"}), mock=MOCK, a=text)
    assert [client.digests for client in snapshot.clients] == [(digest,), (digest,)]
    assert "k-1" not in repr(snapshot.clients)


def clients_of(snapshot: Snapshot) -> dict[str, Client]:
    return {client.name: client for client in snapshot.clients}


GROUPS = f"""
groups:
  search: {{models: ["fast-*"], params: {{temperature: 0, user: search}}, override: {{seed: 1}}, limits: {{rpm: 60}}}}
  trial: {{override: {{seed: 2, max_tokens: 100}}, params: {{top_p: 1}}}}
clients:
  a: {{key: "{HASH}", groups: [search, trial], models: smart, params: {{user: a}}}}
  b: {{key: "{HASH}", groups: trial}}
  c: {{key: "{HASH}"}}
models:
  smart: {{targets: [mock/x], access: {{groups: [sea*]}}}}
  fast-1: {{targets: [mock/y]}}
"""


def test_a_client_has_what_its_groups_say() -> None:
    snapshot = served(mock=MOCK, a=GROUPS)
    a, b, c = (clients_of(snapshot)[name] for name in "abc")
    assert (a.groups, a.facts) == (("search", "trial"), {"name": "a", "groups": ["search", "trial"]})
    # Its own list and those of its groups add up; a group without one has no say.
    assert (a.models, b.models, c.models) == (("smart", "fast-*"), None, None)
    # The client's own words come first, then the groups in their order.
    assert a.params == {"temperature": 0, "user": "a", "top_p": 1}
    assert a.override == {"seed": 1, "max_tokens": 100}
    assert (c.params, c.override, c.gate) == ({}, {}, None)
    limits = snapshot.groups["search"].limits
    assert limits is not None and limits.rpm == 60
    alias = snapshot.aliases.exact["smart"]
    assert (alias.access, alias.access_groups) == ((), ("sea*",))


def test_groups_that_there_are_not() -> None:
    found = compiled(
        mock=MOCK,
        a=f'''
        groups: {{search: {{}}}}
        clients: {{a: {{key: "{HASH}", groups: [serch]}}}}
        models: {{m: {{targets: [mock/x], access: {{groups: [serch, "se*"]}}}}}}
    ''',
    ).diagnostics
    told = [(item.code, item.severity.value, item.hint) for item in found]
    assert told == [
        ("unknown-group", "error", "did you mean 'search'?"),
        ("unknown-group", "warning", "did you mean 'search'?"),
    ]


def test_what_is_looked_at_when_a_client_comes_in() -> None:
    text = f'''
        clients:
          a: {{key: "{HASH}", expires: 2030-01-01, ips: [10.0.0.0/8], endpoints: ["openai-*"]}}
          b: {{key: "{HASH}", expires: 1893456000}}
    '''
    a, b = (clients_of(served(a=text))[name].gate for name in "ab")
    assert a is not None and b is not None and a.within is not None and a.endpoints is not None
    assert (a.expires, b.expires, b.within, b.endpoints) == (1893456000.0, 1893456000.0, None, None)
    assert (a.within["10.1.1.1"], a.within["11.1.1.1"]) == (True, False)
    assert (a.endpoints["openai-chat"], a.endpoints["raw"]) == (True, False)


def test_an_end_that_is_no_time() -> None:
    found = compiled(a=f'clients: {{a: {{key: "{HASH}", expires: soon}}}}').diagnostics
    assert [(item.code, item.path) for item in found] == [("bad-date", "clients.a.expires")]


def test_groups_of_a_token_that_nobody_declared_count_for_nothing() -> None:
    groups = {"known": Group("known", models=("a",))}
    client = client_of("x", (), Terms(groups=("known", "other", "known")), groups)
    assert (client.groups, client.models) == (("known",), ("a",))


def test_callers_that_bring_tokens() -> None:
    text = """
        groups: {staff: {}}
        clients:
          users: {jwt: {jwks_url: "https://i.test/keys", issuer: i, audience: a, name: =claims.sub}, groups: staff}
          odd: {jwt: {jwks_file: keys.json, audience: [a, b], algorithms: [HS256], leeway: 5s}}
    """
    snapshot = served(a=text)
    users, odd = snapshot.tokens
    assert users.check == ("https://i.test/keys", "i", ("a",), ASYMMETRIC, 60.0)
    assert odd.check == ("file:keys.json", None, ("a", "b"), ("HS256",), 5.0)
    assert not any(algorithm.startswith("HS") for algorithm in ASYMMETRIC)
    assert users.called is not None and users.called.text == "=claims.sub" and odd.called is None
    assert users.terms.groups == ("staff",)
    assert [client.name for client in snapshot.clients] == ["users", "odd"]


def test_what_is_wrong_with_a_rule_for_tokens() -> None:
    text = "clients: {u: {jwt: {jwks_file: f, name: =claim.sub}, expires: soon}}"
    found = compiled(a=text).diagnostics
    assert [(item.code, item.severity.value, item.path) for item in found] == [
        ("any-audience", "warning", "clients.u.jwt"),
        ("missing-jwks", "warning", "clients.u.jwt.jwks_file"),
        ("unknown-name", "error", "clients.u.jwt.name"),
        ("bad-date", "error", "clients.u.expires"),
    ]
