from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from engine.cli.remote import Remote, Unreachable, address, configure, find


class Admin(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        known = self.headers.get("Authorization") == "Bearer right"
        status = 404 if self.path == "/nowhere" else 200 if known else 401
        self.send_response(status)
        self.end_headers()
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = {"method": self.command} | ({"sent": json.loads(sent)} if sent else {})
        self.wfile.write(b"<html>" if self.path == "/page" else json.dumps(told).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = HTTPServer(("127.0.0.1", 0), Admin)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_with_the_right_key(server: str, method: str) -> None:
    assert Remote(server, "right").call(method, "/admin/config") == {"method": method}


def test_a_call_with_a_body(server: str) -> None:
    answer = Remote(server, "right").call("POST", "/admin/diff", {"files": {}})
    assert answer == {"method": "POST", "sent": {"files": {}}}


def test_the_way_out_is_not_the_way_to_the_admin_page(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert Remote(server, "right").call("GET", "/") == {"method": "GET"}


@pytest.mark.parametrize(
    ("key", "path", "message"),
    [
        (None, "/", "--admin-key"),
        ("wrong", "/", "--admin-key"),
        ("right", "/nowhere", "status 404"),
        ("right", "/page", "no server answers"),
    ],
)
def test_what_went_wrong_is_said(server: str, key: str | None, path: str, message: str) -> None:
    with pytest.raises(Unreachable, match=message):
        Remote(server, key).call("GET", path)


def test_nobody_there() -> None:
    with pytest.raises(Unreachable, match=r"no server answers at http://127\.0\.0\.1:1"):
        Remote("http://127.0.0.1:1").call("GET", "/")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("example.test", "http://example.test:80"),
    ],
)
def test_address(host: str, url: str) -> None:
    assert address(host, 80) == url


def test_where_the_server_is_and_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROXYCTL_HOST", "PROXYCTL_PORT", "PROXYCTL_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "proxyctl.yaml").write_text(
        "listen: {host: 0.0.0.0, port: 81}\nadmin: {key: '${env:H8_ADMIN:-k}'}\n"
    )

    def found(*flags: str) -> Remote:
        parser = argparse.ArgumentParser()
        parser.add_argument("--site", default=str(tmp_path))
        configure(parser)
        return find(parser.parse_args(flags))

    assert found() == Remote("http://127.0.0.1:81", "k")
    assert found("--url", "http://x.test/", "--admin-key", "other") == Remote("http://x.test", "other")
    assert found("--admin-key", "sha256:" + "0" * 64).key is None


def test_a_url_that_is_none_is_no_crash(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    args = parser.parse_args(["--url", "nonsense"])
    args.site = str(tmp_path)
    with pytest.raises(Unreachable, match="write --url http://host:port"):
        find(args)
