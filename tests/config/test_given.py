from __future__ import annotations

from engine.config.given import given_object
from engine.diagnostics import Problems
from engine.spec.client import Client

KEY = {"key": "sha256:" + "0" * 64}


def test_an_object_is_read_as_in_a_route_file() -> None:
    problems = Problems()
    found = given_object("clients", "web", {**KEY, "models": "a*", "limits": {"rpm": 5}}, problems)
    assert isinstance(found, Client) and (found.models, found.limits and found.limits.rpm) == (("a*",), 5)
    assert problems.items == []


def test_all_that_is_wrong_is_told() -> None:
    problems = Problems()
    data = {**KEY, "modles": ["a"], "ips": ["10.0.0.0/99"], "limits": {"rpm": 0}}
    assert given_object("clients", "web", data, problems) is None
    told = {item.path: item.message for item in problems.items}
    assert set(told) == {"modles", "ips.0", "limits.rpm"} and "unknown key 'modles'" in told["modles"]


def test_nothing_of_the_environment_is_filled_in() -> None:
    found = given_object("clients", "web", {**KEY, "params": {"user": "${env:HOME}"}}, Problems())
    assert found.params == {"user": "${env:HOME}"}
