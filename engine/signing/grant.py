"""Tokens that an endpoint gives: what is asked of it, as RFC 6749 has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from engine.events import Grant
from engine.signing.scheme import SigningFailed

FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
URLS = ("https://", "http://")

# The time and a source of ids; further headers, and the fields of a form.
Asking = Callable[[float, Callable[[str], str]], tuple[dict[str, str], Mapping[str, Any]]]


def grant(scheme: str, inputs: Mapping[str, Any], asking: Asking, secret: tuple[str, ...]) -> Grant:
    """The token that these inputs, and no others, give; `secret` names those that no message may hold.

    Raises `SigningFailed` for a `token_url` that is none.
    """
    url = inputs["token_url"]
    if not isinstance(url, str) or not url.startswith(URLS):
        raise SigningFailed(f"`token_url` of the scheme {scheme!r} is no URL")
    text = json.dumps([scheme, inputs], sort_keys=True, default=str)

    def ask(now: float, ids: Callable[[str], str]) -> tuple[dict[str, str], bytes]:
        headers, fields = asking(now, ids)
        form = {name: value for name, value in fields.items() if value is not None}
        return {**FORM, **headers}, urlencode(form).encode()

    hidden = tuple(str(inputs[name]) for name in secret if inputs.get(name))
    return Grant(sha256(text.encode()).hexdigest()[:32], url, ask, hidden)
