from __future__ import annotations

from engine.mapping.names import VIEWS, Reads


def test_the_names_of_the_design() -> None:
    base = {"body", "chat", "model", "params", "features", "route", "client", "credential", "headers"}
    assert set(VIEWS["request"].names) == base
    assert set(VIEWS["stream"].names) - base == {"event", "data", "state"}
    assert set(VIEWS["error"].names) - base == {"status", "text", "data"}
    assert set(VIEWS["auth"].names) - base == {"method", "path", "query", "payload"}
    assert set(VIEWS["step"].names) - base == {"data"}
    assert {"body", "chat", "headers", "client", "params"} == set(VIEWS["target"].names)


def test_state_is_written_by_streams_only() -> None:
    assert [view.name for view in VIEWS.values() if view.writes] == ["stream"]


def test_reads_add_up() -> None:
    total = Reads({"a"}, {"n"})
    total.add(Reads({"b"}, {"seed"}, whole_chat=True))
    assert total.body_fields == {"a", "b"} and "turns" in total.chat_fields
    total.add(Reads(whole_body=True))
    assert total.body_fields is None
