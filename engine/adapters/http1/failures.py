"""What can go wrong with a call over HTTP/1.1; `upstream_errors` says what each means to the engine."""

from __future__ import annotations


class CannotConnect(Exception):
    """No connection, or no TLS over it; its cause says why."""


class ConnectionLost(Exception):
    """The connection ended before the answer did."""


class Stale(ConnectionLost):
    """A kept connection turned out to be closed: the call was not answered, and may be made again."""


class Malformed(Exception):
    """What the upstream sent is no valid answer."""


class NoAnswer(Exception):
    """The status did not come in time."""


class Unsendable(Exception):
    """The call cannot be written as a request. Says nothing of the value, which may be the credential."""


class Forbidden(Exception):
    """The name leads to addresses only that may not be called; it says to what kind."""
