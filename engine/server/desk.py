"""What operators do with credentials and settings at run time: one place for the pages that they use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from engine.adapters.metrics import Families
from engine.server.admin.credentials import credential_pages, uses_of
from engine.server.admin.logins import login_pages
from engine.server.admin.pools import pool_pages
from engine.server.admin.settings import setting_pages
from engine.server.desk_verbs import DeskVerbs, Verb
from engine.server.own_pages import OwnPage
from engine.server.runtime_settings import Keeps, RuntimeSettings
from engine.server.vault.logins import Logins
from engine.server.vault.pools import Pools
from engine.server.vault.standing import Uses
from engine.server.vault.treasury import Treasury
from engine.snapshot.model import Snapshot


class Desk:
    """Of one worker. `run_dir` holds logins that are under way; `numbers` are the metrics of all workers."""

    def __init__(
        self,
        treasury: Treasury,
        site: Path,
        run_dir: Path,
        served: Callable[[], Snapshot | None],
        keeper: Keeps,
        numbers: Callable[[], Iterable[Families]],
    ) -> None:
        self.treasury = treasury
        self._numbers = numbers
        self.pools = Pools(treasury)
        self.logins = Logins(treasury, run_dir / "logins")
        self.settings = RuntimeSettings(site, served, keeper, treasury.note)

    def uses(self) -> Uses:
        """How often each credential was used since the server started."""
        return uses_of(self._numbers())

    def verbs(self) -> dict[str, Verb]:
        """What actions ask of the server, by name."""
        return DeskVerbs(self.pools, self.logins, self.settings, self.uses).by_name()

    def pages(self) -> dict[str, OwnPage]:
        """The pages by path."""
        return {
            **credential_pages(self.treasury, self.uses),
            **pool_pages(self.pools),
            **login_pages(self.logins),
            **setting_pages(self.settings),
        }
