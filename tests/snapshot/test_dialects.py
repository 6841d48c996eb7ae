"""Dialects of a site beside the shipped ones."""

from __future__ import annotations

from tests.snapshot.sites import codes, compiled


def test_a_site_may_extend_and_shadow_what_ships() -> None:
    text = """
        dialects:
          openai: {extends: openai, passthrough: false}
          mine: {extends: openai, params: {x: 1}}
        providers:
          a: {dialect: openai, base_url: "https://x.test/v1"}
          b: {dialect: mine, base_url: "https://x.test/v1", params: {y: 2}}
        models: {a: {targets: [a/m, b/m]}}
    """
    outcome = compiled(a=text)
    assert outcome.snapshot is not None
    assert outcome.snapshot.providers["a"].dialect.passthrough is False
    assert outcome.snapshot.providers["b"].params.items() >= {"x": 1, "y": 2}.items()
    assert {item.code for item in outcome.diagnostics} == {"shadows-shipped", "unread-param"}


def test_a_circle_or_an_unknown_base_is_an_error_and_no_crash() -> None:
    circle = compiled(a="dialects: {x: {extends: y}, y: {extends: x}}")
    assert "extends-cycle" in {item.code for item in circle.diagnostics}
    unknown = compiled(a="dialects: {x: {extends: opnai}}")
    assert [(item.code, item.hint) for item in unknown.diagnostics] == [
        ("unknown-dialect", "did you mean 'openai'?")
    ]


def test_a_mistake_in_a_mapping_is_reported_where_it_stands_although_the_dialect_extends_another() -> None:
    outcome = compiled(
        a="""
        dialects:
          mine:
            extends: openai
            operations: {chat: {request: {body: {x: =nonsense}}}}
        """
    )
    assert codes(outcome) == [("routes.d/a.yaml", 5, "unknown-name")]


def faults(chat: str) -> list[tuple[int, str, str | None]]:
    text = f"dialects:\n  d:\n    operations:\n      chat: {chat}\n"
    return [(item.at.line, item.code, item.hint) for item in compiled(a=text).diagnostics if item.is_error]


def test_a_chat_whose_answer_nothing_reads_is_an_error() -> None:
    assert faults("{request: {path: /}}")[0][:2] == (4, "missing-key")
    assert faults("{request: {path: /}, response: {evnts: []}}") == [
        (5, "missing-key", "did you mean 'events'?")
    ]
    assert faults("{request: {path: /}, stream: {events: []}}") == []


def test_what_is_wrong_with_a_shipped_part_stands_at_extends() -> None:
    text = "dialects:\n  d:\n    extends: openai\n    tables: null\n"
    found = [item for item in compiled(a=text).diagnostics if item.code == "unknown-table"]
    assert {(item.at.file, item.at.line) for item in found} == {("routes.d/a.yaml", 4)}
    assert all(item.related[0].at.file == "library/dialects/openai.yaml" for item in found)


def test_of_three_that_extend_each_other_each_compiles_what_it_changes_and_no_more() -> None:
    text = """
        dialects:
          one: {extends: openai, params: {x: 1}}
          two: {extends: one, operations: {chat: {request: {path: /two}}}}
          three: {extends: two, operations: {embeddings: {request: {path: /three}}}}
        providers:
          a: {dialect: one, base_url: "https://x.test"}
          b: {dialect: two, base_url: "https://x.test"}
          c: {dialect: three, base_url: "https://x.test"}
        models: {a: {targets: [a/m, b/m, c/m]}}
    """
    outcome = compiled(a=text)
    assert outcome.snapshot is not None
    one, two, three = (outcome.snapshot.providers[name].dialect.operations for name in "abc")
    assert one["chat"] is not two["chat"] and two["chat"] is three["chat"]
    assert one["embeddings"] is two["embeddings"] and two["embeddings"] is not three["embeddings"]
    assert one["image"] is three["image"]
