"""Supervisors who press everything that may be pressed, for twenty minutes (a minute of it in CI): nobody is lost."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from calls.models import OPEN_STATES, Action
from tests.control.floor import opened, until
from tests.control.pressing import Presser, Told
from tests.guards import SOAK

pytestmark = [pytest.mark.floor, pytest.mark.timeout(30 * 60)]
SECONDS = 20 * 60 if SOAK else 60
SUPERVISORS = 6


def test_whatever_is_pressed_no_caller_is_lost_and_no_wish_stays_open(
    database: None, request: pytest.FixtureRequest
) -> None:
    seed, told = str(request.config.option.seed), Told()
    with opened(SUPERVISORS) as floor:
        end = time.monotonic() + SECONDS

        def works(number: int) -> None:
            try:
                Presser(floor.desks[number], told, f"{seed} {number}").works(end)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(SUPERVISORS) as supervisors:
            list(supervisors.map(works, range(SUPERVISORS)))
        floor.everybody_hangs_up()
        still = Action.objects.filter(state__in=OPEN_STATES)
        until(lambda: not still.exists(), "every wish is settled", within=60)
        tracebacks = floor.server.tracebacks()
    print("\n".join(["", *told.lines()]))  # noqa: T201  the figures of the run
    connections.close_all()
    assert told.calls and told.pressed
    assert (told.lost, sorted(told.late), told.wrong, tracebacks) == ([], [], [], [])
