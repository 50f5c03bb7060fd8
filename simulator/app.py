"""The simulator as an ASGI application: Twilio's API on one side, the control doors on the other."""

import asyncio

from . import doors
from .clock import Clock
from .exchange import Exchange
from .rest import front
from .settings import Settings
from .traffic import TrafficGenerator
from .web import Receive, Response, Scope, Send, read, write


class Simulator:
    def __init__(self, settings: Settings):
        self._settings = settings
        self._exchange: Exchange | None = None
        self._traffic: TrafficGenerator | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            assert self._exchange is not None and self._traffic is not None  # noqa: S101 - the server starts us up first
            request = await read(scope, receive)
            if request.path.startswith("/sim/"):
                response = await doors.answer(self._exchange, self._traffic, request)
            elif request.path.startswith(front.PREFIX):
                # A request counts until its answer is out: Twilio limits how many there are at once (20429).
                self._exchange.asking += 1
                try:
                    await write(await front.answer(self._exchange, request), receive, send, scope["connection"])
                finally:
                    self._exchange.asking -= 1
                return
            else:
                response = Response(404, {"error": "Here are only /2010-04-01/… and /sim/…"})
            await write(response, receive, send, scope["connection"])

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._exchange = Exchange(
                    self._settings, Clock(self._settings.speed, tick=asyncio.get_running_loop().time)
                )
                await self._exchange.open()
                self._traffic = TrafficGenerator(self._exchange)
                self._traffic.apply()
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._exchange is not None:
                    await self._exchange.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
