"""Many desks over real sockets, cut and slow, while calls, teams and rights change and servers die: boards are true."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from random import Random

import aiohttp
import pytest

from calls.intake.record import record
from tests.conftest import sign
from tests.guards import figure, patience
from tests.live.browser import Browser, out_of_order
from tests.live.people import NUMBERS, People, shown
from tests.live.server import Server
from tests.live.traffic import Traffic

SOCKETS_A_USER = 4


class Floor:
    """The people at their desks, and Twilio talking to the server; when nobody answers it tells the rows directly."""

    def __init__(self, server: Server, rng: Random, http: aiohttp.ClientSession, sockets: int) -> None:
        self.server, self.rng, self.http = server, rng, http
        self.people = People(rng, max(2, sockets // SOCKETS_A_USER))
        self.traffic = Traffic(rng, NUMBERS, at_once=12)
        self.desks: list[tuple[Browser, object]] = []
        for number in range(sockets):
            user = self.people.users[number % len(self.people.users)]
            pause = (lambda: rng.random() * 0.3) if number % 10 == 9 else (lambda: 0)
            self.desks.append((Browser(server.url, self.people.session(user), http, Random(number), pause), user))

    async def tick(self, changes: int) -> None:
        said = [self.traffic.next() for _ in range(changes)]
        await asyncio.gather(*(self.tell(one) for one in said))
        for browser, _ in self.desks:
            if self.rng.random() < 0.02:
                browser.abort()
        if self.rng.random() < 0.25:
            await asyncio.to_thread(self.people.change)

    async def tell(self, said) -> None:
        signed = {"X-Twilio-Signature": sign(said.url, said.params)}
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with self.http.post(self.server.url + said.url, data=said.params, headers=signed) as response:
                assert response.status < 300, (response.status, await response.text())
                return
        # It may have been heard before the server died: said twice is said once.
        await asyncio.to_thread(record, [said.arriving(datetime.now(UTC))])

    async def settle(self, within: float) -> float:
        """Seconds until every board is what the database says for its user."""
        began = time.monotonic()
        floor = await asyncio.to_thread(self.people.floor)
        wrong = self.desks
        while wrong := [desk for desk in wrong if shown(desk[0].board.calls) != self.people.board_of(desk[1], floor)]:
            if time.monotonic() - began > within:
                browser, user = wrong[0]
                is_, must = shown(browser.board.calls), self.people.board_of(user, floor)
                differ = {pk: (is_.get(pk), must.get(pk)) for pk in is_ | must if is_.get(pk) != must.get(pk)}
                raise AssertionError(
                    f"{len(wrong)} of {len(self.desks)} boards are wrong after {within} s; {user} (is, must): {differ} "
                    f"at {browser.board.revision}, closed {browser.closed}, "
                    f"last heard {time.monotonic() - browser.heard_at:.1f} s ago: "
                    f"{browser.log[-1][-6:]}; the server: {await asyncio.to_thread(self.server.last_words)}"
                )
            await asyncio.sleep(0.02)
        return time.monotonic() - began


@contextlib.asynccontextmanager
async def floor_of(rng, sockets, **settings):
    server = await asyncio.to_thread(Server, DESK_SOCKETS_PER_USER="100", **settings)
    await asyncio.to_thread(server.start)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as http,
        contextlib.AsyncExitStack() as open_desks,
    ):
        try:
            floor = await asyncio.to_thread(Floor, server, rng, http, sockets)
            for browser, _ in floor.desks:
                await open_desks.enter_async_context(browser)
            yield floor
        finally:
            await asyncio.to_thread(server.__exit__)


@pytest.mark.load
@pytest.mark.asyncio
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kills", [0, 5], ids=["all is well", "the server is killed"])
async def test_every_board_is_what_the_database_says_for_its_user(rows, rng, kills):
    changes, sockets = figure(3_000), figure(100, least=30)
    a_tick, rounds = 20, 5
    took = []
    async with floor_of(rng, sockets) as floor:
        await floor.settle(patience(10))
        for round_ in range(rounds):
            for _ in range(changes // rounds // a_tick):
                await floor.tick(a_tick)
            if round_ < (figure(kills) if kills else 0):
                floor.server.kill()
                await floor.tick(a_tick)
                await asyncio.to_thread(floor.server.start)
            took.append(await floor.settle(patience(10)))
        tracebacks = floor.server.tracebacks()
        desks = [browser for browser, _ in floor.desks]
    print(f"settled after {[round(seconds, 2) for seconds in took]} s, connections {sum(len(d.log) for d in desks)}")
    assert [wrong for browser in desks for wrong in out_of_order(browser.log)] == []
    assert tracebacks == []
