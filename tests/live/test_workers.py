"""Several processes over one PostgreSQL and one Redis: whichever hears a report, every board shows it."""

import asyncio
import contextlib
import time
from random import Random

import aiohttp
import pytest
from django.db import connection

from tests.guards import figure, patience
from tests.live.browser import Browser, out_of_order
from tests.live.server import Server, database_url
from tests.live.test_resume import Floor

NAME = "livedesk-under-test"


class Floors(Floor):
    """Twilio reaches one process with each report, people sit at all of them."""

    def __init__(self, servers: list[Server], rng: Random, http: aiohttp.ClientSession, sockets: int) -> None:
        super().__init__(servers[0], rng, http, sockets)
        self.servers = servers
        for number, (browser, _) in enumerate(self.desks):
            browser.url = servers[number % len(servers)].url

    async def tell(self, said) -> None:
        self.server = self.rng.choice(self.servers)
        await super().tell(said)

    async def move_house(self) -> None:
        """A desk that reconnects is at another process."""
        browser, _ = self.rng.choice(self.desks)
        browser.url = self.rng.choice(self.servers).url
        browser.abort()


@pytest.mark.load
@pytest.mark.lane_b(only=True)
@pytest.mark.asyncio
async def test_every_board_at_every_process_is_what_the_database_says(rows, rng):
    changes, a_tick = figure(2_000), 20
    url = f"{database_url()}?application_name={NAME}"
    servers = [
        await asyncio.to_thread(Server, DESK_SOCKETS_PER_USER="100", DATABASE_URL=url)
        for _ in range(figure(3, least=2))
    ]
    async with contextlib.AsyncExitStack() as open_desks:
        for server in servers:
            open_desks.push_async_callback(asyncio.to_thread, server.__exit__)
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
        http = await open_desks.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=4)))
        floor = await asyncio.to_thread(Floors, servers, rng, http, figure(60, least=16))
        for browser, _ in floor.desks:
            await open_desks.enter_async_context(browser)
        await floor.settle(patience(10))
        took = []
        for tick in range(changes // a_tick):
            await floor.tick(a_tick)
            await floor.move_house()
            if tick % 5 == 4:
                took.append(await floor.settle(patience(5)))
        # The database restarts: connections are cut, and nobody is told.
        assert await asyncio.to_thread(cut) > 0
        began = time.monotonic()
        await floor.tick(a_tick)
        took.append(await floor.settle(patience(5)))
        print(
            f"settled after {[round(seconds, 2) for seconds in took]} s, {time.monotonic() - began:.1f} s after the cut"
        )
        desks: list[Browser] = [browser for browser, _ in floor.desks]
    assert [wrong for browser in desks for wrong in out_of_order(browser.log)] == []


def cut() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [NAME])
        return len(cursor.fetchall())
