"""Requests out of text, as the examples of signing schemes have them."""

from __future__ import annotations

from engine.signing.scheme import Outgoing

NOW = 1440938160.0  # 2015-08-30 12:36:00 UTC


def outgoing(text: str, now: float = NOW) -> Outgoing:
    """`METHOD url`, headers, a blank line, the payload; any line behind the first may be missing."""
    head, _, payload = text.partition("\n\n")
    first, *lines = head.split("\n")
    method, url = first.split(" ")
    headers = {name: value for name, _, value in (line.partition(": ") for line in lines)}
    return Outgoing(method, url, headers, payload.encode(), now)
