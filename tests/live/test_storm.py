"""The server dies and comes back: everybody comes back with it, and Twilio is answered in time meanwhile."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from calls.intake.record import record
from tests.conftest import sign
from tests.guards import figure, patience
from tests.live.test_resume import floor_of

PAUSE = 0.05  # 20 callbacks a second


async def callbacks(floor, told: list[float], stop: asyncio.Event) -> None:
    """One after the other, each with how long it took; what nobody heard is said again later."""
    while not stop.is_set():
        said, began = floor.traffic.next(), time.monotonic()
        signed = {"X-Twilio-Signature": sign(said.url, said.params)}
        try:
            async with floor.http.post(floor.server.url + said.url, data=said.params, headers=signed) as response:
                assert response.status < 300, response.status
            told.append(time.monotonic() - began)
        except OSError:  # nobody there: of that the servers before ours repeat it
            await asyncio.to_thread(record, [said.arriving(datetime.now(UTC))])
        await asyncio.sleep(PAUSE)


@pytest.mark.load
@pytest.mark.asyncio
@pytest.mark.timeout(300)
async def test_all_desks_are_back_in_ten_seconds_and_twilio_is_answered_in_one(rows, rng):
    async with floor_of(rng, figure(200, least=40)) as floor:
        await floor.settle(patience(10))
        desks = [browser for browser, _ in floor.desks]
        for _ in range(figure(3)):
            lines = sum(len(desk.log) for desk in desks)
            await asyncio.to_thread(floor.server.kill)
            await asyncio.to_thread(floor.server.start)
            took, stop, began = [], asyncio.Event(), time.monotonic()
            twilio = asyncio.create_task(callbacks(floor, took, stop))
            while not all(desk.socket is not None and desk.heard for desk in desks):
                assert time.monotonic() - began < patience(10), f"{sum(not desk.heard for desk in desks)} are not back"
                await asyncio.sleep(0.05)
            back = time.monotonic() - began
            stop.set()
            await twilio
            await floor.settle(patience(10))
            # Who is back stays: nobody is thrown out to come again.
            assert sum(len(desk.log) for desk in desks) - lines == len(desks)
            slow = sorted(took)[int(len(took) * 0.99)] if took else 0.0
            print(f"{len(desks)} desks back after {back:.1f} s; the slowest of {len(took)} callbacks took {slow:.3f} s")
            assert slow < patience(1)
        assert floor.server.tracebacks() == []
