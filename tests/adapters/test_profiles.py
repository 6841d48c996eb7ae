from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.profiles import Profiles, masked, profile_verbs
from engine.adapters.safe import Safe
from engine.errors import EngineUnavailable, RequestRefused

KEY = "sk-0123456789abcdef"
URL = "https://llm.example/v1"


class Clerk:
    """The database's side: rows by their space and owner."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}

    async def ask(self, verb: str, args: Mapping[str, Any]) -> Any:
        place = args["space"], args["owner"]
        if verb == "profiles.set":
            said = {name: args.get(name) for name in ("owner", "data", "sealed", "key_id")}
            self.rows[place] = {**said, "updated": args["at"]}
        return self.rows.get(place)


@pytest.fixture
def clerk() -> Clerk:
    return Clerk()


@pytest.fixture
def profiles(clerk: Clerk, tmp_path: Path) -> Profiles:
    return Profiles(Safe((), tmp_path), clerk.ask)


async def change(profiles: Profiles, owner: str = "ann", **data: Any) -> dict[str, Any]:
    return await profiles.change({"space": "main", "owner": owner, "at": 5.0, "data": data})


async def opened(profiles: Profiles, owner: str = "ann") -> Any:
    return await profiles.open({"space": "main", "owner": owner})


async def shown(profiles: Profiles, **more: Any) -> dict[str, Any]:
    return await profiles.show({"space": "main", "owner": "ann", **more})


async def test_a_key_is_stored_encrypted_shown_masked_and_opened_for_its_owner(
    profiles: Profiles, clerk: Clerk
) -> None:
    told = await change(profiles, url=URL, model="big", key=KEY, params={"max_tokens": 5})
    assert told == {
        "owner": "ann", "set": True, "preset": None, "url": URL, "model": "big", "params": {"max_tokens": 5},
        "key": "sk-…cdef", "updated": 5.0,
    }  # fmt: skip
    assert KEY not in str(clerk.rows)
    assert await shown(profiles) == told
    assert (await shown(profiles, reveal=True))["key"] == KEY
    assert (await opened(profiles))["key"] == KEY


async def test_what_nobody_set(profiles: Profiles) -> None:
    assert await opened(profiles) is None
    told = await shown(profiles)
    assert (told["set"], told["key"], told["params"]) == (False, None, {})


async def test_a_key_that_comes_back_as_it_was_shown_stays(profiles: Profiles) -> None:
    await change(profiles, url=URL, key=KEY)
    for given in ({}, {"key": "sk-…cdef"}):
        await change(profiles, url=URL, model="other", **given)
        assert (await opened(profiles))["key"] == KEY
    await change(profiles, url=URL, key="")
    assert (await opened(profiles))["key"] is None


async def test_a_key_is_never_sent_to_another_url(profiles: Profiles) -> None:
    await change(profiles, url=URL, key=KEY)
    with pytest.raises(RequestRefused, match="give the key itself"):
        await change(profiles, url="https://evil.example", key="sk-…cdef")
    await change(profiles, url="https://evil.example")
    assert (await opened(profiles))["key"] is None


async def test_urls_are_under_the_address_rules(clerk: Clerk, tmp_path: Path, profiles: Profiles) -> None:
    with pytest.raises(RequestRefused, match="loopback"):
        await change(profiles, url="http://127.0.0.1/v1")
    assert clerk.rows == {}
    allowing = Profiles(Safe((), tmp_path), clerk.ask, ("127.0.0.0/8",))
    assert (await change(allowing, url="http://127.0.0.1/v1"))["url"] == "http://127.0.0.1/v1"


@pytest.mark.parametrize("data", [{"key": "x" * 4001}, {"model": "a\nb"}, {"preset": "x" * 201}])
async def test_what_is_too_long_or_no_text_is_refused(profiles: Profiles, data: dict[str, str]) -> None:
    with pytest.raises(RequestRefused, match="printable text of at most"):
        await change(profiles, **data)


async def test_a_key_belongs_to_its_owner_alone(profiles: Profiles, clerk: Clerk) -> None:
    """A row that is copied to another owner does not open."""
    await change(profiles, url=URL, key=KEY)
    clerk.rows["main", "eve"] = {**clerk.rows["main", "ann"], "owner": "eve"}
    with pytest.raises(EngineUnavailable, match="damaged, or belongs to another"):
        await opened(profiles, "eve")


async def test_a_key_whose_key_is_gone_is_told(clerk: Clerk, tmp_path: Path, profiles: Profiles) -> None:
    await change(profiles, url=URL, key=KEY)
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    with pytest.raises(EngineUnavailable, match="encrypted with another key"):
        await opened(Profiles(Safe((), elsewhere), clerk.ask))


def test_masks_hide_short_keys_whole() -> None:
    assert (masked(KEY), masked("sk-short"), masked(None), masked("")) == ("sk-…cdef", "…", None, None)


def test_the_verbs(clerk: Clerk, tmp_path: Path) -> None:
    assert set(profile_verbs(Safe((), tmp_path), clerk.ask, ())) == {
        "profiles.open",
        "profiles.show",
        "profiles.change",
    }
