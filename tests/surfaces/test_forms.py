"""Forms with files, read, written, and patched in place."""

from __future__ import annotations

import base64

import pytest

from engine.errors import RequestRefused
from engine.surfaces.forms import MAX_PARTS, is_form, patched_form, read_form, write_form

TYPE = 'multipart/form-data; boundary="b0"'
FILE = {
    "filename": "a.mp3",
    "media_type": "audio/mpeg",
    "data": base64.b64encode(b"\x00\r\n--b\xff").decode(),
}


def form(*parts: tuple[str, bytes], end: bytes = b"--b0--\r\n") -> bytes:
    written = [
        b"--b0\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (head.encode(), body)
        for head, body in parts
    ]
    return b"".join(written) + end


def test_fields_files_and_lists() -> None:
    raw = form(
        ('name="model"', b"whisper"),
        ('name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg', b"\x00\r\n--b\xff"),
        ('name="tags[]"', b"word"),
        ('name="tags[]"', b"segment"),
        ('name="again"', b"1"),
        ('name="again"', b"2"),
        ('name="empty"', b""),
    )
    assert read_form(raw, TYPE, {}) == {
        "model": "whisper",
        "file": FILE,
        "tags": ["word", "segment"],
        "again": ["1", "2"],
        "empty": "",
    }


def test_types_are_those_that_the_protocol_has() -> None:
    raw = form(('name="n"', b"2"), ('name="s"', b"True"), ('name="p"', b"2"), ('name="t"', b"warm"))
    types = {"n": "integer", "s": "boolean", "t": "number"}
    assert read_form(raw, TYPE, types) == {"n": 2, "s": True, "p": "2", "t": "warm"}


def test_what_is_written_is_read_again() -> None:
    fields = {"model": "m", "file": FILE, "tags": ["a", "b"], "n": 2, "on": True, "o": {"k": [1]}, "no": None}
    raw, kind = write_form(fields)
    assert is_form(kind)
    types = {"n": "integer", "on": "boolean", "o": "object"}
    assert read_form(raw, kind, types) == {name: value for name, value in fields.items() if value is not None}
    assert write_form(fields) == (raw, kind), "the same form has the same boundary"


def test_names_of_files_cannot_break_out() -> None:
    fields = {"file": {**FILE, "filename": 'a"\r\nx: y', "media_type": "a/b\r\nx: y"}}
    raw, kind = write_form(fields)
    assert b"\r\nx: y" not in raw
    assert list(read_form(raw, kind, {})) == ["file"]


def test_one_field_is_patched_and_every_other_byte_stays() -> None:
    raw = form(
        ('name="file"; filename="model"', b"model"), ('name="model"', b"alias"), ('name="x"', b"alias")
    )
    assert patched_form(raw, TYPE, "model", "m-1") == raw.replace(b"\r\n\r\nalias", b"\r\n\r\nm-1", 1)
    assert read_form(patched_form(raw, TYPE, "model", ""), TYPE, {})["x"] == "alias"


def test_a_field_that_is_not_there_is_added() -> None:
    raw = form(('name="x"', b"1"))
    made = patched_form(raw, TYPE, "model", "m")
    assert made.endswith(raw) and read_form(made, TYPE, {}) == {"model": "m", "x": "1"}


@pytest.mark.parametrize(
    ("raw", "kind", "words"),
    [
        (form(('name="a"', b"1"), end=b""), TYPE, "cut off"),
        (b"", TYPE, "cut off"),
        (b"no form", TYPE, "cannot be read"),
        (form(('x="a"', b"1")), TYPE, "no name"),
        (b"", "multipart/form-data", "no boundary"),
        (form(*[('name="a"', b"1")] * (MAX_PARTS + 1)), TYPE, "more than"),
    ],
)
def test_what_is_no_form(raw: bytes, kind: str, words: str) -> None:
    with pytest.raises(RequestRefused, match=words) as refused:
        read_form(raw, kind, {})
    assert refused.value.info.code == "invalid_form"


def test_a_file_that_is_not_base64() -> None:
    with pytest.raises(RequestRefused, match="not base64"):
        write_form({"file": {**FILE, "data": "?"}})


@pytest.mark.parametrize(
    ("kind", "is_one"), [(TYPE, True), ("Multipart/Form-Data", True), ("text/plain", False), ("", False)]
)
def test_which_content_types_are_forms(kind: str, is_one: bool) -> None:
    assert is_form(kind) is is_one
