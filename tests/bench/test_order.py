from __future__ import annotations

import pytest

from engine.bench.order import WORD, Order, order_of


@pytest.mark.parametrize("order", [Order(), Order(events=200, pause=0.05, size=40, dies=3)])
def test_an_order_is_read_as_it_was_written(order: Order) -> None:
    assert order_of(f'{{"content": "And? {order}"}}'.encode()) == order


def test_the_last_order_counts_and_none_is_the_usual_one() -> None:
    assert order_of(f"{Order(events=1)} {Order(events=2)}".encode()).events == 2
    assert order_of(b'{"content": "hello"}') == order_of(b"[[order nonsense]]") == Order()


def test_the_text_has_the_word_once_for_each_event_and_does_not_repeat_itself() -> None:
    order = Order(events=5, size=10)
    assert order.text.count(WORD) == 5 and len(order.text) == 50
    assert len(set(order.pieces)) > 1
