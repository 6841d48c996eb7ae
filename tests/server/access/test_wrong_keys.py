"""Whoever tries keys has a few turns a minute, from one address and from all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.adapters.counters import LocalCounters
from engine.errors import RequestRefused
from engine.events import Inbound
from engine.server.access.auth import AdminDoor
from engine.server.access.caller import Callers
from engine.server.access.wrong_keys import FORM, HEADER, KNOWN, WrongKeys

KEY = "the-admin-key"


def asks(key: str | None, remote: str = "203.0.113.1") -> Inbound:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    return Inbound("GET", "/admin/config", {}, headers, b"", "r", remote)


def status(door: AdminDoor, inbound: Inbound) -> int:
    try:
        door.admit(inbound)
    except RequestRefused as refused:
        return refused.info.status
    return 200


@pytest.fixture
def door() -> AdminDoor:
    return AdminDoor(KEY, local=False, wrong=WrongKeys(LocalCounters(), Callers()))


def test_after_a_few_wrong_keys_none_is_looked_at_from_there(door: AdminDoor) -> None:
    assert [status(door, asks("wrong")) for _ in range(HEADER.one + 1)] == [401] * HEADER.one + [429]
    assert status(door, asks(KEY)) == 429
    assert status(door, asks(KEY, "203.0.113.2")) == 200


def test_nor_from_anywhere_after_many_from_everywhere(door: AdminDoor) -> None:
    for number in range(HEADER.all):
        assert status(door, asks("wrong", f"198.51.{number // 200}.{number % 200}")) == 401
    assert status(door, asks(KEY, "203.0.113.2")) == 429


def test_who_had_the_right_key_is_not_kept_out_by_others(door: AdminDoor) -> None:
    assert status(door, asks(KEY)) == 200
    for number in range(HEADER.all):
        status(door, asks("wrong", f"198.51.{number // 200}.{number % 200}"))
    assert status(door, asks(KEY)) == 200


def test_and_not_for_an_hour_after_it_came_last() -> None:
    now = [0.0]
    door = AdminDoor(KEY, local=False, wrong=WrongKeys(LocalCounters(now=lambda: now[0]), Callers()))
    for now[0] in (0.0, KNOWN * 0.9):
        assert status(door, asks(KEY)) == 200
    now[0] = KNOWN * 1.5
    for number in range(HEADER.all):
        status(door, asks("wrong", f"198.51.{number // 200}.{number % 200}"))
    assert status(door, asks(KEY)) == 200


def test_no_key_and_the_right_one_cost_nothing(door: AdminDoor) -> None:
    assert {status(door, asks(None)) for _ in range(HEADER.one * 2)} == {401}
    assert {status(door, asks(KEY)) for _ in range(HEADER.one * 2)} == {200}


def test_when_to_try_again(door: AdminDoor) -> None:
    for _ in range(HEADER.one):
        status(door, asks("wrong"))
    with pytest.raises(RequestRefused) as refused:
        door.admit(asks(KEY))
    assert (refused.value.info.code, refused.value.info.retry_after) == ("too_many_wrong_keys", 60.0)


def test_forms_have_fewer_turns_and_are_counted_for_themselves(door: AdminDoor) -> None:
    assert door.wrong is not None
    form = replace(door.wrong, turns=FORM)
    for _ in range(FORM.one):
        form.count(asks(None))
    assert form.over(asks(None)) and status(door, asks(KEY)) == 200
