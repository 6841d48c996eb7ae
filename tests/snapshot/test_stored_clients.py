from __future__ import annotations

from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.snapshot.model import Group
from engine.snapshot.stored_clients import Stored, StoredClients, check_name, clients_of, stored

GROUPS = {"search": Group("search", models=("fast",), params={"user": "search"})}


def row(name: str = "web", digest: str = "d1", **changes: Any) -> dict[str, Any]:
    plain = {"old_digest": None, "old_until": None, "terms": {}, "expires": None}
    return {"name": name, "digest": digest, **plain, **changes}


def refusal(written: dict[str, Any]) -> str:
    with pytest.raises(RequestRefused) as caught:
        stored("web", written, GROUPS, 1000.0)
    assert caught.value.info.status == 400
    return caught.value.info.message


def test_what_is_written_is_checked_as_in_a_route_file() -> None:
    written = {
        "models": ["a*"],
        "groups": "search",
        "limits": {"rpm": 5},
        "ips": None,
        "expires": "90d",
        "note": "n",
    }
    assert stored("web", written, GROUPS, 1000.0) == Stored(
        {"models": ["a*"], "groups": "search", "limits": {"rpm": 5}}, 1000.0 + 90 * 86400, "n"
    )
    assert stored("web", {"expires": "2030-01-01"}, GROUPS, 0.0).expires == 1893456000.0
    assert stored("web", {}, GROUPS, 0.0).to_args() == {"terms": {}, "expires": None, "note": None}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"modles": ["a"]}, "modles: unknown key 'modles'"),
        ({"limits": {"rpm": "many"}}, "limits.rpm: "),
        ({"ips": ["somewhere"]}, "ips.0: "),
        ({"groups": ["serch"]}, "groups: there is no group 'serch'; did you mean 'search'?"),
        ({"expires": "soon"}, "expires: write seconds since 1970"),
        ({"expires": True}, "expires: write seconds since 1970"),
        ({"note": 5}, "note: it is text of at most 2000 characters"),
        ({"key": "mine-0123456789"}, "key: keys are made here, nobody brings one"),
        ({"jwt": {"jwks_file": "x"}}, "jwt: keys are made here"),
    ],
)
def test_what_is_wrong(written: dict[str, Any], told: str) -> None:
    assert told in refusal(written)


def test_several_faults_are_told_at_once() -> None:
    assert refusal({"note": 5, "expires": "soon", "nodels": []}).count("; ") >= 2
    assert "mine" not in refusal({"key": "mine-0123456789"})


@pytest.mark.parametrize("name", [None, "", "a b", "a/b", "x" * 129, 5, "a\x00b"])
def test_what_is_no_name(name: object) -> None:
    with pytest.raises(RequestRefused, match="without spaces and '/'"):
        check_name(name)


def test_rows_become_clients() -> None:
    terms = {
        "models": ["a"],
        "groups": ["search"],
        "endpoints": "openai-*",
        "ips": ["10.0.0.0/8"],
        "limits": {"rpm": 7},
    }
    ((digest, client),) = clients_of([row(terms=terms, expires=5.0)], GROUPS, ())
    assert (digest, client.name, client.digests) == ("d1", "web", ("d1",))
    assert (client.models, client.groups, client.params) == (("a", "fast"), ("search",), {"user": "search"})
    assert client.limits is not None and client.limits.rpm == 7
    assert client.gate is not None and client.gate.expires == 5.0
    assert client.gate.endpoints is not None and client.gate.endpoints["openai-chat"]


def test_a_key_that_was_rotated_away_has_an_end_of_its_own() -> None:
    rotated = row(old_digest="d0", old_until=50.0)
    found = dict(
        clients_of([rotated, row("late", "e1", old_digest="e0", old_until=50.0, expires=20.0)], {}, ())
    )
    gates = {digest: client.gate.expires if client.gate else None for digest, client in found.items()}
    assert gates == {"d1": None, "d0": 50.0, "e1": 20.0, "e0": 20.0}
    # Neither key may ever go to an upstream, whichever was shown.
    assert {client.digests for client in found.values()} == {("d1", "d0"), ("e1", "e0")}


def test_who_is_passed_over() -> None:
    rows = [
        row("taken"),
        row("odd", terms={"limits": {"rpm": []}}),
        row("far", terms={"ips": ["x"]}),
        row("good"),
    ]
    assert [client.name for _, client in clients_of(rows, {}, {"taken"})] == ["good"]


def test_what_stays_the_same_is_not_made_again() -> None:
    known = StoredClients()
    rows = [row("a", "d1"), row("b", "d2", old_digest="d0", old_until=5.0), row("taken", "d3")]
    first = known.of(rows, GROUPS, {"taken"})
    assert set(first) == {"d1", "d2", "d0"}
    changed = [row("a", "d1"), row("b", "d2"), row("taken", "d3")]
    second = known.of(changed, dict(GROUPS), ())
    assert (
        second["d1"] is first["d1"] and second["d2"] is not first["d2"] and set(second) == {"d1", "d2", "d3"}
    )
    # Other groups, other clients.
    assert known.of(changed, {}, ())["d1"] is not first["d1"]
    assert known.of([], {}, ()) == {}
