"""Forms with files, `multipart/form-data`: read into fields, written from fields, one field patched in place.

A file is `{filename, media_type, data}`, its bytes in base64: a template can put it into JSON as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from engine.errors import RequestRefused

Json = dict[str, Any]
TYPE = "multipart/form-data"
MAX_PARTS = 256


class Part(NamedTuple):
    """A field as it came; `start` and `end` are where its content stands in the body."""

    name: str
    filename: str | None
    media_type: str
    start: int
    end: int


def is_form(content_type: str) -> bool:
    return content_type[: len(TYPE)].lower() == TYPE


def read_form(raw: bytes, content_type: str, types: Mapping[str, str]) -> Json:
    """The fields of a form; `types` are the JSON types of those that are no texts. Raises `RequestRefused`.

    `name[]`, and a name that comes again, make a list.
    """
    found: Json = {}
    for part in parts_of(raw, content_type):
        name = part.name.removesuffix("[]")
        value = _value(raw, part, types.get(name))
        if name in found or name != part.name:
            before = found.get(name, [])
            found[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            found[name] = value
    return found


def write_form(fields: Mapping[str, Any]) -> tuple[bytes, str]:
    """The body and its content type; nulls are left out, lists are `name[]`."""
    parts = [part for name, value in fields.items() for part in _written(name, value)]
    boundary = hashlib.sha256(b"".join(parts)).hexdigest()[:40].encode()
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts) + b"--%b--\r\n" % boundary
    return body, f"{TYPE}; boundary={boundary.decode()}"


def patched_form(raw: bytes, content_type: str, name: str, value: str) -> bytes:
    """The same form with another value for one field, every other byte as it is."""
    boundary, content = _boundary(content_type), value.encode()
    for part in parts_of(raw, content_type):
        if part.name == name:
            return raw[: part.start] + content + raw[part.end :]
    return (
        b'--%b\r\ncontent-disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (boundary, name.encode(), content)
        + raw
    )


def parts_of(raw: bytes, content_type: str) -> list[Part]:
    """Raises `RequestRefused` for a form that is none, is cut off or has too many fields."""
    reading = Reading()
    try:
        parser = MultipartParser(_boundary(content_type), reading.callbacks())
        parser.write(raw)
        parser.finalize()
    except FormParserError as wrong:
        raise _refused(f"the form cannot be read: {wrong}") from wrong
    if not reading.ended:
        raise _refused("the form is cut off: its last boundary is missing")
    return reading.parts


class Reading:
    """What the parser tells, of a body that it is given in one piece."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._headers: dict[bytes, bytes] = {}
        self._field = self._text = b""
        self._start = self._end = -1

    def callbacks(self) -> Any:
        told: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._finish,
            "on_header_field": self._add_field,
            "on_header_value": self._add_text,
            "on_header_end": self._header,
            "on_end": self._over,
        }
        return told

    def _begin(self) -> None:
        self._headers = {}
        self._field = self._text = b""
        self._start = self._end = -1

    def _add_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _add_text(self, data: bytes, start: int, end: int) -> None:
        self._text += data[start:end]

    def _header(self) -> None:
        self._headers[self._field.lower()] = self._text
        self._field = self._text = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._start = start if self._start < 0 else self._start
        self._end = end

    def _finish(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name, filename = options.get(b"name"), options.get(b"filename")
        if not name:
            raise _refused("a field of the form has no name")
        if len(self.parts) >= MAX_PARTS:
            raise _refused(f"the form has more than {MAX_PARTS} fields")
        kind = self._headers.get(b"content-type", b"").decode("latin-1")
        told = None if filename is None else filename.decode("utf-8", "replace")
        start = max(self._start, 0)
        self.parts.append(Part(name.decode("utf-8", "replace"), told, kind, start, max(self._end, start)))

    def _over(self) -> None:
        self.ended = True


def _value(raw: bytes, part: Part, kind: str | None) -> Any:
    content = raw[part.start : part.end]
    if part.filename is not None:
        media_type = part.media_type or "application/octet-stream"
        return {
            "filename": part.filename,
            "media_type": media_type,
            "data": base64.b64encode(content).decode(),
        }
    text = content.decode("utf-8", "replace")
    if kind in ("integer", "number", "boolean", "object"):
        try:
            return orjson.loads(text.lower() if kind == "boolean" else text)
        except orjson.JSONDecodeError:
            return text  # the check of the body says what is wrong with it
    return text


def _written(name: str, value: Any) -> list[bytes]:
    if value is None:
        return []
    if isinstance(value, list):
        return [part for item in value for part in _written(f"{name}[]", item)]
    head = f'content-disposition: form-data; name="{_quoted(name)}"'
    if isinstance(value, dict) and isinstance(value.get("data"), str) and "filename" in value:
        filename = _quoted(str(value["filename"]))
        head += f'; filename="{filename}"'
        kind = _quoted(str(value.get("media_type") or "application/octet-stream"))
        return [f"{head}\r\ncontent-type: {kind}\r\n\r\n".encode() + _bytes(value["data"], name)]
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return [f"{head}\r\n\r\n{text}".encode()]


def _bytes(data: str, name: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as wrong:
        raise RequestRefused(f"the file {name!r} is not base64", param=name, code="invalid_value") from wrong


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _boundary(content_type: str) -> bytes:
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary or len(boundary) > 200:
        raise _refused("the form has no boundary: `content-type: multipart/form-data; boundary=…`")
    return boundary


def _refused(message: str) -> RequestRefused:
    return RequestRefused(message, code="invalid_form")
