"""Published rows become credentials; what cannot be opened says why and hides no other."""

from __future__ import annotations

from pathlib import Path

from engine.adapters.safe import Safe
from engine.server.vault.stored import Opener
from tests.server.rows import row

KEY = "a key for tests only"


def test_rows_are_opened_and_kept_while_they_stay_the_same(tmp_path: Path) -> None:
    safe = Safe([KEY], tmp_path)
    opener = Opener(safe)
    rows = [row(safe, id="a", expires=9.0, models=["m-*"]), row(safe, "q", "b", weight=3.0)]
    first = opener.open(rows)
    assert {pool: [one.id for one in found] for pool, found in first.credentials.items()} == {
        "p": ["a"],
        "q": ["b"],
    }
    one = first.credential(("p", "a"))
    assert one is not None
    assert (one.key, one.expires, one.models, one.data["key"]) == (
        "sk-a-123456",
        9.0,
        ("m-*",),
        "sk-a-123456",
    )
    again = opener.open([{**rows[0], "problem": "late"}, {**rows[1], "weight": 1.0}])
    assert again.credential(("p", "a")) is one
    assert again.credential(("q", "b")) is not first.credential(("q", "b"))
    assert again.credential(("q", "nobody")) is None


def test_what_is_disabled_and_what_cannot_be_opened(tmp_path: Path) -> None:
    safe, other = Safe([KEY], tmp_path), Safe(["another key for tests"], tmp_path)
    found = Opener(safe).open(
        [
            row(None, id="declared", disabled="leaked"),
            row(safe, id="mine", disabled="by hand"),
            row(other, id="foreign"),
            {**row(safe, id="moved"), "id": "elsewhere"},
            row(safe, id="odd", limits={"nope": 1}),
        ]
    )
    assert found.off == {"p": frozenset({"declared", "mine"})}
    assert [one.id for one in found.credentials["p"]] == ["mine"]
    assert set(found.closed) == {("p", "foreign"), ("p", "elsewhere"), ("p", "odd")}
    assert "another key" in found.closed["p", "foreign"]
    assert "another pool or id" in found.closed["p", "elsewhere"]
    assert "sk-" not in repr(found)
