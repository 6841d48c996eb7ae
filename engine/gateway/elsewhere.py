"""Addresses that an upstream's answer gives, to go on with: where they may lead, and what goes along.

Inside the origin of the base_url such a call is one like any other. Outside of it the platform has vouched
for the address, not the site: no credential, no header and no certificate of the provider goes there, and it
leads to public addresses only.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call, Channel
from engine.gateway.errand import unsigned_call
from engine.gateway.media import shown
from engine.gateway.prepare import encode_body, signed_call
from engine.mapping.request import Rendered
from engine.mapping.scope import Scope
from engine.networks import bad_url
from engine.snapshot.model import Provider

PORTS = {"http": 80, "https": 443}


def step_call(provider: Provider, rendered: Rendered, scope: Scope, allowed: tuple[str, ...]) -> Call:
    """The call of a step. Raises `MappingFailed`; `UpstreamFailed` for an address that may not be called."""
    url = rendered.url
    if url is None or same_origin(url, provider.base_url):
        return signed_call(provider, rendered, encode_body(rendered.body, provider), scope)
    there, home = urlsplit(url), urlsplit(provider.base_url)
    own_host = there.hostname == home.hostname
    why = bad_url(url, allowed) if not own_host else None
    if why is None and home.scheme == "https" != there.scheme:
        why = "it is not https, as the base_url is"
    if why is not None:
        message = f"the upstream's answer leads to {shown(url)}, which is not called: {why}"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "address_refused"))
    call = unsigned_call(provider, rendered._replace(path=there.geturl()))
    return call._replace(channel=_bare(provider.channel, None if own_host else allowed))


def same_origin(url: str, base_url: str) -> bool:
    try:
        return _origin(urlsplit(url)) == _origin(urlsplit(base_url))
    except ValueError:  # a port that is none
        return False


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def _bare(channel: Channel, reach: tuple[str, ...] | None) -> Channel:
    """Without what says who we are; where a proxy stands between, it decides what can be reached."""
    kept = reach if channel.proxy is None else None
    return Channel(verify=channel.verify, ca_file=channel.ca_file, proxy=channel.proxy, reach=kept)
