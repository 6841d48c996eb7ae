from __future__ import annotations

from engine.mapping.names import SCOPE, VIEWS, Reads


def test_the_names_of_the_design() -> None:
    base = {"body", "chat", "model", "params", "features", "route", "client", "credential", "headers"}
    assert set(VIEWS["request"].names) == base
    assert set(VIEWS["stream"].names) - base == {"event", "data", "state"}
    assert set(VIEWS["error"].names) - base == {"status", "text", "data"}
    assert set(VIEWS["auth"].names) - base == {"method", "path", "query", "payload"}
    assert set(VIEWS["step"].names) - base == {"data"}
    assert {"body", "chat", "headers", "client", "params"} == set(VIEWS["target"].names)


def test_state_is_written_by_streams_only() -> None:
    assert [view.name for view in VIEWS.values() if view.writes] == ["stream", "encode"]


def test_reads_add_up() -> None:
    total = Reads(body={"a"}, chat={"n"})
    total.add(Reads(body={"b"}, chat={"seed"}, whole_chat=True))
    assert total.body_fields == {"a", "b"} and "turns" in total.chat_fields
    total.add(Reads(whole_body=True))
    assert total.body_fields is None
    assert not Reads().anything and total.anything
    total = Reads()
    total.add(Reads(lets=True))
    assert total.anything


def test_what_differs_from_request_to_request() -> None:
    assert Reads().fixed
    assert Reads({"model", "params", "features", "credential", "chat"}, chat={"stream"}).fixed
    for name in ("body", "route", "client", "headers", "method", "payload", "lost", SCOPE):
        assert not Reads({name}).fixed
    assert not Reads({"chat"}, chat={"stream", "seed"}).fixed
    assert not Reads({"chat"}, whole_chat=True).fixed
    total = Reads({"model"})
    total.add(Reads({"headers"}))
    assert not total.fixed
