"""Where a caller is: the other end of its connection, or what a proxy that is trusted says of it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events import Inbound
from engine.networks import Networks, within

FORWARDED = "x-forwarded-for"


@dataclass(frozen=True, slots=True)
class Callers:
    """`trusted`: the networks of proxies that are believed; nobody else is."""

    trusted: Networks = ()

    def address(self, inbound: Inbound) -> str:
        """Each proxy adds who called it on the right: the right-most that is none of ours is the caller.

        What stands to the left of it came from the caller, which may write there what it likes.
        """
        address = inbound.remote
        if not self.trusted or FORWARDED not in inbound.headers or not within(self.trusted, address):
            return address
        for hop in reversed(inbound.headers[FORWARDED].split(",")):
            address = hop.strip()
            if not within(self.trusted, address):
                break
        return address
