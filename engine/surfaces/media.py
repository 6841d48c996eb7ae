"""Media that a request names by its URL, and its bytes in the URL's stead."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

# Types of parts that may stand in a request by their URL.
BY_URL = ("image", "audio", "file")


class Fetched(NamedTuple):
    """What stood behind a URL; `data` is base64."""

    media_type: str
    data: str

    @property
    def url(self) -> str:
        return f"data:{self.media_type};base64,{self.data}"


Inline = Callable[[str, str, str], Fetched | None]
"""Type of the part, its URL, where it stands in the client's words → its bytes; None leaves it as it is."""
