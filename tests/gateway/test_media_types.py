from __future__ import annotations

import pytest

from engine.gateway.media_types import fits, media_type

JPEG = b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize(
    ("part", "label", "url", "data", "kind"),
    [
        ("image", "image/png", "https://a/x", JPEG, "image/jpeg"),  # labels lie, bytes do not
        ("image", "Image/PNG; charset=x", "https://a/x", b"?", "image/png"),
        ("image", "application/octet-stream", "https://a/x", JPEG, "image/jpeg"),
        ("image", "", "https://a/x.WebP?y=z.gif", b"?", "image/webp"),
        ("image", "text/html", "https://a/x.png", b"<html>", "text/html"),
        ("image", "", "https://a/x", b"RIFF....WEBP", "image/webp"),
        ("image", "", "https://a/x", b"?", ""),
        ("audio", "", "https://a/x", b"RIFF....WAVE", "audio/wav"),
        ("file", "", "https://a/x", b"%PDF-1.7", "application/pdf"),
        ("file", "", "https://a/x.docx", b"PK", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
)  # fmt: skip
def test_what_bytes_are(part: str, label: str, url: str, data: bytes, kind: str) -> None:
    assert media_type(part, label, url, data) == kind


@pytest.mark.parametrize(
    ("part", "kind", "good"),
    [
        ("image", "image/png", True),
        ("image", "image/svg+xml", False),
        ("image", "text/html", False),
        ("image", "", False),
        ("audio", "audio/mpeg", True),
        ("audio", "image/png", False),
        ("file", "application/pdf", True),
        ("file", "text/plain", True),
        ("file", "application/octet-stream", False),
    ],
)
def test_what_may_stand_in_a_part(part: str, kind: str, good: bool) -> None:
    assert fits(part, kind) is good
