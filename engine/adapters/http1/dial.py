"""A connection to whichever of a name's addresses answers first (RFC 8305, "happy eyeballs").

Event loops try one address after the other, so that a route that swallows packets, often that of IPv6,
would use up the whole time for connecting. Here each address has a head start before the next is tried too.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from itertools import chain, zip_longest
from typing import Any, TypeVar

from engine.adapters.http1.failures import Forbidden
from engine.networks import forbidden

T = TypeVar("T")

HEAD_START = 0.25


def _keep(made: object) -> None:
    """Nothing has to be done with what is not wanted."""


async def dial(
    name: str,
    port: int,
    connect: Callable[[str], Coroutine[Any, Any, T]],
    discard: Callable[[T], None] = _keep,
    head_start: float = HEAD_START,
    reach: tuple[str, ...] | None = None,
) -> T:
    """What `connect` makes of the first address that answers; cancelled, it must leave nothing open.

    `discard` is given what others made at the same time. With `reach` (`events.Channel`) only addresses are
    tried that may be. Raises OSError when the name does not resolve, `Forbidden`, and what `connect` raises,
    of several addresses as an ExceptionGroup.
    """
    addresses = await _resolve(name, port)
    if reach is not None:
        addresses = _within(addresses, reach)
    if len(addresses) == 1:
        return await connect(addresses[0])
    waiting = addresses[::-1]
    trying: set[asyncio.Task[T]] = set()
    failures: list[BaseException] = []
    try:
        while waiting or trying:
            if waiting:
                trying.add(asyncio.ensure_future(connect(waiting.pop())))
            patience = head_start if waiting else None
            done, _ = await asyncio.wait(trying, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                trying.discard(attempt)
                failure = attempt.exception()
                if failure is None:
                    return attempt.result()
                failures.append(failure)
    finally:
        for attempt in trying:
            if not attempt.cancel() and attempt.exception() is None:
                discard(attempt.result())
    raise BaseExceptionGroup("no address answers", failures)


def _within(addresses: list[str], reach: tuple[str, ...]) -> list[str]:
    """Those that a client's URL may lead to. Connecting to one of them, nothing is resolved again."""
    kinds = {address: forbidden(address, reach) for address in addresses}
    found = [address for address, kind in kinds.items() if kind is None]
    if not found:
        raise Forbidden(next(filter(None, kinds.values()), "no address"))
    return found


async def _resolve(name: str, port: int) -> list[str]:
    """Addresses in the system's order, but the families in turn."""
    kind = socket.SOCK_STREAM
    try:
        found = socket.getaddrinfo(name, port, type=kind, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:  # no address yet, and to ask for it may take a while
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=kind)
    first = [str(info[4][0]) for info in found if info[0] == found[0][0]]
    others = [str(info[4][0]) for info in found if info[0] != found[0][0]]
    turns = chain.from_iterable(zip_longest(first, others))
    return list(dict.fromkeys(address for address in turns if address is not None))
