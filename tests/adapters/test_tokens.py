from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.adapters.tokens import SignedTokens
from engine.errors import EngineUnavailable, RequestRefused
from engine.ports import KeysWanted, TokenCheck
from engine.snapshot.clients import ASYMMETRIC
from tests.adapters.signing import (
    NOW,
    SECRET,
    ec_key,
    key_set,
    public,
    public_ec,
    public_pem,
    secret,
    token,
)
from tests.adapters.test_key_sets import Time
from tests.server.running import Lines

CHECK = TokenCheck("file:keys.json", "https://issuer.test", ("proxyctl",), ASYMMETRIC, 60.0)


class At(Time):
    def now(self) -> float:
        return NOW


@pytest.fixture
async def tokens(tmp_path: Path) -> SignedTokens:
    made = SignedTokens(tmp_path, At(), Lines())
    (tmp_path / "keys.json").write_text(key_set(public("one"), public_ec("curve"), secret("shared")))
    await made.refresh("file:keys.json")
    return made


def refusal(tokens: SignedTokens, text: str, check: TokenCheck = CHECK) -> tuple[str | None, str]:
    with pytest.raises(RequestRefused) as caught:
        tokens.claims(text, check)
    info = caught.value.info
    assert info.status == 401 and text not in info.message
    return info.code, info.message.removeprefix("the token is refused: ")


def test_a_token_that_holds(tokens: SignedTokens) -> None:
    assert tokens.claims(token(groups=["a"]), CHECK)["groups"] == ["a"]
    assert tokens.issuer(token()) == "https://issuer.test"
    assert tokens.claims(token("curve", key=ec_key("curve"), algorithm="ES256"), CHECK)["sub"] == "ada"
    for algorithm in ("RS512", "PS256"):
        assert tokens.claims(token(algorithm=algorithm), CHECK)["sub"] == "ada"
    # Clocks may differ by the leeway, in both directions.
    assert tokens.claims(token(exp=NOW - 59, nbf=NOW + 59), CHECK)
    assert tokens.claims(token(kid=None), CHECK)
    assert tokens.claims(token(aud=["other", "proxyctl"]), CHECK)
    assert tokens.claims(token(aud="whoever", iss=None), CHECK._replace(audience=None, issuer=None))


@pytest.mark.parametrize(
    ("claims", "code", "reason"),
    [
        ({"exp": NOW - 60}, "expired", "the token has expired"),
        (
            {"exp": None},
            "invalid_token",
            "it does not say what it must: exp, and iss and aud where they count",
        ),
        ({"exp": "soon"}, "invalid_token", "its times are no numbers"),
        ({"exp": True}, "invalid_token", "its times are no numbers"),
        ({"nbf": NOW + 61}, "invalid_token", "it does not hold yet"),
        ({"iss": "https://evil.test"}, "invalid_token", "its issuer is another"),
        (
            {"iss": None},
            "invalid_token",
            "it does not say what it must: exp, and iss and aud where they count",
        ),
        ({"aud": "other"}, "invalid_token", "it is for another audience"),
        (
            {"aud": None},
            "invalid_token",
            "it does not say what it must: exp, and iss and aud where they count",
        ),
    ],
)
def test_what_it_says_must_hold(tokens: SignedTokens, claims: dict[str, Any], code: str, reason: str) -> None:
    assert refusal(tokens, token(**claims)) == (code, reason)


def test_the_signature_must_hold(tokens: SignedTokens) -> None:
    head, _, signature = token().split(".")
    forged = part(EVE)
    bad = ("invalid_token", "its signature does not hold")
    assert refusal(tokens, f"{head}.{forged}.{signature}") == bad
    assert refusal(tokens, token("two", kid="one")) == bad


def part(data: Any) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


EVE = {"sub": "eve", "iss": "https://issuer.test", "aud": "proxyctl", "exp": NOW + 9}


def unsigned() -> str:
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(EVE)}."


