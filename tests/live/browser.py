"""A browser at the desk, over real sockets: what `static/desk` does, without a page. Keeps a log of all it hears."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from random import Random
from typing import Any

import aiohttp
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.guards import patience
from tests.live.reducer import Board
from tests.live.server import ORIGIN

PROTOCOL = "supervisor.v2"
STOP = (4401, 4403)


def opening(url: str, session: str, **changes: Any) -> connect:
    how: dict[str, Any] = {
        "origin": ORIGIN,
        "subprotocols": [PROTOCOL],
        "additional_headers": {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"} if session else {},
        "compression": None,
        "max_size": None,
        "ping_interval": None,
        "proxy": None,
        "close_timeout": 1,
    }
    return connect(url.replace("http", "ws", 1) + "/ws/desk/", **{**how, **changes})


class Browser:
    """`pause()` is called after every message: seconds that a slow machine needs before it looks at the next one."""

    def __init__(
        self, url: str, session: str, http: aiohttp.ClientSession, rng: Random, pause: Callable[[], float] = lambda: 0
    ) -> None:
        self.url, self.session, self.http, self.rng, self.pause = url, session, http, rng, pause
        self.board = Board()
        self.rights = ""
        self.etag = ""
        self.log: list[list[tuple[Any, ...]]] = []  # one list a connection: ("heard", message), ("sync", revision), …
        self.closed: int | None = None  # the last close code
        self.fetched = self.reloads = 0
        self.socket: ClientConnection | None = None
        self.heard_at = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Browser":
        self._task = asyncio.create_task(self._stay_connected())
        return self

    async def __aexit__(self, *failed: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @property
    def heard(self) -> list[dict[str, Any]]:
        """All messages on the connection of now."""
        return [entry[1] for entry in self.log[-1] if entry[0] == "heard"] if self.log else []

    def abort(self) -> None:
        """The cable is pulled: no goodbye."""
        if self.socket is not None:
            self.socket.transport.abort()

    async def _stay_connected(self) -> None:
        tries = 0
        while self.closed not in STOP:
            try:
                async with opening(self.url, self.session) as self.socket:
                    tries = 0
                    self.log.append([])
                    await self._talk(self.socket)
            except ConnectionClosed as over:
                self.closed = over.rcvd.code if over.rcvd else 1006
            except (OSError, InvalidHandshake, TimeoutError, aiohttp.ClientError):
                tries += 1
            finally:
                self.socket = None
            # As the page does, but in a test's hurry: full jitter, at least a moment.
            await asyncio.sleep(0.02 + self.rng.random() * min(1.0, 0.05 * 2**tries))
        self.board.calls.clear()

    async def _talk(self, socket: ClientConnection) -> None:
        acked, acked_at, came, ahead = 0, 0.0, 0, False
        if self.board.revision is None:
            await self._fetch()
        await self._sync(socket)
        async for text in socket:
            message = json_of(text)
            self.log[-1].append(("heard", message))
            self.heard_at = time.monotonic()
            await asyncio.sleep(self.pause())
            now = time.monotonic()
            came += len(text)
            if message["n"] - acked >= 64 or came >= 128 * 1024 or now - acked_at > 0.5:
                acked, acked_at, came = message["n"], now, 0
                await self._say(socket, op="ack", n=acked)
            match message["op"]:
                case "frame":
                    self.board.hear(message)
                    if self.board.missing:
                        await self._sync(socket)
                case "head":
                    was, ahead = ahead, message["revision"] > (self.board.revision or 0)
                    if was and ahead:
                        await self._sync(socket)
                case "reload":
                    self.reloads += 1
                    await self._fetch()
                    await self._sync(socket)
        raise ConnectionClosed(socket.protocol.close_rcvd, socket.protocol.close_sent)

    async def _say(self, socket: ClientConnection, **message: Any) -> None:
        await socket.send(text_of(message))

    async def _sync(self, socket: ClientConnection) -> None:
        self.log[-1].append(("sync", self.board.epoch, self.board.revision))
        await self._say(socket, op="sync", epoch=self.board.epoch, revision=self.board.revision, rights=self.rights)

    async def _fetch(self) -> None:
        while True:
            async with self.http.get(f"{self.url}/desk/board/", headers=self._headers()) as response:
                if response.status == 503:
                    await asyncio.sleep(0.2)
                    continue
                if response.status in (401, 403):
                    self.board.start({"epoch": "", "revision": 0, "calls": []})
                    self.closed = 4401 if response.status == 401 else 4403
                    return
                self.rights, self.etag = response.headers["X-Desk-Rights"], response.headers["ETag"]
                if response.status == 200:
                    self.fetched += 1
                    snapshot = await response.json()
                    self.board.start(snapshot)
                    self.log[-1].append(("picture", snapshot))
                return

    def _headers(self) -> dict[str, str]:
        cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session}"}
        return cookie | ({"If-None-Match": self.etag} if self.etag and self.board.revision is not None else {})


class Socket:
    """A bare socket for tests that say each message themselves."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[dict[str, Any]] = []
        self.pings = 0

    async def say(self, **message: Any) -> None:
        await self.connection.send(text_of(message))

    async def hear(self, op: str, within: float = 5.0) -> dict[str, Any]:
        """The next message of this kind; those before it are in `heard`."""
        async with asyncio.timeout(patience(within)):
            while True:
                message = json_of(await self.connection.recv())
                self.heard.append(message)
                if message["op"] == op:
                    return message

    async def answers(self) -> list[dict[str, Any]]:
        """All that was said to us so far, but what comes by itself: a ping is answered after what came before it."""
        self.pings += 1
        await self.say(op="ping", id=self.pings)
        while (await self.hear("pong"))["id"] != self.pings:
            pass
        heard, self.heard = self.heard, []
        return [message for message in heard if message["op"] not in ("pong", "head", "hello", "alarms")]

    async def close_code(self, within: float = 5.0) -> int:
        """The code with which the server closes."""
        async with asyncio.timeout(patience(within)):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    self.heard.append(json_of(await self.connection.recv()))
        return self.connection.close_code or 0


def json_of(text: str | bytes) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(text)
    return message


def text_of(message: dict[str, Any]) -> str:
    return json.dumps(message)


def out_of_order(log: list[list[tuple[Any, ...]]]) -> list[str]:
    """What a log must never show: a number left out, a frame that does not follow, a call that goes back in time.

    A frame follows on the one before, or on one of the syncs since then: the answer to an earlier one may be on its way
    while the browser says the next.
    """
    wrong, board = [], Board()
    newest: dict[tuple[str, str], int] = {}
    for connection in log:
        n, places = 0, [0]
        for what, *said in connection:
            if what == "sync":
                places.append(said[1])
                continue
            if what == "picture":
                board.start(said[0])
            else:
                message = said[0]
                if message["n"] != n + 1:
                    wrong.append(f"message {message['n']} after {n}")
                n = message["n"]
                if message["op"] == "frame":
                    fits = [place for place, at in enumerate(places) if message["from"] <= at < message["to"]]
                    if not fits:
                        wrong.append(f"a frame from {message['from']} to {message['to']} at {places}")
                    places = [message["to"], *places[fits[0] + 1 :]] if fits else [message["to"]]
                board.hear(message)
            for pk, call in board.calls.items():
                if call["revision"] < newest.get((board.epoch, pk), 0):
                    wrong.append(f"call {pk} went back to {call['revision']} from {newest[(board.epoch, pk)]}")
                newest[(board.epoch, pk)] = call["revision"]
    return wrong
