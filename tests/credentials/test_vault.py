"""Credentials that come at run time are seen all at once, and cost nothing when there are none."""

from engine.credentials.model import Credential, Found, Pool
from engine.credentials.vault import Vault

POOL = Pool("p", credentials=(Credential("a", "ka"),))


def test_nothing_found_is_the_pool_itself() -> None:
    assert Vault().pool(POOL) is POOL
    assert Vault({"other": Found()}).pool(POOL) is POOL


def test_the_joined_pool_is_kept_until_something_else_is_found() -> None:
    vault = Vault({"p": Found((Credential("b", "kb"),))})
    once = vault.pool(POOL)
    assert [one.id for one in once.credentials] == ["a", "b"]
    assert vault.pool(POOL) is once
    vault.found = {"p": Found((Credential("b", "new"),))}
    assert [one.key for one in vault.pool(POOL).credentials] == ["ka", "new"]


def test_what_is_declared_wins_and_what_is_off_is_gone() -> None:
    vault = Vault({"p": Found((Credential("a", "other"), Credential("b", "kb")), frozenset("b"))})
    assert [one.key for one in vault.pool(POOL).credentials] == ["ka"]
