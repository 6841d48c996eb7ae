from __future__ import annotations

from pathlib import Path

from engine.server.board import Board
from engine.server.clerk.tables import Tables
from engine.server.model_lists import AGAIN, FRESH, ModelLists
from tests.gateway.playbook import Game, Json, Status
from tests.gateway.test_model_lists import SITE


class Scene:
    def __init__(self, directory: Path) -> None:
        self.game = Game(SITE)
        self.board = Board(directory)
        self.board.prepare()
        self.tables = Tables(self.board)
        self.changes = 0
        self.models = ModelLists(self.game.gateway.outside, self.board, self._use, self.tables)

    def _use(self) -> None:
        self.changes += 1

    def look(self, *script: object) -> None:
        self.game.upstream.script = list(script)  # type: ignore[arg-type]
        self.game.run(self.models.look(self.game.snapshot))
        assert not self.game.upstream.script

    def names(self) -> list[str]:
        return [name for name, _ in self.models.added(self.game.snapshot).listed]


def test_a_list_is_fetched_once_an_hour_and_published(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.look(Json({"data": [{"id": "one"}]}))
    assert scene.names() == ["a/one"] and scene.changes == 1
    assert scene.board.table("models") == {"a": ["one"]}
    scene.look()
    scene.game.timeline.elapsed += FRESH
    scene.look(Json({"data": [{"id": "two"}]}))
    assert scene.names() == ["a/two"]
    assert list(scene.models.told(scene.models.added(scene.game.snapshot))) == [
        {"name": "a/two", "alias": "a/*"}
    ]


def test_a_list_that_cannot_be_fetched_stays_and_is_tried_again_soon(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.look(Json({"data": [{"id": "one"}]}))
    scene.game.timeline.elapsed += FRESH
    scene.look(Status(500))
    assert scene.names() == ["a/one"]
    assert ("warning", "list of models") in [line[:2] for line in scene.game.world.lines]
    scene.look()
    scene.game.timeline.elapsed += AGAIN
    scene.look(Json({"data": [{"id": "two"}]}))
    assert scene.names() == ["a/two"]


def test_other_workers_learn_of_it(tmp_path: Path) -> None:
    scene, other = Scene(tmp_path), Scene(tmp_path)
    scene.look(Json({"data": [{"id": "one"}]}))
    other.tables.look()
    assert other.names() == ["a/one"] and other.changes == 1
