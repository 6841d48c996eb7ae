"""sigv4: Signature Version 4, of the method, path, query, host, some headers and the payload."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from engine.registry import Example
from engine.signing.scheme import Outgoing, Scheme

ALGORITHM = "AWS4-HMAC-SHA256"
# Beside those whose name begins with `x-amz-`. Others may be changed, or added, on the way.
SIGNED = ("host", "content-type")
UNRESERVED = "-_.~"
USUAL_PORTS = {"https": 443, "http": 80}


def _sign(sent: Outgoing, inputs: Mapping[str, Any]) -> dict[str, str]:
    key, secret = inputs["key"], inputs["secret"]
    stamp = datetime.fromtimestamp(int(sent.now), UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {"x-amz-date": stamp}
    if token := inputs.get("session_token"):
        added["x-amz-security-token"] = str(token)
    scope = f"{stamp[:8]}/{inputs['region']}/{inputs['service']}/aws4_request"
    signed, canonical = canonical_request(sent, added)
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = _hash(_signing_key(str(secret), scope), text).hex()
    credential = f"Credential={key}/{scope}"
    added["authorization"] = f"{ALGORITHM} {credential}, SignedHeaders={signed}, Signature={signature}"
    return added


def canonical_request(sent: Outgoing, added: Mapping[str, str]) -> tuple[str, str]:
    """The names of the headers that are signed, and the text that stands for the whole request."""
    parts = urlsplit(sent.url)
    headers = {"host": host_of(parts), **sent.headers, **added}
    chosen = {
        name: " ".join(value.split())
        for name, value in sorted(headers.items())
        if name in SIGNED or name.startswith("x-amz-")
    }
    names = ";".join(chosen)
    lines = [
        sent.method,
        canonical_path(parts.path),
        canonical_query(parts.query),
        *(f"{name}:{value}" for name, value in chosen.items()),
        "",
        names,
        hashlib.sha256(sent.payload).hexdigest(),
    ]
    return names, "\n".join(lines)


def host_of(parts: SplitResult) -> str:
    """What the header says: a port only where it is not the usual one."""
    host = parts.netloc.rpartition("@")[2].lower()
    return host.removesuffix(f":{USUAL_PORTS.get(parts.scheme)}")


def canonical_path(path: str) -> str:
    """The path as it is sent, without empty and dotted segments, and encoded once more: `%3A` is `%253A`."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    slash = "/" if kept and path.endswith("/") else ""
    return quote(f"/{'/'.join(kept)}{slash}", safe="/" + UNRESERVED)


def canonical_query(query: str) -> str:
    pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
    encoded = sorted((quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _signing_key(secret: str, scope: str) -> bytes:
    """The secret, bound to the day, the region and the service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hash(key, part)
    return key


def _hash(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


# Of the test suite that was published with the scheme.
KEYS = {
    "now": 1440938160,
    "region": "us-east-1",
    "key": "AKIDEXAMPLE",
    "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
}

SPEC = Scheme(
    name="sigv4",
    summary="Signature Version 4: the request line, host, content type and payload, under a key of the day.",
    inputs={
        "service": "The service, by its name in signatures.",
        "region": "The region; else the credential's.",
        "key": "The access key's id; else the credential's `key`.",
        "secret": "The secret access key; else the credential's.",
        "session_token": "The token of temporary keys; else the credential's.",
    },
    required=frozenset({"service", "region"}),
    held=("region", "key", "secret", "session_token"),
    secrets=("key", "secret"),
    sign=_sign,
    examples=(
        Example(
            "GET https://example.amazonaws.com/",
            {
                "authorization": "AWS4-HMAC-SHA256 "
                "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                "SignedHeaders=host;x-amz-date, "
                "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
                "x-amz-date": "20150830T123600Z",
            },
            {**KEYS, "service": "service"},
        ),
        Example(
            "POST https://example.amazonaws.com/\n"
            "content-type: application/x-www-form-urlencoded\n\nParam1=value1",
            {
                "authorization": "AWS4-HMAC-SHA256 "
                "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                "SignedHeaders=content-type;host;x-amz-date, "
                "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
                "x-amz-date": "20150830T123600Z",
            },
            {**KEYS, "service": "service"},
        ),
    ),
)
