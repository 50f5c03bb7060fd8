"""Clients that never read from their socket, or hardly: the server keeps its memory, and the others their pace."""

import asyncio
import json
import socket as sockets
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import aiohttp
import pytest
from django.contrib.auth.models import User
from django.db import transaction

from calls.intake.record import record
from calls.models import Call, publish
from tests.conftest import group
from tests.guards import SOAK, figure, patience
from tests.live.browser import PROTOCOL, Browser
from tests.live.conftest import eventually
from tests.live.server import ORIGIN, Server, signed_in
from tests.live.traffic import Traffic


@pytest.mark.load
@pytest.mark.asyncio
async def test_who_hardly_reads_costs_a_window_and_nobody_else_waits(rows, rng):
    head = await asyncio.to_thread(User.objects.create, username="alice", password="!")
    everything = await asyncio.to_thread(group, "Head", "view_call", "view_numbers", "all_teams")
    await asyncio.to_thread(head.groups.add, everything)
    session = await asyncio.to_thread(signed_in, head)
    traffic = Traffic(rng, ["+15550100100"], at_once=100)
    await asyncio.to_thread(record, [traffic.begins().arriving(datetime.now(UTC)) for _ in range(60)])
    server = await asyncio.to_thread(Server, DESK_SOCKETS_PER_USER="100")
    try:
        await asyncio.to_thread(server.start)
        async with aiohttp.ClientSession() as http:
            deaf = [await never_reads(server, session, http) for _ in range(figure(20, least=4))]
            slow = [await never_reads(server, session, http) for _ in range(figure(10, least=2))]
            async with AsyncExitStack() as floor:
                some = [Browser(server.url, session, http, rng) for _ in range(figure(70))]
                desks = [await floor.enter_async_context(desk) for desk in some]
                await eventually(lambda: all(desk.board.calls for desk in desks))
                before, waits, sips = server.memory, [], asyncio.create_task(sip(slow))
                for _ in range(figure(200, least=16)):
                    began = time.monotonic()
                    revision = await asyncio.to_thread(everything_moves)
                    await eventually(lambda revision=revision: all(desk.board.revision >= revision for desk in desks))
                    waits.append(time.monotonic() - began)
                grown = server.memory - before
                assert all(desk.closed is None and len(desk.log) == 1 for desk in desks)
                sips.cancel()
                if SOAK:
                    await until_refused(deaf + slow)
        # A poll every half second, and then a frame.
        assert sorted(waits)[int(len(waits) * 0.95)] < patience(0.5 + 0.5)
        assert grown < 30 * 1024 * 1024
        assert server.tracebacks() == []
    finally:
        await asyncio.to_thread(server.__exit__)


async def never_reads(server: Server, session: str, http: aiohttp.ClientSession) -> sockets.socket:
    """By hand, and with the smallest buffer that there is: what a browser does that hangs."""
    async with http.get(f"{server.url}/desk/board/", headers={"Cookie": f"sessionid={session}"}) as response:
        picture, rights = await response.json(), response.headers["X-Desk-Rights"]
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 2048)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", server.port))
    lines = ["GET /ws/desk/ HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", f"Origin: {ORIGIN}"]
    lines += [f"Sec-WebSocket-Protocol: {PROTOCOL}", f"Cookie: sessionid={session}", "", ""]
    await loop.sock_sendall(raw, "\r\n".join(lines).encode())
    assert b" 101 " in await loop.sock_recv(raw, 100)
    at = {"op": "sync", "epoch": picture["epoch"], "revision": picture["revision"], "rights": rights}
    text = json.dumps(at).encode()
    # A text frame with a mask of zeros: what is masked by them stays as it is.
    await loop.sock_sendall(raw, b"\x81" + bytes([0x80 | 126]) + len(text).to_bytes(2, "big") + bytes(4) + text)
    return raw


async def sip(slow: list[sockets.socket]) -> None:
    """A kilobyte a second, far less than there is to hear."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.gather(*(loop.sock_recv(raw, 1024) for raw in slow))
        await asyncio.sleep(1)


def everything_moves() -> int:
    with transaction.atomic():
        revision = publish(list(Call.objects.live().values_list("pk", flat=True)))
    assert revision is not None
    return revision


async def until_refused(deaf: list[sockets.socket]) -> None:
    """After 30 s they are closed; the code waits for them at the end of what the kernel kept."""
    await asyncio.sleep(35)
    loop = asyncio.get_running_loop()
    for raw in deaf:
        last = b""
        async with asyncio.timeout(20):
            while heard := await loop.sock_recv(raw, 65536):
                last = (last + heard)[-4:]
        assert last == b"\x88\x02" + (4408).to_bytes(2, "big")
        raw.close()
