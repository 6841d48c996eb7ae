"""What another program said about who is next holds until somebody says something here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.credentials.model import Steering
from engine.server.vault.begun import begun_of
from engine.server.vault.steering import Helm
from tests.server.running import Lines
from tests.snapshot.sites import served

SITE = "pools: {p: {credentials: [{directory: creds, key: =token, state: {file: state.json, selected: =file, rotation: =on}}]}}"


def begun(site: Path, text: str | None) -> tuple[dict[str, Steering], Any]:
    (site / "creds").mkdir(exist_ok=True)
    if text is not None:
        (site / "creds" / "state.json").write_text(text)
    heard = Lines()
    return begun_of(site, served(a=SITE).pools.values(), heard), heard


def test_a_file_says_who_is_selected_and_whether_the_pool_rotates(tmp_path: Path) -> None:
    said = json.dumps({"file": "b.json", "on": False, "index": 3})
    assert begun(tmp_path, said)[0] == {"p": Steering("b", rotation=False)}
    assert begun(tmp_path, "{}")[0] == {"p": Steering()}
    assert begun(tmp_path, '{"file": 5, "on": true}')[0] == {"p": Steering()}


def test_it_holds_no_credential(tmp_path: Path) -> None:
    (directory,) = served(a=SITE).pools["p"].directories
    assert "state.json" in directory.ignore


def test_none_and_a_broken_one_say_nothing(tmp_path: Path) -> None:
    found, heard = begun(tmp_path, None)
    assert (found, heard.lines) == ({}, [])
    found, heard = begun(tmp_path, "{secret")
    assert found == {} and len(heard.of("state of a pool cannot be read")) == 1
    assert "secret" not in str(heard.lines)


def test_what_is_said_here_counts_from_then_on(tmp_path: Path) -> None:
    helm = Helm(tmp_path, Lines())
    helm.begin({"p": Steering("b", rotation=False), "q": Steering("x")})
    assert helm.by_pool["p"] == Steering("b", rotation=False)
    helm.change("p", lambda now: replace(now, rotation=True))
    helm.look()
    assert helm.by_pool == {"p": Steering("b"), "q": Steering("x")}
    helm.change("p", lambda now: replace(now, selected=None))
    helm.look()
    assert helm.by_pool["p"] == Steering()
    later = Helm(tmp_path, Lines())
    later.begin({"p": Steering("b")})
    later.look()
    assert later.by_pool["p"] == Steering()
