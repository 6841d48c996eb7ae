from __future__ import annotations

import hashlib

import pytest

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.networks import networks_of
from engine.server.access.auth import AdminDoor, ClientKeys, Door, presented_keys
from engine.server.access.caller import Callers
from engine.snapshot.clients import client_of
from engine.snapshot.model import Client, Terms


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
    assert STRICT.admit(KEYS, inbound, "openai-chat") is WEB


@pytest.mark.parametrize("inbound", [asks(authorization="Bearer wrong"), asks(x_api_key=digest("web-key"))])
def test_a_wrong_key_is_refused(inbound: Inbound) -> None:
    with pytest.raises(RequestRefused, match="incorrect API key") as caught:
        STRICT.admit(KEYS, inbound, "openai-chat")
    info = caught.value.info
    assert (info.status, info.code, info.type) == (401, "invalid_api_key", "invalid_request_error")


@pytest.mark.parametrize(
    "inbound", [asks(), asks(authorization="Basic web-key"), asks(authorization="Bearer ")]
)
def test_a_missing_key_is_refused(inbound: Inbound) -> None:
    with pytest.raises(RequestRefused, match="no API key provided") as caught:
        STRICT.admit(KEYS, inbound, "openai-chat")
    assert caught.value.info.code == "invalid_api_key" and caught.value.info.status == 401


def test_without_clients_only_this_machine_may_come_in() -> None:
    assert LOCAL.admit(NOBODY, asks(authorization="Bearer anything"), "openai-chat") is None
    with pytest.raises(RequestRefused):
        STRICT.admit(NOBODY, asks(), "openai-chat")


def test_clients_are_asked_for_on_this_machine_too() -> None:
    with pytest.raises(RequestRefused):
        LOCAL.admit(KEYS, asks(), "openai-chat")


def test_an_open_door_still_knows_its_clients() -> None:
    door = Door(open_to_all=True, local=False)
    assert door.admit(KEYS, asks(x_api_key="cli-key"), "openai-chat") is not None
    assert door.admit(KEYS, asks(x_api_key="sk-dummy"), "openai-chat") is None


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
        assert door.admit(NOBODY, asks(origin=origin), "openai-chat") is None
    else:
        with pytest.raises(RequestRefused) as caught:
            door.admit(NOBODY, asks(origin=origin), "openai-chat")
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
    AdminDoor(None, local=True).admit(asks(host="127.0.0.1", origin="http://localhost:3000"))
    for door, inbound in (
        (AdminDoor(None, local=False), asks()),
        (AdminDoor(None, True), asks(host="evil.example")),
        (AdminDoor(None, True), asks(host="localhost", origin="https://evil.example")),
        (AdminDoor(None, True), asks(host="localhost", x_forwarded_for="203.0.113.9")),
    ):
        with pytest.raises(RequestRefused) as caught:
            door.admit(inbound)
        assert (caught.value.info.status, caught.value.info.code) == (403, "admin_off")


def test_keys_are_tried_in_order() -> None:
    asked = asks({"key": "d"}, authorization="Bearer a", x_api_key="b", api_key="c")
    assert list(presented_keys(asked)) == list("abcd")


class At:
    """Implements `ports.Clock`, standing still."""

    def __init__(self, now: float) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise AssertionError


def gated(terms: Terms) -> ClientKeys:
    return ClientKeys.build([client_of("web", (digest("web-key"),), terms, {})])


def refusal(
    door: Door, keys: ClientKeys, inbound: Inbound, endpoint: str = "openai-chat"
) -> tuple[int, str | None]:
    with pytest.raises(RequestRefused) as caught:
        door.admit(keys, inbound, endpoint)
    assert "web-key" not in caught.value.info.message
    return caught.value.info.status, caught.value.info.code


def test_a_client_may_come_in_until_it_ends() -> None:
    clock = At(99.0)
    door, keys = Door(open_to_all=False, local=True, clock=clock), gated(Terms(expires=100.0))
    assert door.admit(keys, asks(x_api_key="web-key"), "openai-chat")
    clock.time = 100.0
    assert refusal(door, keys, asks(x_api_key="web-key")) == (401, "expired")
    # Whoever shows a key that is over is not let in as nobody, even where everybody may come in.
    assert refusal(Door(open_to_all=True, local=True, clock=clock), keys, asks(x_api_key="web-key")) == (
        401,
        "expired",
    )


def test_a_client_may_come_from_its_networks_alone() -> None:
    keys = gated(Terms(ips=("10.0.0.0/8",)))
    door = Door(open_to_all=False, local=False, callers=Callers(networks_of(["192.0.2.1"])))
    here = asks(x_api_key="web-key")
    assert door.admit(keys, here._replace(remote="10.2.3.4"), "openai-chat")
    assert refusal(door, keys, here._replace(remote="203.0.113.4")) == (403, "ip_not_allowed")
    assert refusal(door, keys, here._replace(remote="")) == (403, "ip_not_allowed")
    behind = asks(x_api_key="web-key", x_forwarded_for="10.2.3.4")
    assert door.admit(keys, behind._replace(remote="192.0.2.1"), "openai-chat")
    assert refusal(door, keys, behind._replace(remote="203.0.113.4")) == (403, "ip_not_allowed")


def test_a_client_may_use_its_endpoints_alone() -> None:
    keys = gated(Terms(endpoints=("openai-*",)))
    assert STRICT.admit(keys, asks(x_api_key="web-key"), "openai-models")
    assert refusal(STRICT, keys, asks(x_api_key="web-key"), "raw") == (403, "endpoint_not_allowed")


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip"])
def test_behind_a_proxy_nobody_is_this_machine(header: str) -> None:
    proxied = asks(**{header: "127.0.0.1"})
    assert refusal(LOCAL, NOBODY, proxied) == (403, "proxied")
    assert Door(open_to_all=True, local=True).admit(NOBODY, proxied, "openai-chat") is None
    assert LOCAL.admit(KEYS, asks(x_api_key="web-key", **{header: "127.0.0.1"}), "openai-chat") is WEB


def test_an_endpoint_that_asks_for_a_key_is_not_opened_with_the_others() -> None:
    door = Door(open_to_all=True, local=True)
    assert door.admit(NOBODY, asks(), "open") is None
    with pytest.raises(RequestRefused) as caught:
        door.admit(NOBODY, asks(), "keyed", keyed=True)
    assert caught.value.info.status == 401
