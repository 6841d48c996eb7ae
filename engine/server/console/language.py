"""Which language a page is shown in: what was chosen, else what the browser prefers, else English."""

from __future__ import annotations

from engine.events import Inbound
from engine.server.access.sessions import cookie

USUAL = "en"
# Each has a file in `texts/`; the names are shown in the switch.
LANGUAGES = {"en": "English", "zh": "中文"}
COOKIE = "proxyctl_lang"


def language(inbound: Inbound) -> str:
    """One of `LANGUAGES`: `?lang=`, the cookie, `Accept-Language`, in this order."""
    for chosen in (inbound.query.get("lang", ""), cookie(inbound, COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    for preferred in preferences(inbound.headers.get("accept-language", "")):
        if preferred in LANGUAGES:
            return preferred
    return USUAL


def preferences(header: str) -> list[str]:
    """The languages of `zh-CN, en;q=0.5`, without their regions, the preferred one first."""
    found: list[tuple[float, int, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.partition(";q=")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if primary and quality > 0:
            found.append((-quality, len(found), primary))
    return [primary for _, _, primary in sorted(found)]


def _quality(text: str) -> float:
    try:
        return float(text) if text.strip() else 1.0
    except ValueError:
        return 0.0
