from __future__ import annotations

import re

import pytest

from engine.adapters.entropy import SystemEntropy


@pytest.mark.parametrize(
    ("prefix", "begins"), [("chatcmpl", "chatcmpl-"), ("call_", "call_"), ("req-", "req-"), ("", "")]
)
def test_an_id_is_its_prefix_and_base_62(prefix: str, begins: str) -> None:
    assert re.fullmatch(re.escape(begins) + "[0-9A-Za-z]{24}", SystemEntropy().uid(prefix))


def test_ids_differ_and_two_processes_draw_different_chances() -> None:
    one, other = SystemEntropy(), SystemEntropy()
    assert len({one.uid("x") for _ in range(1000)}) == 1000
    drawn = [one.random() for _ in range(100)]
    assert all(0 <= value < 1 for value in drawn) and drawn != [other.random() for _ in range(100)]
