"""Whom a channel trusts, and what it shows of itself."""

from __future__ import annotations

import errno
import os
import ssl
from pathlib import Path

import httpx

from engine.events import Channel

HERE = Path()


def tls_context(channel: Channel, site: Path = HERE) -> ssl.SSLContext:
    """Relative paths are relative to `site`. Takes its time, so call it in a thread.

    Raises OSError when a certificate file is no good.
    """
    if channel.ca_file:
        context = ssl.create_default_context(cafile=_there(site, channel.ca_file))
    else:
        context = httpx.create_ssl_context(verify=channel.verify)
    if not channel.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if channel.cert_file:
        key_file = _there(site, channel.key_file) if channel.key_file else None
        context.load_cert_chain(_there(site, channel.cert_file), key_file)
    return context


def _there(site: Path, name: str) -> Path:
    """The library would not say which file it misses."""
    if not (site / name).is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return site / name
