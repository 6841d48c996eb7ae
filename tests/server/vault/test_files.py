"""Credentials kept as files: in the site's own form, under names that lead nowhere else, renewed and removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.config.site import SiteFiles
from engine.errors import EngineError, EngineUnavailable
from engine.server.vault.errands import Errands
from engine.server.vault.files import checked, plain
from engine.server.vault.logins import Logins
from engine.server.vault.standing import Standings, pools_of
from engine.snapshot.compile import compile_site
from tests.gateway.logins import DEVICE_FLOW
from tests.gateway.playbook import EPOCH, Environment, Json
from tests.server.vault.test_logins import STARTED, TOKEN
from tests.server.vaulted import Vaulted

DIRECTORY = """
    - directory: creds/team
      key: =token
      user: =who
      expires: "=lives && sub(add(made, lives), `300`)"
      write:
        name: "tok_${credential.who || 'nobody'}_${floor(now())}"
        file:
          token: =credential.key
          who: =credential.who
          made: =now()
          lives: =sub(credential.expires, now())
          refresh_token: =credential.refresh_token
    - {id: declared, key: key-declared}
"""


@pytest.fixture
def shelved(vaulted: Vaulted) -> Vaulted:
    text = DEVICE_FLOW.replace(
        "pools: {acquired: {credentials: []}}", "pools:\n  acquired:\n   credentials:" + DIRECTORY
    )
    more = "version: 1\npools: {reading: {credentials: [{directory: other}]}}"
    files = {"routes.d/a.yaml": text.encode(), "routes.d/b.yaml": more.encode()}
    made = compile_site(SiteFiles(files), Environment({}))
    assert made.snapshot is not None, made.diagnostics
    vaulted.snapshot = vaulted.served = made.snapshot
    vaulted.keyring.prepare(made.snapshot.pools)()
    return vaulted


def team(vaulted: Vaulted) -> Path:
    return vaulted.keyring.site / "creds" / "team"


def written(vaulted: Vaulted, name: str) -> Any:
    return json.loads((team(vaulted) / name).read_text())


async def test_added_under_a_name_and_found_at_once(shelved: Vaulted) -> None:
    given = {"pool": "acquired", "id": "mine.json", "key": "sk-1", "who": "ann", "expires": EPOCH + 1000}
    assert await shelved.treasury.add(given, "tests") == ("acquired", "mine")
    assert written(shelved, "mine.json") == {"token": "sk-1", "who": "ann", "made": EPOCH, "lives": 1000}
    assert (team(shelved) / "mine.json").stat().st_mode & 0o777 == 0o600
    found = shelved.treasury.find(("acquired", "mine"))
    assert (found.key, found.expires, found.data["user"]) == ("sk-1", EPOCH + 700, "ann")
    assert shelved.rows == {} and shelved.noted == [("credential added", "acquired/mine")]
    standings = Standings(shelved.keyring, shelved.counters, {}, EPOCH).all(pools_of(shelved.snapshot))
    (mine,) = [each for each in standings if each["id"] == "mine"]
    assert (mine["source"], mine["file"]) == ("directory", "creds/team/mine.json")


async def test_named_by_the_site_when_nobody_names_it(shelved: Vaulted) -> None:
    place = await shelved.treasury.add(
        {"pool": "acquired", "key": "sk-1", "who": "../../ann@x.test"}, "tests"
    )
    assert place == ("acquired", f"tok_.._.._ann@x.test_{EPOCH:.0f}".replace("/", "_"))
    assert [each.name for each in team(shelved).iterdir() if not each.name.startswith(".")] == [
        f"{place[1]}.json"
    ]


async def test_two_of_one_name_in_a_second_are_two(shelved: Vaulted) -> None:
    given = {"pool": "acquired", "who": "ann"}
    places = [await shelved.treasury.add({**given, "key": f"sk-{number}"}, "tests") for number in range(3)]
    names = [f"tok_ann_{EPOCH:.0f}", f"tok_ann_{EPOCH:.0f}_2", f"tok_ann_{EPOCH:.0f}_3"]
    assert places == [("acquired", name) for name in names]
    assert [written(shelved, f"{name}.json")["token"] for name in names] == ["sk-0", "sk-1", "sk-2"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"id": "../up"}, "invalid_value"),
        ({"id": ".hidden"}, "invalid_value"),
        ({"id": "a/b"}, "invalid_value"),
        ({"id": "a\0b"}, "invalid_value"),
        ({"id": "x" * 101}, "invalid_value"),
        ({"id": ""}, "missing_required_parameter"),
        ({"id": "declared"}, "already_there"),
        ({"id": "there"}, "already_there"),
        ({"id": "new", "weight": 2}, "unsupported_parameter"),
        ({"id": "new", "key": None}, "no_key"),
        ({"id": "new", "expires": "soon"}, "invalid_value"),
    ],
)
async def test_refused(shelved: Vaulted, more: dict[str, Any], code: str) -> None:
    await shelved.treasury.add({"pool": "acquired", "id": "there", "key": "sk-0"}, "tests")
    with pytest.raises(EngineError) as caught:
        await shelved.treasury.add({"pool": "acquired", "key": "sk-secret", "who": "ann", **more}, "tests")
    assert caught.value.info.code == code
    assert "secret" not in str(caught.value)
    assert sorted(each.name for each in team(shelved).glob("*.json")) == ["there.json"]


async def test_replaced_when_that_is_said(shelved: Vaulted) -> None:
    given = {"pool": "acquired", "id": "a", "key": "sk-1"}
    await shelved.treasury.add(given, "tests")
    await shelved.treasury.add({**given, "key": "sk-2", "replace": True}, "tests")
    assert shelved.treasury.find(("acquired", "a")).key == "sk-2"


async def test_deleted_with_its_file(shelved: Vaulted) -> None:
    place = await shelved.treasury.add({"pool": "acquired", "id": "a", "key": "sk-1"}, "tests")
    await shelved.treasury.disable(place, "leaked", "tests")
    await shelved.treasury.delete(place, "tests")
    assert list(team(shelved).glob("*.json")) == []
    await shelved.treasury.add({"pool": "acquired", "id": "a", "key": "sk-2"}, "tests")
    assert shelved.rows[place]["disabled"] is None, "a new one of the name is another"
    other = shelved.keyring.site / "other"
    other.mkdir()
    (other / "b.json").write_text('{"key": "kb"}')
    await shelved.keyring.look_now()
    with pytest.raises(EngineError, match="only reads"):
        await shelved.treasury.delete(("reading", "b"), "tests")
    assert (other / "b.json").exists()


async def test_a_login_is_kept_as_a_file_while_the_database_is_away(shelved: Vaulted, tmp_path: Path) -> None:
    logins = Logins(shelved.treasury, tmp_path / "logins")
    shelved.away = True
    shelved.upstream.script = [STARTED]
    started = await logins.start("p")
    shelved.wait(5)
    shelved.upstream.script = [TOKEN]
    told = await logins.poll("p", started["login"])
    assert (told["state"], told["id"]) == ("granted", f"tok_nobody_{EPOCH + 5:.0f}")
    assert written(shelved, f"{told['id']}.json") == {
        "token": "at-secret-1", "made": EPOCH + 5, "lives": 3600, "refresh_token": "rt-secret-1",
    }  # fmt: skip


async def test_what_is_renewed_is_written_back_and_all_else_stays(shelved: Vaulted) -> None:
    team(shelved).mkdir(parents=True)
    kept = {
        "token": "at-1",
        "made": EPOCH,
        "lives": 1000,
        "refresh_token": "rt-1",
        "who": "ann",
        "note": "old",
    }
    (team(shelved) / "a.json").write_text(json.dumps(kept))
    await shelved.keyring.look_now()
    errands = Errands(shelved.treasury, shelved.lines)
    shelved.wait(399)
    errands.look()
    await errands.settled()
    assert shelved.upstream.calls == []
    shelved.wait(1)
    shelved.upstream.script = [Json({"access_token": "at-2", "refresh_token": "rt-2", "expires_in": 3600})]
    errands.look()
    await errands.settled()
    assert written(shelved, "a.json") == {
        "token": "at-2", "made": EPOCH + 400, "lives": 3600, "refresh_token": "rt-2", "who": "ann", "note": "old",
    }  # fmt: skip
    assert shelved.treasury.find(("acquired", "a")).key == "at-2"
    placed = shelved.keyring.look.places["acquired", "a"]
    assert not await shelved.treasury.shelf.renew(placed, {"key": "at-3"}, "at-1"), "another key is there now"


async def test_a_directory_that_cannot_be_made(shelved: Vaulted, tmp_path: Path) -> None:
    (shelved.keyring.site / "creds").write_text("a file")
    with pytest.raises(EngineUnavailable, match="cannot be"):
        await shelved.treasury.add({"pool": "acquired", "id": "a", "key": "sk-1"}, "tests")
    with pytest.raises(EngineUnavailable, match="cannot be written"):
        await Logins(shelved.treasury, tmp_path / "logins").start("p")


def test_names() -> None:
    assert (checked("a.json"), plain("a b/../c"), plain("..x")) == ("a", "a_b_.._c", "x")
    with pytest.raises(EngineError, match="`id` is missing"):
        plain("../")
