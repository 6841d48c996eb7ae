from __future__ import annotations

import hashlib

import pytest

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.server.auth import AdminDoor, ClientKeys, Door, presented_keys
from engine.snapshot.model import Client


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


WEB = Client("web", (digest("web-key"), digest("old-web-key")))
KEYS = ClientKeys.build([WEB, Client("cli", (digest("cli-key"),))])
NOBODY = ClientKeys.build([])
STRICT = Door(open_to_all=False, local=False)
LOCAL = Door(open_to_all=False, local=True)


def asks(query: dict[str, str] | None = None, **headers: str) -> Inbound:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Inbound("POST", "/v1/x", query or {}, named, b"", "r")


@pytest.mark.parametrize(
    "inbound",
    [
        asks(authorization="Bearer web-key"),
        asks(authorization="bearer  web-key "),
        asks(x_api_key="web-key"),
        asks(api_key="old-web-key"),
        asks(x_goog_api_key="web-key"),
        asks({"key": "web-key"}),
        asks(authorization="Bearer the-upstreams", x_api_key="web-key"),
    ],
)
def test_a_key_is_found_wherever_the_protocols_put_it(inbound: Inbound) -> None:
    assert STRICT.admit(KEYS, inbound) is WEB


@pytest.mark.parametrize("inbound", [asks(authorization="Bearer wrong"), asks(x_api_key=digest("web-key"))])
def test_a_wrong_key_is_refused(inbound: Inbound) -> None:
    with pytest.raises(RequestRefused, match="incorrect API key") as caught:
        STRICT.admit(KEYS, inbound)
    info = caught.value.info
    assert (info.status, info.code, info.type) == (401, "invalid_api_key", "invalid_request_error")


@pytest.mark.parametrize(
    "inbound", [asks(), asks(authorization="Basic web-key"), asks(authorization="Bearer ")]
)
def test_a_missing_key_is_refused(inbound: Inbound) -> None:
    with pytest.raises(RequestRefused, match="no API key provided") as caught:
        STRICT.admit(KEYS, inbound)
    assert caught.value.info.code == "invalid_api_key" and caught.value.info.status == 401


def test_without_clients_only_this_machine_may_come_in() -> None:
    assert LOCAL.admit(NOBODY, asks(authorization="Bearer anything")) is None
    with pytest.raises(RequestRefused):
        STRICT.admit(NOBODY, asks())


def test_clients_are_asked_for_on_this_machine_too() -> None:
    with pytest.raises(RequestRefused):
        LOCAL.admit(KEYS, asks())


def test_an_open_door_still_knows_its_clients() -> None:
    door = Door(open_to_all=True, local=False)
    assert door.admit(KEYS, asks(x_api_key="cli-key")) is not None
    assert door.admit(KEYS, asks(x_api_key="sk-dummy")) is None


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        ("https://evil.example", False),
        ("null", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost:3000", True),
        ("http://[::1]:3000", True),
        ("https://good.example", True),
    ],
)
def test_a_foreign_web_page_may_not_use_an_open_local_server(origin: str, admitted: bool) -> None:
    door = Door(open_to_all=False, local=True, origins=("https://good.example",))
    if admitted:
        assert door.admit(NOBODY, asks(origin=origin)) is None
    else:
        with pytest.raises(RequestRefused) as caught:
            door.admit(NOBODY, asks(origin=origin))
        assert (caught.value.info.status, caught.value.info.code) == (403, "origin_not_allowed")


@pytest.mark.parametrize("key", ["admin-key", f"sha256:{digest('admin-key')}"])
def test_the_admin_key(key: str) -> None:
    door = AdminDoor(key, local=True)
    door.admit(asks(authorization="Bearer admin-key"))
    for inbound in (asks(authorization="Bearer web-key"), asks()):
        with pytest.raises(RequestRefused, match="admin key") as caught:
            door.admit(inbound)
        assert caught.value.info.status == 401


def test_without_an_admin_key_only_this_machine_may() -> None:
    AdminDoor(None, local=True).admit(asks(host="localhost:8080"))
    AdminDoor(None, local=True).admit(asks(host="127.0.0.1"))
    for door, inbound in (
        (AdminDoor(None, local=False), asks()),
        (AdminDoor(None, True), asks(host="evil.example")),
    ):
        with pytest.raises(RequestRefused) as caught:
            door.admit(inbound)
        assert (caught.value.info.status, caught.value.info.code) == (403, "admin_off")


def test_keys_are_tried_in_order() -> None:
    assert presented_keys(asks({"key": "d"}, authorization="Bearer a", x_api_key="b", api_key="c")) == list(
        "abcd"
    )
