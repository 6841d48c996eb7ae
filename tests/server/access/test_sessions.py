from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.safe import Safe
from engine.errors import EngineUnavailable, RequestRefused
from engine.events import Inbound
from engine.server.access.auth import AdminDoor
from engine.server.access.sessions import COOKIE, LASTS, Sessions, cookie, is_own_page


class Time:
    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at


def asks(value: str = "", method: str = "GET", **headers: str) -> Inbound:
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    return Inbound(method, "/admin", {}, {"cookie": f"a=b; {COOKIE}={value}; c=d", **sent}, b"", "req")


def sessions(
    tmp_path: Path, clock: Any, key: str = "k" * 20, secret: str = "a key for tests only"
) -> Sessions:
    ids = iter("abc")
    return Sessions(Safe([secret], tmp_path), clock, key, tmp_path / "ended", lambda: next(ids))


def test_a_session_holds_for_its_time_on_every_worker(tmp_path: Path) -> None:
    clock = Time()
    value = sessions(tmp_path, clock).begin()
    other = sessions(tmp_path, clock)
    assert other.admit(asks(value))
    clock.at += LASTS - 1
    assert other.admit(asks(value))
    clock.at += 1
    assert not other.admit(asks(value))


def test_what_is_not_of_this_server_is_no_session(tmp_path: Path) -> None:
    clock = Time()
    mine = sessions(tmp_path, clock)
    value = mine.begin()
    head, _, tail = value.partition(".")
    for wrong in ("", "x", ".", f"{head}.", f"zz.{tail}", f"{head}.{tail[:-8]}AAAAAAA=", value.upper()):
        assert not mine.admit(asks(wrong))
    assert not sessions(tmp_path, clock, key="another admin key").admit(asks(value))
    assert not sessions(tmp_path, clock, secret="another secret key").admit(asks(value))


def test_a_session_that_was_logged_out_is_over_for_all(tmp_path: Path) -> None:
    clock = Time()
    mine = sessions(tmp_path, clock)
    first, second = mine.begin(), mine.begin()
    mine.end(asks(first))
    mine.end(asks("nonsense"))
    other = sessions(tmp_path, clock)
    assert not other.admit(asks(first)) and other.admit(asks(second))
    for path in (tmp_path / "ended").iterdir():
        os.utime(path, (1, 1))
    clock.at += LASTS
    other.begin()
    assert list((tmp_path / "ended").iterdir()) == []


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "same-site", "origin": "http://h:1", "host": "h:1"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"origin": "https://h:1", "host": "H:1"}, True),
        ({"origin": "http://h:2", "host": "h:1"}, False),
        ({"origin": "null", "host": "h"}, False),
        ({"origin": "http://[", "host": "h"}, False),
        ({"host": "h"}, False),
    ],
)
def test_changes_come_from_own_pages_alone(tmp_path: Path, headers: dict[str, str], own: bool) -> None:
    mine = sessions(tmp_path, Time())
    value = mine.begin()
    assert is_own_page(asks(value, "POST", **headers)) is own
    assert mine.admit(asks(value, "GET", **headers))
    door = AdminDoor("k" * 20, local=False, sessions=mine)
    if own:
        door.admit(asks(value, "POST", **headers))
        return
    with pytest.raises(RequestRefused) as refused:
        door.admit(asks(value, "DELETE", **headers))
    assert refused.value.info.code == "origin_not_allowed"


def test_without_a_key_to_seal_with_there_is_no_session(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    none = Sessions(Safe([], blocked), Time(), "k", tmp_path, lambda: "a")  # type: ignore[arg-type]
    with pytest.raises(EngineUnavailable):
        none.begin()


def test_a_cookie_that_is_not_there_is_empty() -> None:
    assert cookie(asks("x"), "a") == "b" and cookie(asks("x"), "nope") == ""
