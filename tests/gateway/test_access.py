"""Who may use what, and whose key goes where."""

import pytest

from engine.errors import RequestRefused
from engine.gateway.access import (
    caller_credential,
    find_alias,
    is_key_of,
    may_use,
    missing_key,
    visible_names,
)
from engine.snapshot.model import CallerKey, Client
from tests.gateway.playbook import client, compiled

SNAPSHOT = compiled("""
providers:
  a: {dialect: plain, base_url: "https://a.test"}
models:
  open: {targets: [a/1]}
  team: {targets: [a/2], access: {clients: ["team-*", boss]}}
  "glob-*": {targets: ["a/*"]}
""")


@pytest.mark.parametrize(
    ("who", "names"),
    [
        (None, ["open"]),
        (client("web"), ["open"]),
        (client("team-a"), ["open", "team"]),
        (client("boss", models=("t*",)), ["team"]),
        (client("web", models=("t*",)), []),
    ],
)
def test_visible_names(who: Client | None, names: list[str]) -> None:
    assert visible_names(SNAPSHOT, who) == names


def test_an_alias_may_be_for_groups() -> None:
    snapshot = compiled("""
providers: {a: {dialect: plain, base_url: "https://a.test"}}
models: {team: {targets: [a/2], access: {groups: ["search-*"], clients: boss}}}
""")
    members = [
        Client("x", (), groups=("trial", "search-eu")),
        Client("boss", ()),
        Client("y", (), groups=("search",)),
    ]
    assert [visible_names(snapshot, who) for who in members] == [["team"], ["team"], []]


def test_a_token_may_be_bound_to_fewer_models() -> None:
    bound = Client("x", (), models=("o*", "glob-*"), narrowed=("op*", "glob-a"))
    assert visible_names(SNAPSHOT, bound) == ["open"]
    assert may_use(SNAPSHOT.aliases.exact["open"], "open", bound)
    with pytest.raises(RequestRefused):
        find_alias(SNAPSHOT, "glob-b", bound)


def test_a_clients_list_is_about_the_name_it_asks_for() -> None:
    few = client("web", models=("glob-a*",))
    assert find_alias(SNAPSHOT, "glob-abc", few).captured == "abc"
    with pytest.raises(RequestRefused):
        find_alias(SNAPSHOT, "glob-x", few)
    assert may_use(SNAPSHOT.aliases.exact["open"], "open", None)


def test_a_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(RequestRefused) as caught:
        find_alias(SNAPSHOT, "x" * 5000, None)
    assert len(caught.value.info.message) < 400


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, None),
        ({"authorization": "Bearer abc"}, "abc"),
        ({"authorization": "bearer  abc "}, "abc"),
        ({"authorization": "abc"}, "abc"),
        ({"x-api-key": "abc"}, "abc"),
        ({"api-key": "abc", "x-api-key": ""}, "abc"),
        ({"authorization": "Bearer ours", "x-api-key": "abc"}, "abc"),
        ({"authorization": "Bearer ours", "x-api-key": "ours"}, None),
    ],
)
def test_caller_credential(headers: dict[str, str], key: str | None) -> None:
    found = caller_credential(CallerKey(), headers, {}, client("web", "ours"))
    assert (found.key if found else None) == key
    assert found is None or found.data == {"id": "client", "key": key}


def test_where_a_site_wants_the_callers_key() -> None:
    headers = {"authorization": "Bearer abc", "x-own": "Bearer def"}
    web = client("web", "ours")

    def found(where: CallerKey, brought: dict[str, str]) -> str | None:
        credential = caller_credential(where, headers, brought, web)
        return credential.key if credential else None

    assert found(CallerKey("x-own"), {}) == "def" and found(CallerKey("x-other"), {}) is None
    assert found(CallerKey(body="k"), {"k": "ghi"}) == "ghi" and found(CallerKey(body="k"), {}) is None
    assert found(CallerKey(body="k"), {"k": "ours"}) is None


def test_without_clients_no_key_is_ours() -> None:
    assert not is_key_of("ours", None)
    found = caller_credential(CallerKey(), {"authorization": "Bearer ours"}, {}, None)
    assert found is not None and found.key == "ours"


def test_a_missing_key_is_the_callers_fault() -> None:
    info = missing_key("send it").info
    assert (info.status, info.type, info.code) == (401, "authentication_error", "missing_credential")
