from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import pytest
import pytest_asyncio

from engine.errors import RequestRefused
from engine.spec.settings import Settings
from engine.testing.stored import Stored
from engine.testing.world import NOW

FIRST: list[Mapping[str, Any]] = [
    {"conversations.create": {"store": "main", "id": "s-1"}},
    {
        "profiles.change": {
            "space": "main",
            "owner": "ann",
            "data": {"preset": "p", "key": "sk-0123456789abcdef"},
        }
    },
]


@pytest_asyncio.fixture
async def stored() -> AsyncIterator[Stored]:
    async with aclosing(Stored(FIRST, Settings())) as database:
        yield database


async def test_what_a_test_says_is_there(stored: Stored) -> None:
    found = await stored.ask("conversations.get", {"store": "main", "owner": "", "id": "s-1"})
    assert found["created"] == NOW
    assert (await stored.verbs["profiles.open"]({"space": "main", "owner": "ann"}))["preset"] == "p"


@pytest.mark.parametrize(
    ("verb", "args", "code"),
    [
        ("conversations.get", {"store": "main", "owner": "", "id": "nowhere"}, "unknown_conversation"),
        ("conversations.gte", {}, "unknown_verb"),
        ("conversations.get", {}, "bad_arguments"),
    ],
)
async def test_what_cannot_be_done_is_told(
    stored: Stored, verb: str, args: dict[str, str], code: str
) -> None:
    with pytest.raises(RequestRefused) as caught:
        await stored.ask(verb, args)
    assert caught.value.info.code == code


async def test_tests_know_nothing_of_each_other() -> None:
    async with aclosing(Stored((), Settings())) as other:
        assert (await other.ask("conversations.list", {"store": "main", "owner": ""}))["total"] == 0
