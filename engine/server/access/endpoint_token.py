"""The one token that an endpoint may ask for instead of the key of a client."""

from __future__ import annotations

import hashlib
import hmac

from engine.actions.program import Bearer
from engine.errors import EngineUnavailable, ErrorClass, RequestRefused
from engine.events import Inbound
from engine.mapping.scope import Scope

CHALLENGE = {"www-authenticate": "Bearer"}


def admit_token(bearer: Bearer, inbound: Inbound) -> None:
    """Raises `RequestRefused` 401, and `EngineUnavailable` while the token that is asked for is not set."""
    scope = Scope(headers=inbound.headers, method=inbound.method, path=inbound.names, query=inbound.query)
    if not bearer.asked(scope):
        return
    if not bearer.token:
        raise EngineUnavailable("Server authentication not configured", code="token_not_configured")
    scheme, _, token = inbound.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _refused("Missing authentication token", "missing_token")
    if not hmac.compare_digest(_digest(token.strip()), _digest(bearer.token)):
        raise _refused("Invalid authentication token", "invalid_token")


def _digest(token: str) -> bytes:
    """Of one length, whatever was sent."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _refused(message: str, code: str) -> RequestRefused:
    return RequestRefused(
        message, status=401, code=code, type="authentication_error", error_class=ErrorClass.AUTH
    )
