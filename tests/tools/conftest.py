"""A service that stands in for a real one, and the tools of a real document over it."""

from collections.abc import Iterator

import pytest

from tools.stand_in import GITHUB, StandIn
from ttpa.tools.openapi_toolset import OpenApiToolset


@pytest.fixture
def service() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()


@pytest.fixture
def github(service: StandIn) -> Iterator[OpenApiToolset]:
    with OpenApiToolset(GITHUB, server=service.url, allow_write=True) as toolset:
        yield toolset
