"""How calls of one process reach upstreams: by HTTP or scripted, with the tokens that they need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.adapters.access_tokens import AccessTokens
from engine.adapters.token_shelf import Shelf
from engine.adapters.upstream_granted import GrantedUpstream
from engine.adapters.upstream_http import HttpUpstream
from engine.adapters.upstream_scripted import ScriptedUpstream
from engine.adapters.upstreams import Upstreams
from engine.ports import Clock, Telemetry


class WayOut:
    """`upstream` sends calls; `tokens.run` keeps the tokens of a process that lasts. `shelf`: what it shares
    with others."""

    def __init__(
        self,
        site: Path,
        clock: Clock,
        ids: Callable[[str], str],
        telemetry: Telemetry,
        shelf: Shelf | None = None,
    ) -> None:
        self.http = HttpUpstream(site)
        plain = Upstreams({"http": self.http, "https": self.http, "scripted": ScriptedUpstream()})
        self.tokens = AccessTokens(plain, shelf, clock, ids, telemetry)
        self.upstream = GrantedUpstream(plain, self.tokens, clock)
