"""What is found at run time reaches the vault as a whole, and what is wrong is told once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from engine.adapters.clock import SystemClock
from engine.adapters.counters import LocalCounters
from engine.adapters.safe import Safe
from engine.credentials.model import Credential, Pool
from engine.credentials.vault import Vault
from engine.server.vault.keyring import Keyring
from tests.adapters.test_credential_files import Watched
from tests.server.rows import row
from tests.server.running import Lines


def keyring(site: Path) -> tuple[Keyring, Vault, Lines]:
    vault, heard = Vault(), Lines()
    made = Keyring(site, site, vault, safe(site), SystemClock(), LocalCounters(), heard)
    return made, vault, heard


def safe(site: Path) -> Safe:
    return Safe(["a key for tests only"], site)


def put(site: Path, name: str, data: Any) -> None:
    (site / "creds").mkdir(exist_ok=True)
    (site / "creds" / name).write_text(json.dumps(data))


def ids(vault: Vault) -> dict[str, list[str]]:
    return {name: [one.id for one in found.credentials] for name, found in vault.found.items()}


async def test_they_are_there_before_the_first_request_and_follow_the_files(tmp_path: Path) -> None:
    put(tmp_path, "a.json", {"key": "ka"})
    ring, vault, _ = keyring(tmp_path)
    use = ring.prepare({"q": Pool("q"), **Watched(tmp_path / "creds").pools})
    assert vault.found == {}
    use()
    assert ids(vault) == {"p": ["a"]}
    following = asyncio.create_task(ring.run())
    put(tmp_path, "b.json", {"key": "kb"})
    async with asyncio.timeout(10):
        while ids(vault) != {"p": ["a", "b"]}:
            await asyncio.sleep(0.01)
    following.cancel()


def test_a_broken_file_is_a_state_and_one_line_in_the_log(tmp_path: Path) -> None:
    put(tmp_path, "a.json", {"token": "secret-value"})
    ring, vault, heard = keyring(tmp_path)
    pools = Watched(tmp_path / "creds").pools
    ring.prepare(pools)()
    ring.prepare(pools)()
    assert vault.found == {}
    (state,) = ring.states.values()
    assert (list(ring.states), state["state"]) == (["creds/a.json"], "rejected")
    assert state["diagnostics"][0]["message"] == "it has no text under `key`"
    assert [fields["file"] for _, event, fields in heard.lines if event == "credential file skipped"] == [
        "creds/a.json"
    ]
    assert "secret-value" not in str(ring.states) + str(heard.lines)


def test_what_is_stored_joins_the_files(tmp_path: Path) -> None:
    put(tmp_path, "a.json", {"key": "ka"})
    ring, vault, heard = keyring(tmp_path)
    ring.prepare(Watched(tmp_path / "creds").pools)()
    rows = [row(safe(tmp_path), id="a"), row(safe(tmp_path), id="b"), row(safe(tmp_path), "q", "c")]
    ring.follow(rows)
    assert ids(vault) == {"p": ["a", "b"], "q": ["c"]}
    assert vault.found["p"].credentials[0].key == "ka", "the file wins"
    ring.follow(
        [row(None, id="a", disabled="leaked"), row(Safe(["another key, not ours"], tmp_path), "q", "c")]
    )
    assert ids(vault) == {"p": ["a"]}
    assert vault.found["p"].off == {"a"}
    assert [fields["credential"] for fields in heard.of("stored credential cannot be used")] == ["c"]
    ring.follow([])
    assert ids(vault) == {"p": ["a"]} and vault.found["p"].off == frozenset()


def test_who_is_enabled_has_a_clean_sheet(tmp_path: Path) -> None:
    vault, counters, clock = Vault(), LocalCounters(), SystemClock()
    ring = Keyring(tmp_path, tmp_path, vault, safe(tmp_path), clock, counters, Lines())
    pool, credential = Pool("p"), Credential("a", "sk-a")
    until = clock.now() + 500
    for group, name in (
        (pool.counted.refusals, credential.stamp),
        (pool.counted.rests, "a"),
        (pool.counted.rests, "b"),
    ):
        counters.mark(group, name, until)
    ring.follow([row(None, id="a", enabled=clock.now() - 3600)])
    assert set(counters.marks(pool.counted.rests)) == {"a", "b"}, "enabled long ago"
    ring.follow([row(None, id="a", enabled=clock.now() + 1)])
    assert set(counters.marks(pool.counted.rests)) == {"b"}
    assert not counters.marks(pool.counted.refusals)
