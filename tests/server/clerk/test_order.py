from __future__ import annotations

from engine.server.clerk.order import ClerkOrder


def test_an_order_is_one_line() -> None:
    order = ClerkOrder("/run", "/data", "postgresql://u:p\n@h/d", keep=90.0)
    line = order.to_line()
    assert line.count(b"\n") == 1 and ClerkOrder.of_line(line) == order
