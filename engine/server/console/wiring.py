"""All that the admin page is made of: its pages, the log-in, and the parts of the API that only it needs."""

from __future__ import annotations

from engine.server.admin.effective import effective_pages
from engine.server.admin.models import model_pages
from engine.server.admin.overview import Sources, overview_pages
from engine.server.admin.trial import trial_pages
from engine.server.console.login import Login, login_form_pages
from engine.server.console.pages import console_pages
from engine.server.ingress import Answering
from engine.server.own_pages import OwnPage
from engine.spec.settings import Settings


def browser_pages(
    sources: Sources, settings: Settings, login: Login, gateway: Answering
) -> dict[str, OwnPage]:
    """The pages by path."""
    return {
        **login_form_pages(login),
        **console_pages(login.door),
        **overview_pages(sources),
        **model_pages(sources.serving),
        **effective_pages(settings, sources.serving),
        **trial_pages(gateway, sources.serving, sources.clients),
    }
