"""What was said about a pool is kept in a file that every worker looks at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.credentials.model import Steering
from engine.errors import EngineUnavailable
from engine.server.vault.steering import FILE, Helm
from tests.server.running import Lines


def test_another_worker_and_another_start_see_it(tmp_path: Path) -> None:
    one, other = Helm(tmp_path, Lines()), Helm(tmp_path, Lines())
    assert not other.look()
    one.change("p", lambda now: replace(now, selected="a", every=3))
    one.change("q", lambda now: replace(now, rotation=False, held="b"))
    one.change("p", lambda now: replace(now, every=0))
    assert other.look() and not other.look()
    expected = {"p": Steering("a", every=0), "q": Steering(rotation=False, held="b")}
    assert other.by_pool == expected
    later = Helm(tmp_path, Lines())
    assert later.look() and later.by_pool == expected
    one.change("p", lambda now: Steering())
    assert other.look() and list(other.by_pool) == ["q"]


def test_what_cannot_be_read_changes_nothing_and_is_told_once(tmp_path: Path) -> None:
    heard = Lines()
    helm = Helm(tmp_path, heard)
    helm.change("p", lambda now: replace(now, selected="a"))
    helm.look()
    (tmp_path / FILE).write_text("{")
    assert not helm.look() and not helm.look()
    assert helm.by_pool == {"p": Steering("a")}
    assert len(heard.of("rotation of pools cannot be read")) == 1
    with pytest.raises(EngineUnavailable, match="not valid JSON"):
        helm.change("p", lambda now: now)
    (tmp_path / FILE).write_text('{"p": {"every": "x", "selected": 5, "rotation": 0}, "q": 1}')
    assert helm.look() and helm.by_pool == {"p": Steering()}
