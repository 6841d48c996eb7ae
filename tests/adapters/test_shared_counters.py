"""What only shared counters do: several workers, their deaths, restarts; the contract has what all counters do."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adapters.counters import LocalCounters
from engine.adapters.shared.layout import DIGEST, DIRTY
from engine.adapters.shared.windows import HEAD
from engine.adapters.shared_counters import SharedCounters
from engine.ports import AT_ONCE, Take, Taken
from tests.adapters.counting import EPOCH, Time, had, tries

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "counters"


@pytest.fixture
def pair(path: Path) -> Iterator[tuple[SharedCounters, SharedCounters]]:
    """Two workers."""
    time = Time()
    one, other = SharedCounters(path, time), SharedCounters(path, time)
    yield one, other
    one.close()
    other.close()


def in_workers(count: int, work: Callable[[int], object]) -> list[object]:
    """What `work` gives in so many processes that begin at once."""
    gate = FORK.Barrier(count)

    def run(number: int, end: Connection) -> None:
        gate.wait()
        end.send(work(number))
        os._exit(0)

    pipes = [FORK.Pipe(duplex=False) for _ in range(count)]
    processes = [FORK.Process(target=run, args=(number, end)) for number, (_, end) in enumerate(pipes)]
    for process in processes:
        process.start()
    results = [begin.recv() for begin, _ in pipes]
    for process in processes:
        process.join()
    return results


def test_rotation_is_exact_over_workers(path: Path) -> None:
    def work(number: int) -> list[int]:
        counters = SharedCounters(path)
        return [counters.next("turn") for _ in range(500)]  # and it stops without a word

    with closing(SharedCounters(path)):
        turns = in_workers(4, work)
    assert sorted(turn for each in turns for turn in each) == list(range(2000))  # type: ignore[attr-defined]


def test_rotation_is_exact_for_whoever_comes_first_if_it_ends_in_good_order(path: Path) -> None:
    def work(number: int) -> list[int]:
        with closing(SharedCounters(path)) as counters:
            return [counters.next("turn") for _ in range(500)]

    turns = in_workers(4, work)
    assert sorted(turn for each in turns for turn in each) == list(range(2000))  # type: ignore[attr-defined]


def test_who_was_alone_uses_its_numbers_first(path: Path) -> None:
    one = SharedCounters(path)
    first = [one.next("turn") for _ in range(3)]
    other = SharedCounters(path)
    theirs = [other.next("turn") for _ in range(3)]
    mine = [one.next("turn") for _ in range(50)]
    both = [counters.next("turn") for _ in range(50) for counters in (one, other)]
    assert sorted(first + theirs + mine + both) == list(range(156))
    assert first + mine == sorted(first + mine) and both == sorted(both)
    other.close()
    one.close()


def test_numbers_that_were_not_used_are_given_back_at_the_end(path: Path) -> None:
    one = SharedCounters(path)
    assert [one.next("a"), one.next("a"), one.next("b"), one.peek("a"), one.peek("c")] == [0, 1, 0, 2, 0]
    one.close()
    again = SharedCounters(path)
    assert [again.peek("a"), again.next("a"), again.next("b")] == [2, 2, 1]
    other = SharedCounters(path)
    taken = other.next("a")
    again.close()
    assert taken > 2 and other.next("a") == taken + 1
    other.close()


def test_a_limit_is_exact_over_workers(path: Path) -> None:
    def work(number: int) -> int:
        counters = SharedCounters(path)
        return asyncio.run(tries(counters, 100, Take("k", 100, 60.0), Take("other", 300, 3600.0)))

    assert sum(in_workers(4, work)) == 100  # type: ignore[arg-type]


def test_marks_of_one_worker_are_seen_by_the_other(pair: tuple[SharedCounters, SharedCounters]) -> None:
    one, other = pair
    assert one.marks("g") == other.marks("g") == {}
    one.mark("g", "a", EPOCH + 5)
    assert other.marks("g") == {"a": EPOCH + 5}
    other.clear("g", "a")
    assert one.marks("g") == {}
    for number in range(300):  # more than the log of changes holds
        one.mark("g", f"n{number}", EPOCH + number + 1)
    assert len(other.marks("g")) == 300 and other.marks("g")["n299"] == EPOCH + 300


def test_marks_that_are_over_give_their_slots_away(path: Path) -> None:
    time = Time()
    counters = SharedCounters(path, time)
    for number in range(20_000):
        time.now += 1
        counters.mark("g", f"n{number}", time.now + 10)
        counters.marks("g")
    assert len(counters.marks("g")) < 5000
    assert {f"n{number}" for number in range(19_990, 20_000)} <= counters.marks("g").keys()
    counters.close()


async def test_what_a_dead_worker_held_is_given_back(path: Path) -> None:
    counters = SharedCounters(path)
    ready, go = FORK.Pipe(duplex=False)

    def hold() -> None:
        mine = SharedCounters(path)
        taken = asyncio.run(mine.take([Take("k", 3, AT_ONCE)] * 3))
        go.send(taken.refused)
        signal.pause()

    process = FORK.Process(target=hold)
    process.start()
    assert ready.recv() is None
    own = await counters.take([Take("k", 3, AT_ONCE)])
    assert own.refused == 0 and counters.busy("k") == 3
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert (await counters.take([Take("k", 3, AT_ONCE)])).refused is None
    assert counters.busy("k") == 1
    counters.close()


async def test_a_new_worker_begins_with_nothing_in_flight(path: Path) -> None:
    one, other = SharedCounters(path), SharedCounters(path)
    other.begin("k")
    other.close()
    assert one.busy("k") == 1
    SharedCounters(path).close()
    assert one.busy("k") == 0
    another = SharedCounters(path)
    another.begin("k")
    another.close()
    one.tidy()
    assert one.busy("k") == 0
    one.close()


async def test_a_restart_goes_on_counting(path: Path) -> None:
    time = Time()
    before = SharedCounters(path, time)
    budget = Take("money", 5.0, math.inf, 4.0, since=0.0)
    await had(before, [Take("day", 10, 86400.0, 10.0), budget, Take("now", 1, AT_ONCE)])
    before.next("turn")
    before.mark("g", "rests", EPOCH + 100)
    before.mark("g", "for good", math.inf)
    before.close()
    time.now += 3600
    after = SharedCounters(path, time)
    after.begin_anew()
    assert await tries(after, 1, Take("day", 10, 86400.0)) == 0
    assert await tries(after, 5, budget) == 1
    assert await tries(after, 5, Take("now", 1, AT_ONCE)) == 1
    assert after.next("turn") == 1
    assert after.marks("g") == {"rests": EPOCH + 100}
    after.close()


async def test_a_new_key_may_be_given_the_slot_of_one_that_is_taken_with_it(path: Path) -> None:
    """What is over gives its slot away, though it was just found there: both count all the same."""
    time = Time()
    counters = SharedCounters(path, time)
    for key in ("old", "new"):
        counters._digests[key] = b"same" + key.encode().ljust(12)
    old, new = Take("old", 10, 60.0), Take("new", 10, 60.0, 2.0)
    await had(counters, [old])
    time.now += 61
    taken = await had(counters, [new, old])
    assert await counters.used([new, old]) == [2.0, 1.0]
    counters.settle(taken, [5.0, 3.0])
    assert await counters.used([new, old]) == [5.0, 3.0]
    counters.close()


async def test_who_is_refused_leaves_nothing_behind(path: Path) -> None:
    counters = SharedCounters(path)
    refused = await counters.take([Take("a", 9, 60.0), Take("b", 9, AT_ONCE), Take("c", 0, 60.0)])
    assert (refused.refused, refused.used, refused.wait) == (2, [1.0, 1.0, 0.0], 0.0)
    assert not [*counters._windows.all(), *counters._places.all()]
    assert (await counters.take([Take("money", 0.0, math.inf, since=0.0)])).wait == math.inf
    assert not counters._sums.all() and not counters._memory[DIRTY]
    counters.close()


async def test_a_change_that_was_cut_off_is_mended(path: Path) -> None:
    """A worker that was killed had not yet written the sum of a window."""
    time = Time()
    counters = SharedCounters(path, time)
    taken = await had(counters, [Take("k", 10, 60.0, 4.0)])
    time.now += 30
    await had(counters, [Take("k", 10, 60.0, 3.0)])
    ends, newest, alive, total, *rest = HEAD.unpack_from(
        counters._memory, counters._windows.find(counters._digests["k"]) + DIGEST
    )
    assert (alive, total) == (2, 7.0)
    at = counters._windows.find(counters._digests["k"]) + DIGEST
    HEAD.pack_into(counters._memory, at, ends, newest, alive, 4.0, *rest[:-1], 0.0)
    counters._memory[DIRTY] = 1
    assert counters.count("k", 60.0, 0.0) == 7.0
    assert counters._memory[DIRTY] == 0
    counters.settle(taken, [1.0])
    assert counters.count("k", 60.0, 0.0) == 4.0
    time.now += 31
    assert counters.count("k", 60.0, 0.0) == 3.0
    counters.close()


async def test_what_is_taken_twice_at_once_counts_twice(path: Path) -> None:
    counters = SharedCounters(path)
    for _ in range(2):
        await had(counters, [Take("k", 9, 60.0), Take("money", 9.0, math.inf, 2.0, since=0.0)] * 2)
    looked = [Take("k", 9, 60.0), Take("money", 9.0, math.inf, since=0.0)]
    assert await counters.used(looked) == [4.0, 8.0]
    counters.close()


def test_workers_may_be_killed_at_any_moment(path: Path) -> None:
    """Whoever is left counts right: nothing hangs, and no more is had than there is."""

    def work() -> None:
        counters = SharedCounters(path)

        async def on() -> None:
            while True:
                taken = await counters.take([Take("k", 50, 3600.0), Take("at once", 5, AT_ONCE)])
                counters.mark("g", f"n{counters.next('turn') % 50}", 9e9)
                counters.count("c", 5.0)
                if taken.refused is None:
                    counters.settle(taken, [0.0, 0.0])

        asyncio.run(on())

    counters = SharedCounters(path)
    for _ in range(10):
        processes = [FORK.Process(target=work) for _ in range(3)]
        for process in processes:
            process.start()
        begun = counters.next("turn")
        while counters.next("turn") < begun + 400:
            os.sched_yield()
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
    counters.tidy()
    assert counters.busy("at once") == 0
    # A worker that is killed keeps what it had taken of the window, one at most.
    assert 50 - 30 <= asyncio.run(tries(counters, 100, Take("k", 50, 3600.0))) <= 50
    assert set(counters.marks("g").values()) == {9e9}
    counters.close()


Step = tuple[str, int, float, float]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "settle", "count", "sleep"]),
        st.integers(0, 2),
        st.integers(0, 20).map(float),
        st.integers(0, 40).map(float),
    ),
    max_size=80,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_it_does_what_the_model_does(tmp_path_factory: pytest.TempPathFactory, steps: list[Step]) -> None:
    time = Time()
    counters = SharedCounters(tmp_path_factory.mktemp("model") / "counters", time)
    model = LocalCounters(now=time)
    asyncio.run(_compare(counters, model, time, steps))
    counters.close()


async def _compare(counters: SharedCounters, model: LocalCounters, time: Time, steps: list[Step]) -> None:
    open_: list[tuple[Taken, Taken]] = []
    for kind, which, amount, pause in steps:
        if kind == "sleep":
            time.now += pause
        elif kind == "count":
            assert counters.count(f"c{which}", 30.0, amount) == model.count(f"c{which}", 30.0, amount)
        elif kind == "take":
            takes = [
                Take(f"w{which}", 50, 60.0, amount),
                Take("held", 3, AT_ONCE),
                Take("sum", 90, 1e6, amount, EPOCH),
            ]
            real, expected = await counters.take(takes), await model.take(takes)
            assert real._replace(marks=()) == expected._replace(marks=())
            if real.refused is None:
                open_.append((real, expected))
        elif open_:
            real, expected = open_.pop(which % len(open_))
            counters.settle(real, [pause, 1.0, pause])
            model.settle(expected, [pause, 1.0, pause])
