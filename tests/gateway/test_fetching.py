"""Media by URL for a platform that takes only bytes: what is fetched, what goes up, what is refused and why."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.gateway.playbook import Break, Game, Json, Line, Piece, Refuses, Reply, Status, Wait, inbound

SITE = """
  eyes:
    operations:
      chat:
        prefetch: images
        takes_urls: "https://here.test/*"
        request: {path: /see, body: {model: =model, parts: "=chat.turns[].parts[]"}}
        response: {events: [{text: =data.text, finish: stop}]}
providers:
  eyes: {dialect: eyes, base_url: "https://eyes.test", retry: {attempts: 2, backoff: {base: 1ms, max: 1ms}}}
  links: {dialect: plain, base_url: "https://links.test", retry: off}
models:
  look: {targets: [eyes/m]}
  both: {targets: [eyes/m, links/m]}
  mirrored: {targets: [links/m], mirror: {target: eyes/m}}
"""

PNG = b"\x89PNG\r\n\x1a\n...."
DATA = b64encode(PNG).decode()
DONE = Json({"text": "seen"})
BUSY = Status(503)


def image(*pieces: Piece, kind: str | None = "image/png", status: int = 200, **headers: str) -> Reply:
    return Reply(status, pieces or (PNG,), kind, headers)


def moved(where: str) -> Reply:
    return Reply(302, (), None, {"location": where})


def asking(*urls: str) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"role": "user", "content": [{"type": "text", "text": "what is it?"}, *parts]}]


def look(
    *urls: str, script: list[Line], model: str = "look", settings: Mapping[str, Any] | None = None
) -> Game:
    game = Game(SITE)
    if settings:
        object.__setattr__(game.snapshot, "settings", _changed(game.snapshot.settings, settings))
    game.ask(model, script=script, messages=asking(*urls))
    return game


def _changed(settings: Any, changes: Mapping[str, Any]) -> Any:
    prefetch = {name: value for name, value in changes.items() if name != "allow_addresses"}
    allowed = changes.get("allow_addresses", ())
    return replace(settings, prefetch=replace(settings.prefetch, **prefetch), allow_addresses=allowed)


def parts(game: Game) -> Any:
    return orjson.loads(game.upstream.calls[-1].body)["parts"][1:]


def test_what_stands_behind_a_url_goes_up_in_its_stead() -> None:
    game = look("https://a.test/x?secret=1", script=[image(), DONE])
    fetch = game.upstream.calls[0]
    assert (fetch.method, fetch.url, fetch.channel.reach) == ("GET", "https://a.test/x?secret=1", ())
    assert "authorization" not in fetch.headers
    assert parts(game) == [{"type": "image", "media_type": "image/png", "data": DATA}]
    assert game.heard.text == "seen" and game.all_closed
    assert game.world.counted("proxyctl_fetches_total", result="ok") == 1


def test_nothing_is_fetched_that_is_there_already_or_that_the_platform_takes() -> None:
    urls = ("data:image/png;base64,aGk=", "https://here.test/x.png", "gs://bucket/x.png")
    game = look(*urls, script=[DONE])
    assert [part.get("url") for part in parts(game)] == [None, *urls[1:]]


def test_a_url_that_stands_there_twice_is_fetched_once() -> None:
    game = look("https://a.test/x", "https://b.test/y", "https://a.test/x", script=[image(), image(), DONE])
    assert [part["data"] for part in parts(game)] == [DATA] * 3


def test_another_attempt_fetches_nothing_again() -> None:
    game = look("https://a.test/x", script=[image(), BUSY, DONE])
    assert [call.method for call in game.upstream.calls] == ["GET", "POST", "POST"]
    assert game.heard.text == "seen"


def test_a_redirect_is_followed_and_relative_ones_too() -> None:
    script = [moved("https://b.test/deep/y"), moved("../z"), image(), DONE]
    game = look("https://a.test/x", script=script)
    assert [call.url for call in game.upstream.calls[:3]] == [
        "https://a.test/x", "https://b.test/deep/y", "https://b.test/z",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "script", "why"),
    [
        ("http://127.0.0.1/x", [], "its host is a loopback address"),
        ("http://169.254.169.254/latest/meta-data", [], "its host is a link-local address"),
        ("https://me:pw@a.test/x", [], "it holds a name or a password"),
        ("https://a.test/x", [moved("http://10.0.0.1/")], "its host is a private address"),
        ("https://a.test/x", [moved("file:///etc/passwd")], "it is no http(s) URL with a host"),
        ("https://a.test/x", [moved("https://a.test/x")] * 6, "it redirects more than 5 times"),
        ("https://a.test/x", [image(status=404)], "its server answered with status 404"),
        ("https://a.test/x", [image(b"<html>", kind="text/html")], "it is 'text/html', no image"),
        ("https://a.test/x", [image(b"<svg/>", kind="image/svg+xml")], "it is 'image/svg+xml', no image"),
        ("https://a.test/x", [image(b"?", kind=None)], "it is of no known type, no image"),
        ("https://a.test/x", [image(b"")], "it is empty"),
        ("https://a.test/x", [image(PNG, Break())], "connection lost"),
        ("https://a.test/x", [Refuses(message="cannot connect to a.test:443: refused")], "cannot connect"),
        ("https://a.test/x", [image(PNG, Wait(30))], "longer than 20 s (prefetch.timeout)"),
        ("https://a.test/x", [Reply(200, [PNG], before=30)], "longer than 20 s (prefetch.timeout)"),
    ],
)
def test_what_cannot_be_fetched_is_told_with_its_place(url: str, script: list[Line], why: str) -> None:
    game = look(url, script=script)
    error = game.heard.error
    assert game.heard.status == 400 and error["param"] == "messages[0].content[1].image_url.url"
    assert error["code"] == "url_not_fetched" and why in error["message"]
    assert not any(call.method == "POST" for call in game.upstream.calls) and game.all_closed
    assert game.world.counted("proxyctl_fetches_total", result="failed") == 1


def test_what_is_secret_in_a_url_is_not_repeated() -> None:
    game = look("https://a.test/x?signature=s3cret", script=[image(status=403)])
    assert "https://a.test/x cannot be fetched" in game.heard.error["message"]
    assert "s3cret" not in game.heard.raw.decode()


def test_how_much_and_how_many() -> None:
    game = look("https://a.test/x", "https://a.test/y", script=[], settings={"count": 1})
    assert game.heard.status == 400 and game.heard.error["code"] == "too_many_urls"
    script: list[Line] = [image(PNG), image(PNG)]
    game = look("https://a.test/x", "https://a.test/y", script=script, settings={"size": len(PNG) + 1})
    assert game.heard.status == 400 and "prefetch.size" in game.heard.error["message"]


def test_a_site_may_allow_networks() -> None:
    game = look("http://10.0.0.1/x", script=[image(), DONE], settings={"allow_addresses": ("10.0.0.0/8",)})
    assert game.upstream.calls[0].channel.reach == ("10.0.0.0/8",) and game.heard.text == "seen"


def test_another_target_may_take_the_url() -> None:
    game = look("https://a.test/x", model="both", script=[image(status=404), DONE])
    assert game.heard.text == "seen" and game.upstream.calls[-1].url == "https://links.test/gen"


def test_other_alphabets_are_escaped() -> None:
    game = look("https://a.test/Bücher/x.png?q=ü", script=[image(), DONE])
    assert game.upstream.calls[0].url == "https://a.test/B%C3%BCcher/x.png?q=%C3%BC"


def test_a_copy_for_a_mirror_has_its_media_too() -> None:
    game = Game(SITE, chance=0.999)

    async def play() -> None:
        game.upstream.script = [Json({"text": "ok", "finish": "stop"}), image(), DONE]
        await game.hear(inbound("mirrored", messages=asking("https://a.test/x")))
        await game.gateway.mirrors.settled()

    game.run(play())
    assert parts(game) == [{"type": "image", "media_type": "image/png", "data": DATA}]
