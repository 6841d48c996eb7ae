from __future__ import annotations

from engine.surfaces.media import Fetched


def test_what_was_fetched_is_a_url_of_its_own() -> None:
    assert Fetched("image/png", "aGk=").url == "data:image/png;base64,aGk="
