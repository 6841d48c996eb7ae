from __future__ import annotations

import pytest

from engine.adapters.upstream_scripted import ScriptedUpstream
from engine.adapters.upstreams import Upstreams
from engine.errors import UpstreamFailed
from engine.events import Call


class Closing(ScriptedUpstream):
    closed = 0

    async def aclose(self) -> None:
        self.closed += 1


async def test_a_call_goes_by_its_scheme() -> None:
    upstreams = Upstreams({"scripted": ScriptedUpstream()})
    reply = await upstreams.send(Call("POST", "Scripted:/x", {}, b'{"status": 204}'))
    assert reply.status == 204


async def test_an_unknown_scheme_says_which_there_are_and_not_the_url() -> None:
    with pytest.raises(UpstreamFailed) as caught:
        await Upstreams({"scripted": ScriptedUpstream()}).send(Call("GET", "ftp://h/?key=hush", {}))
    assert caught.value.info.message == "cannot call a URL of scheme 'ftp'; known are scripted:"


async def test_closing_closes_each_once() -> None:
    one = Closing()
    await Upstreams({"http": one, "https": one}).aclose()
    assert one.closed == 1
