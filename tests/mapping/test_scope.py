from __future__ import annotations

from types import MappingProxyType

import pytest

from engine.events import CHAT_FIELDS
from engine.mapping.names import VIEWS
from engine.mapping.scope import NAMES, Scope


def test_names_that_are_not_given_are_null() -> None:
    scope = Scope(model="m")
    assert (scope.model, scope.body, scope.data) == ("m", None, None)
    assert all(getattr(scope.chat, field) is None for field in CHAT_FIELDS)
    assert Scope(chat=None).chat.turns is None


def test_unknown_names_are_refused() -> None:
    with pytest.raises(TypeError, match="modl"):
        Scope(modl="m")
    with pytest.raises(TypeError, match="dta"):
        Scope().fork(dta=1)


def test_it_has_every_name_that_a_view_reads() -> None:
    assert {attribute for view in VIEWS.values() for attribute in view.names.values()} <= NAMES


def test_a_fork_is_the_same_attempt() -> None:
    ticks = iter([1.0, 2.0, 3.0])
    scope = Scope(clock=lambda: next(ticks), body={})
    other = scope.fork(data=1)
    assert (other.data, scope.data, other.body) == (1, None, {})
    assert scope.now() == other.now() == 1.0
    assert scope.renew().now() == 2.0 and scope.now() == 1.0


def test_without_the_request_it_is_still_the_same_attempt() -> None:
    ticks = iter([1.0, 2.0])
    scope = Scope(clock=lambda: next(ticks), body={"a": 1}, model="m")
    scope.cells["let x"] = scope.body
    assert scope.now() == 1.0
    other = scope.without_request()
    assert (other.body, other.chat.turns, other.model, other.now()) == (None, None, "m", 1.0)
    assert (list(other.cells), scope.body) == (["now()"], {"a": 1})


def test_ids_are_injected() -> None:
    assert Scope(ids=lambda prefix: f"{prefix}7").uid("a-") == "a-7"


def test_without_a_clock_there_is_no_time() -> None:
    with pytest.raises(ValueError, match="clock"):
        Scope().now()
    with pytest.raises(ValueError, match="ids"):
        Scope().uid()


def test_objects_are_dicts_since_expressions_know_no_other() -> None:
    assert type(Scope(credential=MappingProxyType({"key": "k"})).credential) is dict
