from __future__ import annotations

import socket

import pytest

from engine.server.listen import is_loopback, listen, url_of


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("192.168.1.2", False),
        ("example.com", False),
    ],
)
def test_which_hosts_are_this_machine_alone(host: str, local: bool) -> None:
    assert is_loopback(host) is local


@pytest.mark.parametrize("count", [1, 3])
def test_sockets_share_one_port_and_take_connections(count: int) -> None:
    sockets = listen("127.0.0.1", 0, count)
    try:
        assert len(sockets) == count and len({sock.getsockname() for sock in sockets}) == 1
        with socket.create_connection(sockets[0].getsockname(), timeout=1):
            pass
        with pytest.raises(OSError):
            listen("127.0.0.1", sockets[0].getsockname()[1], 1)
        with pytest.raises(OSError):
            listen("127.0.0.1", sockets[0].getsockname()[1], 2)
    finally:
        for sock in sockets:
            sock.close()


def test_url() -> None:
    for host, shown in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")):
        sock = listen(host, 0, 1)[0]
        assert url_of(sock) == f"http://{shown}:{sock.getsockname()[1]}"
        sock.close()
