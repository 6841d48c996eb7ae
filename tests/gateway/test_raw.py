"""Pictures and sound, as dialogues: forms go up, bytes come down."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.errors import UpstreamFailed
from engine.events import Inbound
from engine.snapshot.model import Endpoint
from engine.surfaces.forms import read_form, write_form
from tests.gateway.playbook import Break, Game, Heard, Json, Line, Reply, Status, heard

pytestmark = pytest.mark.usefixtures("both_ways")

SITE = """
providers:
  same: {dialect: openai, base_url: "https://s.test/v1", key: "${env:K:-sk-s}"}
  like: {dialect: openai-compatible, base_url: "https://l.test/v1", key: "${env:K:-sk-l}"}
  other: {dialect: gemini, base_url: "https://g.test", key: "${env:K:-sk-g}"}
models:
  talk: {targets: [same/tts-1], price: {unit: 0.001}}
  hear: {targets: [same/whisper-1], price: {unit: 0.0001}}
  tuned: {targets: [same/whisper-1], params: {language: de}}
  hears: {targets: [like/whisper-2]}
  reads: {targets: [other/flash]}
  speaks: {targets: [other/tts]}
  draw: {targets: [same/draws-1], price: {unit: 0.04}}
"""
FILE = {"filename": "a.mp3", "media_type": "audio/mpeg", "data": "AAECAw=="}
SPEECH, TRANSCRIPTION = ("openai-audio", "speech"), ("openai-audio", "transcription")
IMAGE, EDIT = ("openai-images", "image"), ("openai-images", "image_edit")


async def perform(game: Game, way: tuple[str, str], body: bytes, kind: str) -> Any:
    endpoint = Endpoint("e", "/x", ("POST",), "operation", way[0], operation=way[1])
    inbound = Inbound("POST", "/x", {}, {"content-type": kind}, body, "req-1")
    return await game.gateway.perform(game.snapshot, endpoint, inbound, None)


def ask(game: Game, way: tuple[str, str], *script: Line, form: bool = False, **fields: Any) -> Heard:
    game.upstream.script = list(script)
    body, kind = write_form(fields) if form else (orjson.dumps(fields), "application/json")

    async def play() -> Heard:
        return await heard(await perform(game, way, body, kind))

    return game.run(play())


def sent(game: Game) -> Any:
    call = game.upstream.calls[-1]
    return read_form(call.body, call.headers["content-type"], {})


def test_sound_comes_as_it_is_and_its_characters_are_paid_for() -> None:
    game = Game(SITE)
    answer = ask(
        game,
        SPEECH,
        Reply(200, [b"\xff\xf3", b"\x00"], content_type="audio/mpeg"),
        model="talk",
        input="Hello",
    )
    assert (answer.status, answer.content_type, answer.raw) == (200, "audio/mpeg", b"\xff\xf3\x00")
    assert orjson.loads(game.upstream.calls[0].body) == {"model": "tts-1", "input": "Hello"}
    row = game.usage[0]
    assert (row["streamed"], row["cost"], row["status"], row["target"]) == (True, 0.005, 200, "same/tts-1")
    assert game.all_closed


def test_sound_that_a_platform_gives_in_json_is_sound_all_the_same() -> None:
    part = {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAEC"}}
    answer = ask(
        Game(SITE), SPEECH, Json({"candidates": [{"content": {"parts": [part]}}]}), model="speaks", input="Hi"
    )
    assert (answer.content_type, answer.raw) == ("audio/L16;rate=24000", b"\x00\x01\x02")
    assert answer.headers["x-proxyctl-unsupported"] == "response_format"


def test_sound_that_breaks_off_breaks_the_connection() -> None:
    game = Game(SITE)
    game.upstream.script = [Reply(200, [b"\xff", Break()], content_type="audio/mpeg")]

    async def play() -> None:
        answer = await perform(
            game, SPEECH, orjson.dumps({"model": "talk", "input": "Hi"}), "application/json"
        )
        pieces = [await anext(answer.body)]
        with pytest.raises(UpstreamFailed):
            pieces.append(await anext(answer.body))
        assert pieces == [b"\xff"]
        await answer.aclose()

    game.run(play())
    assert game.usage[0]["error"] == "upstream" and game.all_closed


@pytest.mark.parametrize(
    "line", [Reply(200, [b"<html>"], content_type="text/html"), Reply(200, [], content_type="audio/mpeg")]
)
def test_what_is_no_sound_is_an_error(line: Line) -> None:
    game = Game(SITE.replace('sk-s}"', 'sk-s}", retry: off'))
    assert ask(game, SPEECH, line, model="talk", input="Hi").status == 502
    assert game.all_closed


def test_an_error_before_the_sound_has_its_status() -> None:
    game = Game(SITE.replace('sk-s}"', 'sk-s}", retry: off'))
    answer = ask(game, SPEECH, Status(400, {"error": {"message": "no such voice"}}), model="talk", input="Hi")
    assert (answer.status, answer.error["message"]) == (400, "no such voice")


def test_a_form_passes_with_another_model_and_our_key() -> None:
    game = Game(SITE)
    fields = {"model": "hear", "file": FILE, "temperature": 0.2, "anything": "else", "tags": ["a"]}
    answer = ask(game, TRANSCRIPTION, Json({"text": "Hi.", "extra": 1, "duration": 1.2}), form=True, **fields)
    assert answer.data == {"text": "Hi.", "extra": 1, "duration": 1.2}
    client, _ = write_form(fields)
    assert game.upstream.calls[0].body == client.replace(b"\r\n\r\nhear\r\n", b"\r\n\r\nwhisper-1\r\n")
    assert game.upstream.calls[0].headers["authorization"] == "Bearer sk-s"
    assert game.usage[0]["cost"] == 0.0002


def test_an_aliass_parameter_is_put_into_the_form() -> None:
    game = Game(SITE)
    ask(game, TRANSCRIPTION, Json({"text": "Hi."}), form=True, model="tuned", file=FILE)
    assert sent(game) == {"model": "whisper-1", "file": FILE, "language": "de"}


def test_bare_words_stay_bare() -> None:
    text = Reply(200, [b"1\n00:00 --> 00:01\nHi.\n"], content_type="text/plain; charset=utf-8")
    answer = ask(Game(SITE), TRANSCRIPTION, text, form=True, model="hear", file=FILE, response_format="srt")
    assert (answer.content_type, answer.raw) == ("text/plain; charset=utf-8", b"1\n00:00 --> 00:01\nHi.\n")


def test_a_form_is_written_anew_for_a_platform_that_is_only_like_it() -> None:
    game = Game(SITE)
    answer = ask(
        game, TRANSCRIPTION, Json({"text": "Hi."}), form=True, model="hears", file=FILE, language="en"
    )
    assert answer.data == {"text": "Hi."}
    assert sent(game) == {"model": "whisper-2", "file": FILE, "language": "en"}


def test_a_file_goes_into_json_where_a_platform_wants_it_so() -> None:
    game = Game(SITE)
    said = Json({"candidates": [{"content": {"parts": [{"text": "Hi."}]}}]})
    answer = ask(game, TRANSCRIPTION, said, form=True, model="reads", file=FILE, response_format="text")
    assert (answer.content_type, answer.raw) == ("text/plain; charset=utf-8", b"Hi.\n")
    parts = orjson.loads(game.upstream.calls[0].body)["contents"][0]["parts"]
    assert parts[-1] == {"inlineData": {"mimeType": "audio/mpeg", "data": "AAECAw=="}}


def test_a_stream_of_the_same_wire_passes() -> None:
    frames = b'data: {"type":"transcript.text.delta","delta":"Hi"}\n\n'
    events = Reply(200, [frames], content_type="text/event-stream")
    answer = ask(Game(SITE), TRANSCRIPTION, events, form=True, model="hear", file=FILE, stream=True)
    assert (answer.content_type, answer.raw) == ("text/event-stream", frames)


def test_a_form_that_is_none_is_refused_and_nothing_is_sent() -> None:
    game = Game(SITE)

    async def play() -> Heard:
        return await heard(await perform(game, TRANSCRIPTION, b"--x", "multipart/form-data; boundary=x"))

    answer = game.run(play())
    assert (answer.status, answer.error["code"], game.upstream.calls) == (400, "invalid_form", [])


def test_pictures_pass_and_are_paid_for_one_by_one() -> None:
    game = Game(SITE)
    answer = ask(
        game,
        IMAGE,
        Json({"created": 1, "data": [{"url": "u"}, {"url": "v"}]}),
        model="draw",
        prompt="a cat",
        n=2,
    )
    assert answer.data == {"created": 1, "data": [{"url": "u"}, {"url": "v"}]}
    assert game.usage[0]["cost"] == 0.08


def test_an_edit_may_be_json() -> None:
    game = Game(SITE)
    ask(
        game,
        EDIT,
        Json({"data": [{"url": "u"}]}),
        model="draw",
        prompt="x",
        images=[{"image_url": "https://x"}],
    )
    assert orjson.loads(game.upstream.calls[0].body)["images"] == [{"image_url": "https://x"}]
