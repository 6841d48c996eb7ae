"""What fetched bytes are: by what they begin with, else by their label, else by the name of the file."""

from __future__ import annotations

from urllib.parse import urlsplit

# (offset, bytes) → media type; the first that fits counts.
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
)

BY_ENDING = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "bmp": "image/bmp", "heic": "image/heic", "heif": "image/heif", "avif": "image/avif",
    "tiff": "image/tiff",
    "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv",
    "html": "text/html", "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "m4a": "audio/mp4",
}  # fmt: skip

# Labels that say nothing.
UNLABELLED = ("", "application/octet-stream", "binary/octet-stream", "application/force-download")

# What a part may be: nobody takes a page for a picture, or a drawing for pixels.
FAMILIES = {"image": ("image/",), "audio": ("audio/",), "file": ("",)}
REFUSED = {"image": ("image/svg+xml",), "file": UNLABELLED}


def media_type(part: str, label: str, url: str, data: bytes) -> str:
    """The media type of `data`, labelled `label`, for a part of that type; empty if nothing tells."""
    found = _by_magic(data)
    if found is not None and _is_of(part, found):
        return found
    named = label.partition(";")[0].strip().lower()
    if named not in UNLABELLED:
        return named
    return found or BY_ENDING.get(urlsplit(url).path.rpartition(".")[2].lower(), named)


def fits(part: str, kind: str) -> bool:
    """Whether a media type may stand in a part of that type."""
    return _is_of(part, kind) and kind not in REFUSED.get(part, ())


def _is_of(part: str, kind: str) -> bool:
    return kind.startswith(FAMILIES[part])


def _by_magic(data: bytes) -> str | None:
    return next((kind for at, magic, kind in MAGIC if data.startswith(magic, at)), None)
