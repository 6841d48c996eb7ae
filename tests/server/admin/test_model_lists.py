from __future__ import annotations

from pathlib import Path

import orjson

from engine.events import Inbound
from engine.server.admin.model_lists import model_list_pages
from engine.server.own_pages import Asked
from tests.server.test_model_lists import Scene


async def test_what_is_listed_and_whose_name_it_is(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.models.learn({"a": ["one", "two"]})
    snapshot = scene.models.added(scene.game.snapshot)
    make = model_list_pages(scene.models, lambda: snapshot)["/admin/models"].maker("GET")
    assert make is not None
    page = await make(Asked(Inbound("GET", "/admin/models", {}, {}, b"", "r"), {}))
    assert isinstance(page.body, bytes)
    assert orjson.loads(page.body) == {
        "models": [{"name": "a/one", "alias": "a/*"}, {"name": "a/two", "alias": "a/*"}],
        "lists": {"a": ["one", "two"]},
    }
