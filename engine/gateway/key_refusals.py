"""How a caller is told that its key does not let it in. No message repeats a key."""

from __future__ import annotations

from engine.errors import ErrorClass, RequestRefused


def bad_key(message: str) -> RequestRefused:
    return _refusal(message, "invalid_api_key")


def expired(message: str) -> RequestRefused:
    return _refusal(message, "expired")


def bad_token(reason: str) -> RequestRefused:
    return _refusal(f"the token is refused: {reason}", "invalid_token")


def _refusal(message: str, code: str) -> RequestRefused:
    return RequestRefused(
        message, status=401, code=code, type="invalid_request_error", error_class=ErrorClass.AUTH
    )
