from __future__ import annotations

from engine.spec.surface import Surface

from .reading import accepts, bind, read


def test_a_surface() -> None:
    text = "{wire: w, endpoints: {main: {path: /v1/messages, methods: POST}}, tables: {a: {b: c}}, decode: {turns: =body}, encode: {state: {n: 0}, cases: {text: [{data: =text}]}}}"
    found = read(Surface, text)
    assert (found.wire, found.endpoints["main"].path, found.endpoints["main"].methods) == (
        "w",
        "/v1/messages",
        ("POST",),
    )
    assert found.decode is not None and found.node.entries.keys() >= {"decode", "encode"}


def test_extends_is_a_reference_and_null_removes() -> None:
    found, binding = bind(Surface, "{extends: base, encode: null}")
    assert accepts(Surface, "{extends: base, encode: null}") and found.encode is None
    assert [(ref.kind, ref.name) for ref in binding.references] == [("surface", "base")]


def test_what_is_no_surface() -> None:
    assert not accepts(Surface, "{decoder: {}}") and not accepts(Surface, "{endpoints: {a: {}}}")
