"""Every credential once, with its state and why; of its key no more than tells keys apart."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.safe import Safe
from engine.server.vault.standing import Standings, masked, pools_of
from tests.server.rows import row
from tests.server.vaulted import Vaulted


def listed(vaulted: Vaulted) -> dict[tuple[str, str], dict[str, Any]]:
    standings = Standings(
        vaulted.keyring, vaulted.counters, {("written", "declared"): 3.0}, vaulted.clock.now()
    )
    found = standings.all(pools_of(vaulted.snapshot))
    assert "written-key-1" not in str(found) and "sk-" not in str(found)
    return {(each["pool"], each["id"]): each for each in found}


@pytest.mark.parametrize(
    ("key", "shown"), [(None, None), ("short", "…"), ("sk-long-enough-to-show-abcd", "…abcd")]
)
def test_masked(key: str | None, shown: str | None) -> None:
    assert masked(key) == shown


def test_sources_and_states(vaulted: Vaulted) -> None:
    now, safe = vaulted.clock.now(), vaulted.safe
    other = Safe(["a key that is not ours"], Path("."))
    vaulted.keyring.follow(
        [
            row(safe, "acquired", "fine", fields={"refresh_token": "r"}, provider="p", problem="late"),
            row(safe, "acquired", "over", expires=now),
            row(safe, "acquired", "off", disabled="leaked"),
            row(other, "acquired", "foreign"),
            row(safe, "removed", "left"),
        ]
    )
    found = listed(vaulted)
    assert {place[1]: (each["source"], each["state"]) for place, each in found.items()} == {
        "declared": ("site", "ready"),
        "u": ("site", "ready"),
        "fine": ("stored", "ready"),
        "over": ("stored", "expired"),
        "off": ("stored", "disabled"),
        "foreign": ("stored", "unreadable"),
        "left": ("stored", "unused"),
    }
    fine = found["acquired", "fine"]
    assert (fine["names"], fine["provider"], fine["problem"]) == (["refresh_token"], "p", "late")
    assert found["acquired", "off"]["why"] == "leaked"
    assert "another key" in found["acquired", "foreign"]["why"]
    assert found["written", "declared"]["uses"] == 3


def test_rests_and_refusals(vaulted: Vaulted) -> None:
    pool, now = vaulted.snapshot.pools["written"], vaulted.clock.now()
    stamp = vaulted.treasury.find(("written", "declared")).stamp
    states = []
    for group, name, until in (
        (pool.counted.rests, "declared", now - 1),
        (pool.counted.rests, "declared", now + 5),
        (pool.counted.refusals, stamp, now + 9),
        (pool.counted.refusals, stamp, math.inf),
    ):
        vaulted.counters.mark(group, name, until)
        each = listed(vaulted)["written", "declared"]
        states.append((each["state"], each["until"], each["why"]))
    assert states == [
        ("ready", None, None),
        ("cooling", now + 5, "the platform asked for a rest"),
        ("cooling", now + 9, "the platform refused it"),
        ("disabled", None, "the platform refused it"),
    ]
