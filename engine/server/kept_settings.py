"""What an edit of `proxyctl.yaml` would change, and that it needs a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from engine.config.settings import FILE, read_settings
from engine.config.site import Content, Unreadable
from engine.diagnostics import Diagnostic
from engine.ports import Secrets
from engine.server.startup import Plan
from engine.spec.settings import Settings


@dataclass(frozen=True, slots=True)
class Kept:
    """`errors` of the file as it is now, else the names of the settings that `changed`."""

    errors: tuple[Diagnostic, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def notice(self) -> str | None:
        """One sentence, None when the file says what is in use."""
        if self.errors:
            return f"{FILE} has errors; the settings of the start go on"
        if self.changed:
            return f"boot settings changed ({', '.join(self.changed)}); restart to use them"
        return None


def kept(content: Content | None, plan: Plan, environment: Mapping[str, str], secrets: Secrets) -> Kept:
    """Compare the file (None: there is none) with the settings that are in use."""
    if isinstance(content, Unreadable):
        return Kept(errors=(content.diagnostic(FILE),))
    boot = read_settings(content, environment, plan.flags, secrets)
    errors = tuple(found for found in boot.diagnostics if found.is_error)
    return Kept(errors) if errors else Kept(changed=_changed(plan.settings, boot.settings))


def _changed(before: Settings, after: Settings) -> tuple[str, ...]:
    names = (field.name for field in fields(Settings))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
