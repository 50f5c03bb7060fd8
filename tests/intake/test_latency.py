"""Twilio does not wait: callbacks at a hundred a second, with fifty desks open, are answered within a second."""

import asyncio
import contextlib
import threading
import time
from datetime import timedelta
from urllib.parse import urlencode

import aiohttp
import pytest
from django.db import connection
from django.utils import timezone

from tests.conftest import sign
from tests.guards import figure, patience
from tests.intake.conversations import Conversation, make_floor
from tests.intake.exchange import FORM, Exchange
from tests.live.browser import Browser
from tests.live.server import Server, signed_in

RATE = 100  # a second
STALL = 2.0  # seconds


def hold_the_database(begun: threading.Event) -> None:
    """Somebody else writes, and takes two seconds over it."""
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            else:
                cursor.execute("BEGIN")
                cursor.execute("LOCK TABLE calls_board IN EXCLUSIVE MODE")
            begun.set()
            time.sleep(STALL)
            cursor.execute("ROLLBACK")
    finally:
        connection.close()


async def posted(http: aiohttp.ClientSession, server: Server, statement, signature: str) -> tuple[int, float]:
    path, form = statement
    began = time.monotonic()
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
    async with http.post(server.url + path, data=urlencode(form), headers=headers) as answer:
        await answer.read()
        return answer.status, time.monotonic() - began


WEATHER = {
    "all is well": ("callcenter.settings", False, 1.0),
    "the channel layer raises": ("tests.intake.bad_layer", False, 1.0),
    "the database stalls for two seconds": ("callcenter.settings", True, STALL + 1.0),
}


@pytest.mark.load
@pytest.mark.asyncio
@pytest.mark.timeout(600)
@pytest.mark.parametrize("weather", WEATHER)
async def test_callbacks_are_answered_in_time_while_fifty_desks_watch(rows, billing, alice, rng, weather):
    """1,000 of them; with a stall they wait for its end, and none is refused."""
    module, stalls, bound = WEATHER[weather]
    calls, sockets = figure(1_000, least=300) // 5, figure(50, least=20)
    server = await asyncio.to_thread(Server, settings_module=module, DESK_SOCKETS_PER_USER="100")
    await asyncio.to_thread(server.start)
    try:
        session, statements = await asyncio.to_thread(prepared, server, billing, alice, calls, rng)
        signatures = [sign(*statement) for statement in statements]
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
            contextlib.AsyncExitStack() as desks,
        ):
            open_desks = [
                await desks.enter_async_context(Browser(server.url, session, http, rng)) for _ in range(sockets)
            ]
            await asyncio.sleep(patience(1.5))
            begun = time.monotonic()
            at_work = []
            for place, (statement, signature) in enumerate(zip(statements, signatures, strict=True)):
                await asyncio.sleep(max(0.0, begun + place / RATE - time.monotonic()))
                at_work.append(asyncio.create_task(posted(http, server, statement, signature)))
                if stalls and place == len(statements) // 3:
                    held = threading.Event()
                    threading.Thread(target=hold_the_database, args=(held,), daemon=True).start()
            answers = await asyncio.gather(*at_work)
            watching = sum(desk.socket is not None for desk in open_desks)
        took = sorted(seconds for _, seconds in answers)
        p99 = took[int(len(took) * 0.99)]
        print(
            f"{len(answers)} callbacks, {watching} desks,"
            f" p50 {took[len(took) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"
        )
        assert {status for status, _ in answers} == {204}
        assert watching == sockets
        assert p99 < patience(bound)
        assert took[-1] < 5
        assert server.tracebacks() == []
    finally:
        await asyncio.to_thread(server.__exit__)


def prepared(server: Server, team, user, calls: int, rng):
    """Callers who talk by now, and what is still to be said of them: five callbacks each, in no order."""
    make_floor(team, calls)
    exchange = Exchange([server.port])
    now = timezone.now().replace(microsecond=0) - timedelta(minutes=5)
    talking = [Conversation(number, now) for number in range(calls)]
    for one in talking:
        one.was_greeted(exchange.post(*one.phones()))
        one.was_put_through(exchange.post(*one.waits()))
    rest = [statement for one in talking for statement in one.told if statement[0].startswith("/twilio/status/")]
    rng.shuffle(rest)
    return signed_in(user), rest
