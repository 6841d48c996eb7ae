"""Servers that some tests need: where they are, and what happens when they are not there.

With `PROXYCTL_TEST_SERVICES=required`, as `.ci/run` has it, such tests fail; else they are skipped and say why.
"""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

import pytest


def service(name: str, url: str) -> str:
    """The URL of a service that answers: `PROXYCTL_TEST_<NAME>`, or `url`."""
    url = os.environ.get(f"PROXYCTL_TEST_{name.upper()}", url)
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "127.0.0.1", address.port or 0), timeout=2).close()
    except OSError as exc:
        reason = f"{name} does not answer at {address.hostname}:{address.port}: {exc}"
        if os.environ.get("PROXYCTL_TEST_SERVICES") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return url
