from __future__ import annotations

from pathlib import Path

from engine.adapters.shared.file import SharedFile
from engine.adapters.shared.places import MOST, Places


def test_each_worker_has_its_own_number(tmp_path: Path) -> None:
    files = [SharedFile(tmp_path / "counters") for _ in range(3)]
    workers = [Places(file) for file in files]
    for worker in workers:
        worker.open()
    at = workers[0].claim(b"k" * 16, 0.0)
    for worker in workers:
        worker.begin(at)
    workers[1].end(at, 1.0)
    workers[1].end(at, 1.0)
    assert [worker.held(at) for worker in workers] == [2, 2, 2]
    files[2].close()
    workers[0].bury()
    assert workers[0].held(at) == 1
    workers[0].end(at, 5.0)
    assert workers[0].claim(b"l" * 16, 4.0) != at
    files[0].close()
    files[1].close()


def test_it_stops_counting_before_it_goes_wrong(tmp_path: Path) -> None:
    file = SharedFile(tmp_path / "counters")
    places = Places(file)
    places.open()
    at = places.claim(b"k" * 16, 0.0)
    for _ in range(MOST + 5):
        places.begin(at)
    assert places.held(at) == MOST
    file.close()
