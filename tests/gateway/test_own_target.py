from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.gateway.own_target import check_url
from tests.gateway.acted import SITE as AROUND
from tests.gateway.acted import Acts
from tests.gateway.playbook import Json, Status

SITE = (
    AROUND
    + """
  own:
    path: /own
    profile: {owner: =body.user}
    action: complete
    with:
      input: hi
      model: "=profile.preset || 'smart'"
      target: {dialect: plain, base_url: =profile.url, model: =profile.model, key: =profile.key}
      params: =profile.params
    response: {said: =result.text}
    errors: detail
"""
)

PROFILES: dict[str, Any] = {
    "ann": {"url": "https://ann.test/", "model": "big", "key": "sk-ann", "params": {"temperature": 1}},
    "bob": {"url": "https://bob.test", "model": "small", "key": None, "params": {}},
    "cat": {"url": None, "preset": "smart", "model": None, "key": None, "params": {}},
    "eve": {"url": "http://127.0.0.1:1", "model": "x", "key": None, "params": {}},
}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1/v1", "its host is a loopback address"),
        ("http://[::1]/v1", "its host is a loopback address"),
        ("http://169.254.169.254/", "its host is a link-local address"),
        ("http://10.1.2.3/", "its host is a private address"),
        ("ftp://example.com", "it is no http"),
        ("https://a:b@example.com/", "it holds a name or a password"),
        ("https://example.com/?x=1", "it holds a '?'"),
    ],
)
def test_urls_that_may_not_be_called(url: str, reason: str) -> None:
    with pytest.raises(RequestRefused, match=reason) as caught:
        check_url(url, ())
    assert (caught.value.info.code, caught.value.info.status) == ("bad_url", 400)


def test_networks_may_be_allowed() -> None:
    check_url("http://10.1.2.3/v1", ("10.0.0.0/8",))


class Users(Acts):
    """A site whose users have settings."""

    def __init__(self) -> None:
        super().__init__(SITE)
        self.gateway.office.verbs["profiles.open"] = self._profile

    async def _profile(self, args: Mapping[str, Any]) -> Any:
        assert args["space"] == "main"
        return PROFILES.get(args["owner"])


def test_each_user_has_an_upstream_of_their_own() -> None:
    users = Users()
    answer = {"text": "hi"}
    for user in ("ann", "bob", "cat", "nobody", "ann"):
        assert users.act("own", {"user": user}, script=[Json(answer)]).data == {"said": "hi"}
    assert users.sent == [
        "ann sk-ann big", "bob - small", "a sk-secret-a m1", "a sk-secret-a m1",
        "ann sk-ann big",
    ]  # fmt: skip


def test_each_address_is_checked_as_it_is_connected_to() -> None:
    users = Users()
    users.act("own", {"user": "ann"}, script=[Json({"text": "hi"})])
    users.act("own", {"user": "cat"}, script=[Json({"text": "hi"})])
    own, sites = users.upstream.calls
    assert (own.channel.reach, sites.channel.reach) == ((), None)


def test_a_url_that_may_not_be_called_is_not_called() -> None:
    heard = Users().act("own", {"user": "eve"})
    assert heard.status == 400
    assert "its host is a loopback address" in str(heard.data)


def test_the_trouble_of_one_user_is_none_of_anothers() -> None:
    users = Users()
    for _ in range(8):
        assert users.act("own", {"user": "ann"}, script=[Status(500)]).status == 502
    assert users.act("own", {"user": "ann"}, script=[Json({"text": "hi"})]).status == 200
