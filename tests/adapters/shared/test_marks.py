from __future__ import annotations

import mmap

from engine.adapters.shared.layout import CHANGED, LOGGED, SIZE
from engine.adapters.shared.marks import Marks

GROUP = b"g" * 16


def current(marks: Marks) -> bool:
    return marks.memory[CHANGED] == marks.seen


def test_what_changed_is_read_and_no_more() -> None:
    memory = mmap.mmap(-1, SIZE)
    writer, reader = Marks(memory), Marks(memory)
    reader.look()
    assert current(reader)
    writer.set(b"a" * 16, GROUP, "a", 50.0, 0.0)
    assert not current(reader) and reader.of(GROUP) == {}
    reader.look()
    assert current(reader) and reader.of(GROUP) == {"a": 50.0}
    writer.set(b"a" * 16, GROUP, "a", 40.0, 0.0)
    assert current(reader)
    writer.clear(b"a" * 16, GROUP, "a")
    reader.look()
    assert reader.of(GROUP) == {}


def test_a_slot_that_has_another_mark_now() -> None:
    memory = mmap.mmap(-1, SIZE)
    writer, reader = Marks(memory), Marks(memory)
    writer.set(b"a" * 16, GROUP, "old", 5.0, 0.0)
    reader.look()
    writer.set(b"aaaa" + b"b" * 12, GROUP, "new", 20.0, 10.0)
    reader.look()
    assert reader.of(GROUP) == {"new": 20.0}


def test_who_missed_more_than_the_log_holds_reads_all() -> None:
    memory = mmap.mmap(-1, SIZE)
    writer, reader = Marks(memory), Marks(memory)
    reader.look()
    for number in range(LOGGED + 1):
        writer.set(number.to_bytes(16, "little"), GROUP, str(number), 5.0 + number, 0.0)
    reader.look()
    assert len(reader.of(GROUP)) == LOGGED + 1 or len(reader.of(GROUP)) == LOGGED


def test_marks_for_good_end_with_the_servers_that_made_them() -> None:
    marks = Marks(mmap.mmap(-1, SIZE))
    marks.set(b"a" * 16, GROUP, "a", float("inf"), 0.0)
    marks.set(b"b" * 16, GROUP, "b", 5.0, 0.0)
    marks.forget_endless()
    marks.look()
    assert marks.of(GROUP) == {"b": 5.0}
