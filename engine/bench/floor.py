"""The floor of the suite: `python -m engine.bench.floor PORT`.

An empty handler on the web server that proxyctl runs on: it parses the JSON body, its answer is fixed.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
from sanic import HTTPResponse, Request, Sanic
from sanic.response import raw

from engine.bench.bodies import PATH
from engine.bench.formats import format_of
from engine.bench.order import Order

# Larger than any body of the suite.
LARGEST = 2**25


def make_app() -> Sanic[Any, Any]:
    app: Sanic[Any, Any] = Sanic("floor", configure_logging=False)
    app.config.update({"ACCESS_LOG": False, "REQUEST_MAX_SIZE": LARGEST})
    format = format_of(PATH)
    assert format is not None
    answer = format.answer(Order())

    async def handle(request: Request) -> HTTPResponse:
        orjson.loads(request.body)
        return raw(answer, content_type="application/json")

    app.add_route(handle, PATH, methods=["POST"])
    return app


def main(arguments: list[str]) -> None:
    make_app().run("127.0.0.1", int(arguments[0]), single_process=True, motd=False, access_log=False)


if __name__ == "__main__":
    main(sys.argv[1:])
