"""What is said of limits before anything has been counted."""

from engine.gateway.explain import explain
from tests.gateway.playbook import compiled

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", pool: p, limits: {concurrency: 5, queue: 3, wait: 2s}}
pools:
  p: {credentials: [{id: one, key: k, limits: {rpm: 7}}, {id: two, key: l}]}
models:
  m: {targets: [a/m1], limits: {tpm: 1000}, fallback: [other]}
  other: {targets: [a/m2], limits: {rpd: 9}}
clients:
  web: {key: "sha256:0000000000000000000000000000000000000000000000000000000000000000", groups: [team], limits: {budget: {usd: 5}}}
groups:
  team: {limits: {rph: 1}}
"""
SNAPSHOT = compiled(SITE)
BODY = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 100}


def test_limits_of_a_request_and_of_each_target() -> None:
    told = explain(SNAPSHOT, BODY, {}, SNAPSHOT.clients[0])
    assert [(row["scope"], row["name"], row["limit"]) for row in told["limits"]] == [
        ("client", "web", "$5 a month"),
        ("group", "team", "1 request an hour"),
        ("model", "m", "1000 tokens a minute"),
    ]
    first, other = (leg["targets"][0] for leg in told["legs"])
    assert first["limits"] == [
        {"scope": "provider", "name": "a", "kind": "concurrency", "limit": "5 requests at the same time", "queue": 3, "wait": 2.0},
        {"scope": "credential", "name": "p/one", "kind": "requests", "limit": "7 requests a minute", "queue": 100, "wait": 10.0},
    ]  # fmt: skip
    assert 100 < first["reserves"] < 130
    assert [row["name"] for row in other["limits"]] == ["a", "other", "p/one"]


def test_nothing_is_limited() -> None:
    told = explain(
        compiled(
            'providers: {a: {dialect: plain, base_url: "https://a.test"}}\nmodels: {m: {targets: [a/m]}}\n'
        ),
        BODY,
        {},
        None,
    )
    assert told["limits"] == [] and told["legs"][0]["targets"][0]["limits"] == []
