"""The application in this process, behind real sockets: what it holds can be looked at from inside."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import aiohttp
import pytest_asyncio
import uvicorn
from django.contrib.auth.models import User

from calls.intake.record import record
from calls.live.hub import hub
from calls.models import Board
from tests.guards import patience
from tests.intake.teller import Said
from tests.live.browser import Browser, Socket, opening
from tests.live.people import NUMBERS, People, shown
from tests.live.server import signed_in
from tests.live.traffic import Traffic
from tests.services import free_port


@dataclass
class Picture:
    """An answer at /desk/board/."""

    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Here:
    """A server in the test's own loop, with people, lines and Twilio's traffic."""

    url: str
    http: aiohttp.ClientSession
    people: People
    traffic: Traffic
    rng: Random

    async def session(self, user: User) -> str:
        return await asyncio.to_thread(signed_in, user)

    @contextlib.asynccontextmanager
    async def at_a_desk(self, user: User, **how: Any) -> AsyncIterator[Browser]:
        """A browser that does what ours does."""
        async with Browser(self.url, await self.session(user), self.http, self.rng, **how) as browser:
            await eventually(lambda: browser.board.revision is not None and browser.log[-1][-1][0] == "heard")
            yield browser

    @contextlib.asynccontextmanager
    async def on_the_wire(self, user: User | None = None, *, session: str = "") -> AsyncIterator[Socket]:
        """A socket that says only what it is told to say. `hello` was heard."""
        session = session or await self.session(user or self.people.users[0])
        async with opening(self.url, session) as connection:
            socket = Socket(connection)
            await socket.hear("hello")
            yield socket

    async def picture(self, session: str, **headers: str) -> "Picture":
        async with self.http.get(
            f"{self.url}/desk/board/", headers={"Cookie": f"sessionid={session}", **headers}
        ) as response:
            return Picture(response.status, response.headers, await response.read())

    async def happens(self, *said: Said, many: int = 0) -> None:
        """Reports are recorded, by another thread as ever, and the tail of this process has read them."""
        told = [*said, *(self.traffic.next() for _ in range(many))]
        await asyncio.to_thread(record, [one.arriving(datetime.now(UTC)) for one in told])
        await self.is_read()

    async def is_read(self) -> None:
        board = await asyncio.to_thread(Board.objects.get)
        await eventually(lambda: hub.mirror.epoch == board.epoch and hub.mirror.revision >= board.revision)

    async def the_boards_are_true(self, desks: dict[Browser, User], *, within: float = 2.0) -> None:
        floor = await asyncio.to_thread(self.people.floor)
        for browser, user in desks.items():
            must = self.people.board_of(user, floor)
            await eventually(
                lambda browser=browser, must=must: shown(browser.board.calls) == must,
                within,
                lambda browser=browser, user=user, must=must: f"{user}: {shown(browser.board.calls)}, not {must}",
            )


@pytest_asyncio.fixture
async def here(rows: None, rng: Random) -> AsyncIterator[Here]:
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            "tests.live.unhealed:application", port=port, ws="websockets-sansio", ws_per_message_deflate=False,
            ws_max_size=65536, lifespan="on", log_config=None, log_level="warning", timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    people = await asyncio.to_thread(People, rng, 6)
    serving = asyncio.create_task(server._serve())  # not serve(): that one takes pytest's signals
    await eventually(lambda: server.started)
    async with aiohttp.ClientSession() as http:
        here = Here(f"http://127.0.0.1:{port}", http, people, Traffic(rng, NUMBERS, at_once=8), rng)
        await here.happens(many=60)
        yield here
    server.should_exit = True
    await serving
    assert not hub.desks


async def eventually(
    true: Callable[[], Any], within: float = 5.0, what: Callable[[], str] = lambda: "It did not come about in time."
) -> None:
    until = asyncio.get_running_loop().time() + patience(within)
    while not true():
        assert asyncio.get_running_loop().time() < until, what()
        await asyncio.sleep(0.01)
