"""What ships is whole, and says nothing twice."""

from __future__ import annotations

from engine.snapshot.library import library_texts, shipped, shipped_names


def test_every_shipped_file_is_sound() -> None:
    assert {name: file.diagnostics for name, file in shipped().files.items() if file.diagnostics} == {}


def test_it_declares_what_a_site_may_refer_to() -> None:
    names = shipped_names()
    assert ("dialect", "openai") in names and ("surface", "openai-chat") in names
    assert {name for kind, name in names if kind == "dialect"} == set(shipped().dialects)


def test_tests_are_beside_every_dialect_and_are_no_part_of_it() -> None:
    files = {name for name, _ in library_texts(".yaml")}
    dialects = {name for name in files if not name.endswith(".test.yaml")}
    assert {name.replace(".yaml", ".test.yaml") for name in dialects} == files - dialects
    assert not any(name.endswith(".test.yaml") for name in shipped().files)
