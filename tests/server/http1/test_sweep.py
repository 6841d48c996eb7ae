from __future__ import annotations

import asyncio

from engine.server.http1.sweep import Patience, Sweeper


class Watched:
    def __init__(self, among: set[Watched]) -> None:
        self.among, self.seen = among, []
        self.twice = asyncio.Event()

    def check(self, now: float) -> None:
        self.seen.append(now)
        if len(self.seen) == 2:
            self.among.discard(self)
            self.twice.set()


async def test_it_looks_at_all_until_there_are_none_and_begins_again() -> None:
    sweeper, connections = Sweeper(Patience(sweep=0.001)), set()
    for _ in range(2):
        watched = [Watched(connections) for _ in range(3)]
        for each in watched:
            connections.add(each)
            sweeper.watch(connections)
        await asyncio.wait_for(asyncio.gather(*(each.twice.wait() for each in watched)), 5)
        assert all(each.seen == watched[0].seen for each in watched)
        assert sweeper.now == watched[0].seen[-1]
        while sweeper._timer is not None:
            await asyncio.sleep(0)
