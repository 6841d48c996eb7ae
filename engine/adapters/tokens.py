"""Signed tokens (JWT), checked with PyJWT. Imported by those sites alone that know callers by tokens.

With what it needs it takes 8 MB.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jwt

from engine.adapters.key_sets import KeySets
from engine.errors import EngineUnavailable, RequestRefused
from engine.gateway.key_refusals import bad_token, expired
from engine.ports import Clock, KeysWanted, Telemetry, TokenCheck

if TYPE_CHECKING:
    from jwt.types import Options  # which earlier versions do not have

# Of keys that a token does not choose among by an id.
MOST_TRIED = 8
LONGEST_TOKEN = 16 * 1024

# Times are checked here, by the clock of the engine.
OPTIONS: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "require": ["exp"],
    "enforce_minimum_key_length": True,
}

ANY_AUDIENCE: Options = {**OPTIONS, "verify_aud": False}

# What the library finds, in words of ours: its own may repeat a key.
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.InvalidIssuerError, "its issuer is another"),
    (jwt.InvalidAudienceError, "it is for another audience"),
    (jwt.MissingRequiredClaimError, "it does not say what it must: exp, and iss and aud where they count"),
    (jwt.InvalidSignatureError, "its signature does not hold"),
    (jwt.InvalidKeyError, "its key is too short"),
    (jwt.InvalidAlgorithmError, "its signature is of a kind that is not accepted"),
)


class SignedTokens:
    """Implements `ports.Tokens`; `retain` and `run` as of `KeySets`."""

    def __init__(
        self,
        site: Path,
        clock: Clock,
        telemetry: Telemetry,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._sets = KeySets(site, clock, telemetry, transport)
        self._clock = clock
        self.retain = self._sets.retain
        self.run = self._sets.run
        self.refresh = self._sets.refresh

    @property
    def version(self) -> int:
        return self._sets.version

    def issuer(self, token: str) -> str | None:
        if len(token) > LONGEST_TOKEN:
            raise bad_token(f"it is longer than {LONGEST_TOKEN} characters")
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise bad_token("it cannot be read") from None
        issuer = claims.get("iss")
        return issuer if isinstance(issuer, str) else None

    def claims(self, token: str, check: TokenCheck) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise bad_token("it cannot be read") from None
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in check.algorithms:
            raise bad_token("its signature is of a kind that is not accepted")
        found = self._claims(token, check, [*self._keys(check.source, key_id, algorithm)])
        self._check_times(found, check.leeway)
        return found

    def _keys(self, source: str, key_id: object, algorithm: str) -> Iterator[jwt.PyJWK]:
        known = self._sets.keys(source)
        if known is None:
            self._want(source)
            message = "the keys by which tokens are checked are not to be had now"
            raise EngineUnavailable(message, code="token_keys_unavailable", retry_after=5.0)
        fit = [key for key in known if key_id is None or key.get("kid") == key_id]
        if not fit:
            self._want(source)
            raise bad_token("it is signed by a key that is not known")
        for key in fit[:MOST_TRIED]:
            built = _built(key, algorithm)
            if built is not None:
                yield built

    def _want(self, source: str) -> None:
        if self._sets.may_refresh(source):
            raise KeysWanted(source)

    def _claims(self, token: str, check: TokenCheck, keys: list[jwt.PyJWK]) -> dict[str, Any]:
        failure: RequestRefused | None = None
        for key in keys:
            try:
                return jwt.decode(
                    token,
                    key,
                    algorithms=list(check.algorithms),
                    issuer=check.issuer,
                    audience=check.audience,
                    options=OPTIONS if check.audience is not None else ANY_AUDIENCE,
                )
            except (jwt.PyJWTError, ValueError, RecursionError) as failed:
                failure = bad_token(_reason(failed))
        raise failure or bad_token("no key of this kind is known")

    def _check_times(self, claims: Mapping[str, Any], leeway: float) -> None:
        now, ends, begins = self._clock.now(), claims["exp"], claims.get("nbf", 0)
        if not _is_time(ends) or not _is_time(begins):
            raise bad_token("its times are no numbers")
        if ends + leeway <= now:
            raise expired("the token has expired")
        if begins - leeway > now:
            raise bad_token("it does not hold yet")


def _built(key: Mapping[str, Any], algorithm: str) -> jwt.PyJWK | None:
    """The key for signatures of this kind; None when it is for others."""
    if key.get("alg", algorithm) != algorithm:
        return None
    try:
        return jwt.PyJWK(dict(key), algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _reason(failed: Exception) -> str:
    return next((words for kind, words in REASONS if isinstance(failed, kind)), "it cannot be read")
