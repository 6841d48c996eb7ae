"""What operators say about who is next in a pool, and who is: selection, rotation on and off, `every`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from engine.credentials.model import Pool, Steering
from engine.credentials.pool import rank
from engine.credentials.registry import STRATEGIES
from engine.credentials.strategy import Draw
from engine.errors import RequestRefused
from engine.gateway.keys import off_duty
from engine.server.vault.standing import pools_of
from engine.server.vault.steering import USUAL
from engine.server.vault.stored import Place
from engine.server.vault.treasury import Treasury

SELECTED, FIXED, NOBODY = "selected", "fixed", "none"
MOST_EVERY = 1_000_000

Json = dict[str, Any]


class Current(NamedTuple):
    """Who is used now, by which rule: selected | fixed | none | the strategy's name.

    `id` is None where chance, load or the caller decide. `uses`: requests since it came to its turn, None
    where none are counted.
    """

    rule: str
    id: str | None
    uses: int | None = None


@dataclass(frozen=True, slots=True)
class Pools:
    """Raises `EngineError` for whatever cannot be done."""

    treasury: Treasury

    def all(self) -> list[Json]:
        pools = pools_of(self.treasury.snapshot)
        return [self.told(pools[name]) for name in sorted(pools)]

    def one(self, name: str) -> Json:
        return self.told(self.treasury.pool(name))

    def told(self, pool: Pool) -> Json:
        """`{pool, strategy, every, rotation, selected, current, size, providers}`."""
        now = self.treasury.outside.vault.pool(pool)
        steering = now.steering or USUAL
        users = self.treasury.snapshot.providers.values()
        return {
            "pool": pool.name,
            "strategy": pool.strategy,
            "every": now.every if pool.strategy == "rotate" else None,
            "rotation": steering.rotation,
            "selected": steering.selected,
            "current": self.current(now)._asdict(),
            "size": len(now.credentials),
            "providers": sorted(each.name for each in users if each.pool and each.pool.name == pool.name),
        }

    def current(self, pool: Pool) -> Current:
        """Of a pool as it is now."""
        outside = self.treasury.outside
        now, turn = outside.clock.now(), outside.counters.peek(pool.counted.turn)
        draw = Draw(lambda: max(turn - 1, 0), lambda: 0.0, pool.every)
        first = next(rank(pool, None, now, off_duty(outside, pool, now), draw).ready, None)
        steering = pool.steering or USUAL
        if first is None:
            return Current(NOBODY, None)
        if first.id == steering.selected:
            return Current(SELECTED, first.id)
        if not steering.rotation:
            return Current(FIXED, first.id)
        strategy = STRATEGIES.get(pool.strategy)
        in_turn = strategy is not None and strategy.turns
        if len(pool.credentials) > 1 and not in_turn:
            return Current(pool.strategy, None)
        used = (turn - 1) % pool.every + 1 if turn and pool.every else turn
        return Current(pool.strategy, first.id, used if pool.strategy == "rotate" else None)

    async def select(self, place: Place, who: str) -> Json:
        """Use this one before all others while it is usable, until `auto`."""
        self.treasury.find(place)
        return await self._change(place[0], {"selected": place[1]}, who, f"selected {place[1]}")

    async def auto(self, pool: str, who: str) -> Json:
        """Nothing is selected any more."""
        return await self._change(pool, {"selected": None}, who, "selection ended")

    async def rotation(self, pool: str, given: Mapping[str, Any], who: str) -> Json:
        """`{on, every}`, one of them or both; `on: null` is the other of what it is now."""
        unknown = [name for name in given if name not in ("on", "every")]
        if unknown or not given:
            said = f"unknown key {unknown[0][:80]!r}" if unknown else "nothing is said"
            raise RequestRefused(f"{said}; there is `on`, true or false, and `every`", code="unknown_key")
        changes: Json = {}
        if "on" in given:
            changes |= self._switched(pool, given["on"])
        if "every" in given:
            changes["every"] = _every(self.treasury.pool(pool), given["every"])
        said = ", ".join(f"{name} {value}" for name, value in changes.items() if name != "held")
        return await self._change(pool, changes, who, said)

    def _switched(self, name: str, on: Any) -> Json:
        pool = self.treasury.outside.vault.pool(self.treasury.pool(name))
        if on is None:
            on = not (pool.steering or USUAL).rotation
        if not isinstance(on, bool):
            raise RequestRefused("`on` is true or false", param="on", code="invalid_value")
        unselected = replace(pool, steering=replace(pool.steering or USUAL, selected=None))
        return {"rotation": on, "held": None if on else self.current(unselected).id}

    async def _change(self, pool: str, changes: Json, who: str, what: str) -> Json:
        found = self.treasury.pool(pool)
        helm = self.treasury.keyring.helm

        def change(before: Steering) -> Steering:
            return replace(before, **changes)

        helm.change(pool, change)
        self.treasury.keyring.look_at_helm()
        await self.treasury.note(f"pool: {what}", pool, who)
        return self.told(found)


def _every(pool: Pool, every: Any) -> int | None:
    if every is None:
        return None
    if isinstance(every, bool) or not isinstance(every, int) or not 0 <= every <= MOST_EVERY:
        message = f"`every` is a number from 0 (stay) to {MOST_EVERY}, or null for what the site says"
        raise RequestRefused(message, param="every", code="invalid_value")
    if pool.strategy != "rotate":
        message = f"the pool {pool.name!r} has no `every`: its strategy is {pool.strategy!r}, not 'rotate'"
        raise RequestRefused(message, param="every", code="invalid_value")
    return every
