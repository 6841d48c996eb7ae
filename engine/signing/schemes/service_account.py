"""google_service_account: a token that the account signs itself, as bearer.

None is fetched: the platform takes one that the own key of the account signed. So it costs no call, and all
workers make the same one. It is made anew long before its end. With `token_url` it is exchanged there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from engine.events import Grant
from engine.registry import Example
from engine.signing.assertion import assertion
from engine.signing.grant import grant
from engine.signing.scheme import Outgoing, Scheme

LASTS = 3600
RENEWED = 1800
EXCHANGED = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def _sign(sent: Outgoing, inputs: Mapping[str, Any]) -> dict[str, str]:
    begin = int(sent.now) // RENEWED * RENEWED
    names = (inputs["client_email"], inputs["private_key"], inputs.get("private_key_id"), inputs["scope"])
    return {"authorization": f"Bearer {_token(*names, begin)}"}


@lru_cache(maxsize=64)
def _token(email: str, private_key: str, key_id: str | None, scope: str, begin: int) -> str:
    claims = {"iss": email, "sub": email, "scope": scope, "iat": begin, "exp": begin + LASTS}
    return assertion(private_key, claims, {"kid": key_id} if key_id else None)


def _grant(inputs: Mapping[str, Any]) -> Grant | None:
    if not inputs.get("token_url"):
        return None

    def asking(now: float, _: Callable[[str], str]) -> tuple[dict[str, str], dict[str, Any]]:
        email, key_id = inputs["client_email"], inputs.get("private_key_id")
        claims = {
            "iss": email,
            "sub": inputs.get("subject") or email,
            "scope": inputs["scope"],
            "aud": inputs["token_url"],
            "iat": int(now),
            "exp": int(now) + LASTS,
        }
        signed = assertion(inputs["private_key"], claims, {"kid": key_id} if key_id else None)
        return {}, {"grant_type": EXCHANGED, "assertion": signed}

    return grant("google_service_account", inputs, asking, ("private_key",))


SPEC = Scheme(
    name="google_service_account",
    summary="A token that a service account signs itself, as bearer; made anew half an hour before its end.",
    inputs={
        "scope": "What the token is good for.",
        "client_email": "The account; else the credential's, whose `file:` is the account's JSON file.",
        "private_key": "Its RSA key in PEM; else the credential's.",
        "private_key_id": "The id of the key; else the credential's.",
        "token_url": "Where the signed token is exchanged for another one; left out, it is used itself.",
        "subject": "The user for whom the account asks there, if it may.",
    },
    required=frozenset({"scope"}),
    held=("client_email", "private_key", "private_key_id"),
    secrets=("client_email", "private_key"),
    sign=_sign,
    grant=_grant,
    examples=(Example("POST https://a.test/\n\n{}", {}, {"scope": "https://a.test/all"}),),
)
