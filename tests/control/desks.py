"""A floor for a file of tests, and a desk of it for each: a world of its own.

The file says how many `DESKS` it needs, and may say how many calls a second the program may make.
"""

from collections.abc import Iterator

import pytest
from django.db import connections

from tests.control.floor import Desk, Floor, opened


@pytest.fixture(scope="module")
def floor(database: None, request: pytest.FixtureRequest) -> Iterator[Floor]:
    with opened(request.module.DESKS, calls_per_second=getattr(request.module, "CALLS_PER_SECOND", 50)) as floor:
        yield floor
    connections.close_all()


@pytest.fixture(scope="module")
def desks(floor: Floor) -> Iterator[Desk]:
    return iter(floor.desks)


@pytest.fixture
def desk(desks: Iterator[Desk]) -> Desk:
    return next(desks)
