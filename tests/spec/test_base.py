from __future__ import annotations

import dataclasses

import pytest

from engine.diagnostics import Position
from engine.spec.base import About, Reference, Spec, Written, dotted, entry, field, spec
from engine.tree import Entry, Mapping, Scalar

AT = Position("f", 2, 3)


@spec
class Sample(Spec):
    """A sample."""

    name: str = field("Its name.")
    tags: dict[str, str] = field("Tags.", default={})


def test_a_spec_class_is_frozen_slotted_and_knows_its_place() -> None:
    made = Sample(at=AT, name="x")
    assert made.at == AT and made.tags == {} and not hasattr(made, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "y"  # type: ignore[misc]


def test_objects_share_an_empty_mapping() -> None:
    assert Sample(at=AT, name="x").tags is Sample(at=AT, name="y").tags


def test_a_field_carries_its_metadata() -> None:
    (found,) = [item for item in dataclasses.fields(Sample) if item.name == "name"]
    assert found.metadata["about"] == About("Its name.")
    with pytest.raises(TypeError):
        field("Its name.", colour="red")


def test_paths_and_owners() -> None:
    assert dotted(("pools", "a.b", "credentials", 0)) == "pools.a.b.credentials.0"
    assert Reference("pool", "p", AT, ("providers", "a", "pool")).owner == ("providers", "a")


def test_an_entry_of_a_short_form_keeps_what_is_secret_about_it() -> None:
    made = entry("model", "m", AT, Scalar("p/m", AT, origin=("env:X",), missing=("env:Y",)))
    assert made.value == Scalar("m", AT, origin=("env:X",), missing=("env:Y",))


def test_a_key_stands_where_it_was_written_in_whatever_file() -> None:
    here, there = Position("a.yaml", 1000, 3), Position("--flag", 1, 1)
    node = Mapping(
        {"one": Entry("one", here, Scalar(1, here)), "two": Entry("two", there, Scalar(2, there))}, here
    )
    written = Written.of(node)
    assert (written.place("one"), written.place("two"), written.place("three")) == (here, there, None)
    assert Written.of(node).keys is written.keys and Written.of(node) == written
