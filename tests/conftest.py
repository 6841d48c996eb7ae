"""Fixtures for all tests."""

from __future__ import annotations

import uuid

import pytest

from tests.services import service


@pytest.fixture(scope="session")
def redis_server() -> str:
    return service("redis", "redis://127.0.0.1:6379/0")


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """A space of its own in a real Redis; what is in it goes by itself."""
    return f"{redis_server}#test-{uuid.uuid4().hex}"
