"""`GET /admin/audit`: who changed what at run time, the latest first."""

from __future__ import annotations

from engine.errors import RequestRefused
from engine.server.client_desk import Clerk
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page

USUAL, MOST = 100, 1000


def audit_pages(clerk: Clerk) -> dict[str, OwnPage]:
    async def audit(asked: Asked) -> Page:
        limit = asked.inbound.query.get("limit", str(USUAL))
        if not (limit.isascii() and limit.isdecimal() and 1 <= len(limit) <= 4 and 0 < int(limit) <= MOST):
            message = f"limit is a number from 1 to {MOST}"
            raise RequestRefused(message, code="invalid_value", param="limit")
        return json_page({"changes": await clerk.ask("audit.list", {"limit": int(limit)})})

    return {"/admin/audit": admin_page(GET=audit)}
