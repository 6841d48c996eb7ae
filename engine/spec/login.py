"""`login:` of a dialect, how a credential of the platform is acquired and kept fresh."""

from __future__ import annotations

from engine.spec.base import Spec, field, spec
from engine.spec.request import Request
from engine.tree import Node


@spec
class Start(Spec):
    """The call that begins a login."""

    LABEL = "start"
    NULLS = True

    request: Request | None = field("The call; none if the flow begins with its link.", default=None)
    values: Node | None = field(
        "What is kept of the answer: `login.*` in all that follows. Left out, the whole answer.",
        default=None,
        example={"state": "=data.state"},
    )


@spec
class Poll(Spec):
    """The call that asks whether the user has logged in. Its conditions see `data`, `status`, `headers`."""

    LABEL = "poll"
    NULLS = True

    request: Request | None = field("The call.", default=None)
    every: Node | None = field("The wait between two calls: a duration, or an expression.", default=None,
                               example="=login.interval")  # fmt: skip
    within: Node | None = field("How long the user may take: a duration, or an expression.", default=None,
                                example="30m")  # fmt: skip
    max: int | None = field("How many calls at most.", default=None, minimum=1)
    pending: Node | None = field("The user is not done yet.", default=None)
    slow_down: Node | None = field("Not done yet, and asked too often: five seconds are added.", default=None)
    denied: Node | None = field("It will never come to it.", default=None)
    until: Node | None = field("The login is there. Left out: any answer that is no error.", default=None)


@spec
class Refresh(Spec):
    """The call that renews a credential before it ends; `credential` is the one that is renewed."""

    LABEL = "refresh"
    NULLS = True

    request: Request | None = field("The call.", default=None)
    when: Node | None = field(
        "Whether there is anything to renew it with.", default=None, example="=credential.refresh_token"
    )
    before: float | None = field("How long before the end.", default=None, form="duration", example="10m")
    store: Node | None = field("What is kept; left out, as `store` of the login says.", default=None)


@spec
class Login(Spec):
    """How a credential is acquired: start, the user opens a link, poll, store; and how it is refreshed."""

    LABEL = "login"
    NULLS = True

    start: Start | None = field("The call that begins it.", default=None)
    link: Node | None = field("What the user opens.", default=None, example="=login.verification_uri")
    code: Node | None = field("What the user types in there, if anything.", default=None)
    poll: Poll | None = field("The call that asks whether it is done.", default=None)
    store: Node | None = field(
        "The credential: `key`, `expires`, and whatever else `credential.*` is to hold. `id` names it.",
        default=None,
    )
    refresh: Refresh | None = field("The call that renews it.", default=None)
