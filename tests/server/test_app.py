from __future__ import annotations

import logging

from tests.server.running import Lines, framework_logs_to, running


async def test_every_method_and_path_comes_to_the_one_handler() -> None:
    async with running() as server:
        for method, path in (
            ("POST", "/v1/chat/completions"),
            ("PROPFIND", "/"),
            ("GET", "/a/b%20c?d"),
            ("PUT", "/x"),
        ):
            reply = await server.client.request(method, path)
            assert "x-request-id" in reply.headers and reply.headers["content-type"] == "application/json"


async def test_headers_up_to_the_limit_are_taken() -> None:
    async with running() as server:
        assert (await server.chat(headers={"x-big": "a" * 40_000})).status_code == 200
        assert (await server.chat(headers={"x-big": "a" * 70_000})).status_code == 431


def test_lines_of_the_framework_come_to_our_log_when_they_matter() -> None:
    telemetry = Lines()
    with framework_logs_to(telemetry):
        logging.getLogger("sanic.root").info("noise")
        try:
            raise ValueError("why")
        except ValueError:
            logging.getLogger("sanic.error").exception("broken %s", "thing")
    assert len(telemetry.lines) == 1
    level, event, fields = telemetry.lines[0]
    assert (level, event, fields["message"]) == ("error", "http", "broken thing") and "why" in str(
        fields["trace"]
    )
