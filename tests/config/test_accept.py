"""The quick check says yes exactly where the library finds no error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.accept import acceptor_of, compile_schema
from engine.config.keywords import CheckedValidator, validator_of
from engine.config.yaml import parse_node
from engine.diagnostics import Problems
from engine.spec.schema import ROOTS, runtime_schema
from engine.tree import to_data

from .cases import CASES, split

LIBRARY = Path(__file__).parents[2] / "engine" / "library"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["5s", "10MiB", "20%", "off", "first", "a/b", "https://h/v1", "", "x y", "POST"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "retry", "timeout", "x y"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def parts(schema: Any) -> list[Any]:
    """A schema and every schema within it."""
    found = [schema]
    for key in ("additionalProperties", "items", "then", "else"):
        if isinstance(schema.get(key), dict):
            found += parts(schema[key])
    for inner in (*schema.get("properties", {}).values(), *schema.get("allOf", ())):
        found += parts(inner)
    return found


PARTS = parts(runtime_schema(ROOTS["route"])) + parts(runtime_schema(ROOTS["site"]))


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(PARTS), values)
def test_any_value_of_any_schema(schema: Any, value: Any) -> None:
    assert compile_schema(schema)(value) == CheckedValidator(schema).is_valid(value)


def documents() -> list[tuple[str, Any]]:
    texts = [raw for path in CASES.glob("*.yaml") for raw in split(path.read_bytes().decode())[0].values()]
    texts += [path.read_bytes() for path in LIBRARY.rglob("*.yaml")]
    trees = [parse_node("f", raw, Problems()) for raw in texts]
    return [(kind, to_data(tree)) for tree in trees if tree is not None for kind in ROOTS]


def test_whole_documents_good_and_bad() -> None:
    verdicts = {True: 0, False: 0}
    for kind, data in documents():
        verdict = acceptor_of(kind)(data)
        assert verdict == validator_of(kind).is_valid(data)
        verdicts[verdict] += 1
    assert verdicts[True] > 20 and verdicts[False] > 20


def test_a_keyword_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(KeyError):
        compile_schema({"uniqueItems": True})


@pytest.mark.parametrize(
    ("schema", "value", "good"),
    [({"enum": [1]}, True, False), ({"type": "integer"}, 5.0, True), ({"type": "integer"}, float("inf"), False),
     ({"pattern": "^a$"}, "a\n", False), ({"type": "number", "minimum": 1}, True, False), ({}, None, True)],
)  # fmt: skip
def test_edges(schema: dict[str, Any], value: object, good: bool) -> None:
    assert compile_schema(schema)(value) is good and CheckedValidator(schema).is_valid(value) is good
