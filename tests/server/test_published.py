from __future__ import annotations

import json

from engine.diagnostics import Diagnostic, Position, Related, Severity
from engine.server.published import Published, from_data, to_data
from engine.snapshot.reconcile import Accepted, FileState

FOUND = Diagnostic(
    Position("routes.d/b.yaml", 3, 7),
    "unknown-key",
    "no such key",
    "did you mean x?",
    "models.a",
    Severity.WARNING,
    (Related(Position("routes.d/a.yaml", 2), "first here"),),
)
PUBLISHED = Published(
    "gen",
    12.5,
    Accepted(
        {"routes.d/a.yaml": b"version: 1\n# \xc3\xa9\n"},
        {"p.j2": b"\xff\x00"},
        {
            "routes.d/a.yaml": FileState("active", 1.0),
            "routes.d/b.yaml": FileState("rejected", 2.0, (FOUND,)),
        },
    ),
)


def test_what_is_published_survives_the_way() -> None:
    assert from_data(json.loads(json.dumps(to_data(PUBLISHED)))) == PUBLISHED


def test_files_are_shown_as_the_admin_page_has_them() -> None:
    assert PUBLISHED.files["routes.d/a.yaml"] == {"state": "active", "since": 1.0, "diagnostics": []}
    shown = PUBLISHED.files["routes.d/b.yaml"]["diagnostics"][0]
    assert (shown["file"], shown["line"], shown["column"], shown["severity"]) == (
        "routes.d/b.yaml",
        3,
        7,
        "warning",
    )
    assert shown["related"] == [{"file": "routes.d/a.yaml", "line": 2, "message": "first here"}]
    assert set(PUBLISHED.rejected) == {"routes.d/b.yaml"}
