"""A running engine before every platform, for clients that are not among the project's own requirements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.upstream import Upstream
from tests.e2e.engine_process import EngineProcess, write_site
from tests.matrix.engine import site


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    with Upstream() as upstream:
        write_site(folder, all=site(f"{upstream.url}/{{name}}").decode())
        with EngineProcess(folder) as engine:
            yield engine.url