def confused() -> str:
    """Signed with the public key as if that were a shared secret, the oldest trick there is."""
    signing = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(EVE)}"
    return f"{signing}.{part(hmac.digest(public_pem('one'), signing.encode(), 'sha256'))}"


def test_the_kind_of_signature_is_the_sites_to_choose(tokens: SignedTokens) -> None:
    kind = ("invalid_token", "its signature is of a kind that is not accepted")
    shared = token("shared", key=SECRET, algorithm="HS256")
    for text in (unsigned(), confused(), shared):
        assert refusal(tokens, text) == kind
    assert refusal(tokens, unsigned(), CHECK._replace(algorithms=("HS256", "RS256"))) == kind
    both = CHECK._replace(algorithms=("RS256", "HS256"))
    assert tokens.claims(shared, both)["sub"] == "ada"
    # A public key is no secret, even where secrets are accepted.
    assert refusal(tokens, confused(), both)[1] == "no key of this kind is known"
    assert refusal(tokens, token(), CHECK._replace(algorithms=("ES256",))) == kind


@pytest.mark.parametrize(
    "text",
    [
        "eyJ.x.y",
        "eyJhbGciOiJSUzI1NiJ9.e30",
        "eyJhbGciOiJSUzI1NiJ9.!!.x",
        "a.b.c",
        "eyJ" + "W" * 4000 + ".e30.x",
    ],
)
def test_what_is_no_token(tokens: SignedTokens, text: str) -> None:
    with pytest.raises(RequestRefused, match="cannot be read"):
        tokens.issuer(text)


def test_a_header_that_nests_without_end(tokens: SignedTokens) -> None:
    deep = part(b'{"alg":' + b"[" * 9000)
    with pytest.raises(RequestRefused, match="cannot be read"):
        tokens.issuer(f"{deep}.e30.x")
    with pytest.raises(RequestRefused, match="longer than 16384"):
        tokens.issuer("e" * 16385)


async def test_a_key_that_is_not_known_is_looked_for_once_in_a_while(tmp_path: Path) -> None:
    clock, served = At(), [public("one")]

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=key_set(*served))

    tokens = SignedTokens(tmp_path, clock, Lines(), httpx.MockTransport(answer))
    check = CHECK._replace(source="https://issuer.test/keys")
    with pytest.raises(KeysWanted) as wanted:
        tokens.claims(token(), check)
    await tokens.refresh(wanted.value.source)
    assert tokens.claims(token(), check)
    new = token("two")
    assert refusal(tokens, new, check) == ("invalid_token", "it is signed by a key that is not known")
    served.append(public("two"))
    clock.seconds += 10
    with pytest.raises(KeysWanted):
        tokens.claims(new, check)
    await tokens.refresh(check.source)
    assert tokens.claims(new, check) and tokens.version == 2


async def test_while_no_keys_are_to_be_had(tmp_path: Path) -> None:
    tokens = SignedTokens(tmp_path, At(), Lines())
    await tokens.refresh(CHECK.source)
    with pytest.raises(EngineUnavailable) as caught:
        tokens.claims(token(), CHECK)
    assert (caught.value.info.code, caught.value.info.retry_after) == ("token_keys_unavailable", 5.0)


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "keys.json"


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "RSA", "kid": "one"},
        {"kid": "one"},
        public("one", alg="RS512"),
        {"kty": "oct", "kid": "one", "k": "c2hvcnQ"},
    ],
)
async def test_keys_that_do_not_fit_let_nobody_in(odd: Path, key: dict[str, Any]) -> None:
    odd.write_text(key_set(key))
    tokens = SignedTokens(odd.parent, At(), Lines())
    await tokens.refresh(CHECK.source)
    assert refusal(tokens, token())[1] == "no key of this kind is known"
    short = token("one", key="short-secret-short-secret-short-1", algorithm="HS256")
    check = CHECK._replace(algorithms=("HS256",))
    assert refusal(tokens, short, check)[1] in ("no key of this kind is known", "its key is too short")
