from __future__ import annotations

from engine.actions.store import OpenStore, Store
from engine.diagnostics import Position, Problems
from engine.mapping.scope import Scope
from engine.mapping.template import Template
from engine.tree import Scalar

OWNER = Template.compile(Scalar("=client.name", Position("x")), "endpoint", Problems())


def test_a_store_is_opened_for_an_owner() -> None:
    store = Store("main", owner=OWNER)
    assert store.opened(Scope(client={"name": "web"})).owner == "web"
    assert store.opened(Scope(client={})).owner == ""
    assert Store("main").opened(Scope(client={"name": "web"})).owner == ""


def test_what_is_not_known_is_not_said() -> None:
    opened = OpenStore(Store("main", keep=5, per="store"), "web")
    assert opened.args(id="s", user=None) == {"store": "main", "owner": "web", "id": "s"}
    assert opened.making(user="ann") == {"keep": 5, "per": "store", "user": "ann"}
    assert OpenStore(Store("main")).making(user=None) == {}


def test_a_conversation_without_a_title_has_the_stores() -> None:
    opened = OpenStore(Store("main", title="New"))
    assert opened.shown({"id": "s", "title": None}) == {"id": "s", "title": "New"}
    assert opened.shown({"id": "s", "title": ""}) == {"id": "s", "title": ""}
