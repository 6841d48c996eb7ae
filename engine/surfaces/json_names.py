"""Names in JSON that is not parsed."""

from __future__ import annotations

# JSON may write the letters of a name as escapes. Nobody does, but nothing shall hide in that.
ESCAPED_LETTER = rb"\\u00[4-7]"


def names_once(raw: bytes, name: bytes) -> bool:
    """Whether `name`, in its quotes, stands in this JSON once, and no name could be that word in escapes.

    Looked for from the end, which takes CPython half as long.
    """
    return -1 < raw.find(name) == raw.rfind(name) and raw.rfind(b"\\u00") == -1
