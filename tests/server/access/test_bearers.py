from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.gateway.key_refusals import bad_token, expired
from engine.ports import KeysWanted, TokenCheck
from engine.server.access.bearers import TOKENS_KEPT, Bearers
from engine.snapshot.model import Client, Snapshot
from tests.server.access.test_auth import At
from tests.snapshot.sites import MOCK, served

SITE = """
groups:
  search: {models: [fast], params: {user: search}}
  staff: {override: {seed: 1}}
clients:
  users:
    jwt: {jwks_file: k, issuer: i, audience: a, name: =claims.sub, groups: =claims.groups, models: =claims.models}
    groups: staff
    models: smart
    ips: 10.0.0.0/8
  robots: {jwt: {jwks_file: k, issuer: robots, audience: a, leeway: 0s}}
"""


class Signed:
    """Implements `ports.Tokens`: a token is `eyJ.NAME.`, and `said` what each claims."""

    def __init__(self, **said: dict[str, Any]) -> None:
        self.said = {name: {"iss": "i", "exp": 1000.0, **claims} for name, claims in said.items()}
        self.version = 1
        self.checked = 0
        self.wants: str | None = None

    def issuer(self, token: str) -> str | None:
        return self.said[token.split(".")[1]]["iss"]  # type: ignore[no-any-return]

    def claims(self, token: str, check: TokenCheck) -> Mapping[str, Any]:
        self.checked += 1
        if self.wants:
            raise KeysWanted(self.wants)
        said = self.said[token.split(".")[1]]
        if said.get("bad"):
            raise bad_token("its signature does not hold")
        return said

    async def refresh(self, source: str) -> None:
        raise AssertionError


def bearers(signed: Signed, site: Snapshot | None = None, now: float = 500.0) -> Bearers:
    snapshot = site or served(mock=MOCK, a=SITE)
    return Bearers(snapshot.tokens, snapshot.groups, {"web"}, signed, At(now))


def ask(found: Bearers, name: str) -> Client | None:
    return found.find([(f"eyJ.{name}.", f"digest of {name}")])


def refusal(found: Bearers, name: str) -> tuple[str | None, str]:
    with pytest.raises(RequestRefused) as caught:
        ask(found, name)
    return caught.value.info.code, caught.value.info.message


def test_a_token_says_who_its_bearer_is() -> None:
    signed = Signed(t={"sub": "ada", "groups": ["search", "unknown"], "models": ["sm*"]})
    client = ask(bearers(signed), "t")
    assert client is not None and client.gate is not None and client.gate.within is not None
    assert (client.name, client.groups, client.digests) == ("ada", ("staff", "search"), ("digest of t",))
    assert (client.models, client.narrowed) == (("smart", "fast"), ("sm*",))
    assert (client.params, client.override) == ({"user": "search"}, {"seed": 1})
    assert not client.gate.within["11.0.0.1"]


def test_limits_of_an_entry_are_those_of_each_bearer() -> None:
    text = "clients: {u: {jwt: {jwks_file: k, audience: a, name: =claims.sub}, limits: {rpm: 5}}}"
    found = bearers(Signed(t={"sub": "ada"}, u={"sub": "bob"}), served(mock=MOCK, a=text))
    ada, bob = ask(found, "t"), ask(found, "u")
    assert ada and bob and [one.bounds[0].name for one in ada.allowances + bob.allowances] == ["ada", "bob"]


def test_a_token_is_checked_once() -> None:
    signed = Signed(t={"sub": "ada"})
    found = bearers(signed)
    assert ask(found, "t") is ask(found, "t") and signed.checked == 1
    signed.version += 1
    assert ask(found, "t") and signed.checked == 2


def test_a_token_ends_though_it_is_known() -> None:
    signed = Signed(t={"sub": "ada"}, r={"iss": "robots"})
    site = served(mock=MOCK, a=SITE)
    clock = At(999.0)
    found = Bearers(site.tokens, site.groups, set(), signed, clock)
    robot = ask(found, "r")
    assert ask(found, "t") and robot and robot.name == "robots"
    clock.time = 1000.0  # its own leeway is none
    assert refusal(found, "r") == ("expired", expired("the token has expired").info.message)
    assert ask(found, "t")
    clock.time = 1060.0
    assert refusal(found, "t")[0] == "expired"


def test_without_claims_of_groups_and_models() -> None:
    client = ask(bearers(Signed(t={"sub": "ada"})), "t")
    # What a rule binds to the models of a token, it binds to none when the token names none.
    assert client is not None and (client.groups, client.models, client.narrowed) == (
        ("staff",),
        ("smart",),
        (),
    )


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"sub": ""}, "no name"),
        ({"sub": None}, "no name"),
        ({"sub": 7}, "no name"),
        ({"sub": "x" * 129}, "no name"),
        ({"sub": "a\nb"}, "no name"),
        ({"sub": "web"}, "the name of another client"),
        ({"sub": "a", "groups": {"a": 1}}, "groups are no list"),
        ({"sub": "a", "groups": [1]}, "groups are no list"),
        ({"sub": "a", "models": ["m"] * 65}, "models are no list"),
        ({"sub": "a", "iss": "other"}, "nobody is known here by tokens of its issuer"),
        ({"sub": "a", "bad": True}, "signature does not hold"),
    ],
)
def test_what_a_token_may_not_say(claims: dict[str, Any], reason: str) -> None:
    code, message = refusal(bearers(Signed(t=claims)), "t")
    assert code == "invalid_token" and reason in message


def test_a_claim_that_an_expression_cannot_take() -> None:
    site = served(
        mock=MOCK, a="clients: {u: {jwt: {jwks_file: k, audience: a, name: \"=join('-', claims.sub)\"}}}"
    )
    assert "cannot be read: =join" in refusal(bearers(Signed(t={"sub": 5}), site), "t")[1]


def test_several_entries_may_know_the_same_issuer() -> None:
    site = served(
        mock=MOCK,
        a="""
        clients:
          first: {jwt: {jwks_file: k, audience: a, name: =claims.missing}}
          second: {jwt: {jwks_file: k, audience: a}}
    """,
    )
    client = ask(bearers(Signed(t={}), site), "t")
    assert client is not None and client.name == "second"


def test_other_keys_are_no_tokens() -> None:
    signed = Signed()
    assert bearers(signed).find([("pk-abc", "d"), ("eyJ.x", "d"), ("a.b.c", "d")]) is None
    assert signed.checked == 0


def test_of_tokens_a_bounded_number_is_kept() -> None:
    names = [f"t{number}" for number in range(TOKENS_KEPT + 1)]
    signed = Signed(**{name: {"sub": "ada"} for name in names})
    found = bearers(signed)
    for name in names:
        ask(found, name)
    ask(found, names[-1])
    assert signed.checked == len(names)
    ask(found, names[0])
    assert signed.checked == len(names) + 1


def test_a_key_that_is_not_there_yet_is_no_refusal() -> None:
    signed = Signed(t={"sub": "ada"})
    signed.wants = "file:k"
    with pytest.raises(KeysWanted):
        ask(bearers(signed), "t")
