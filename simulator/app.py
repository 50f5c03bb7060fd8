"""The simulator as an ASGI application: Twilio's API on one side, the control doors on the other."""

from collections.abc import Callable

from . import doors
from .clock import Clock
from .director import Director
from .exchange import Exchange
from .logbook import Logbook
from .picture import Picture
from .rest import front, tokens
from .settings import Settings
from .traffic import TrafficGenerator
from .web import Receive, Response, Scope, Send, read, write
from .wire import Wire


class Simulator:
    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        wire: Wire | None = None,
        *,
        over: Callable[[Exchange], None] = lambda exchange: None,
    ):
        """`over` is called when the run has lasted as long as the settings say. Raises WrongSetting (log)."""
        self._settings = settings
        self._clock = clock
        self._wire = wire
        self._over = over
        self._logbook = Logbook(settings.log) if settings.log else None
        self._exchange: Exchange | None = None
        self._traffic: TrafficGenerator | None = None
        self._director: Director | None = None
        self._picture: Picture | None = None

    async def open(self) -> Exchange:
        self._exchange = Exchange(self._settings, self._clock, self._wire)
        self._exchange.over = self._end
        if self._logbook is not None:
            self._exchange.post.sink = self._logbook.write
        await self._exchange.open()
        self._traffic = TrafficGenerator(self._exchange)
        self._traffic.apply()
        self._director = Director(self._exchange)
        self._picture = Picture(self._exchange, self._director)
        self._director.begin()
        return self._exchange

    async def close(self) -> None:
        if self._exchange is not None:
            await self._exchange.close()
        self._close_logbook()

    def _end(self) -> None:
        # What still happens until the server has stopped is no part of the run.
        self._close_logbook()
        if self._exchange is not None:
            self._over(self._exchange)

    def _close_logbook(self) -> None:
        if self._logbook is not None:
            self._logbook.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            # The server starts us up first.
            assert self._exchange and self._traffic and self._director and self._picture  # noqa: S101
            request = await read(scope, receive)
            if request.path in ("/", "/sim") or request.path.startswith("/sim/"):
                response = await doors.answer(self._exchange, self._traffic, self._director, self._picture, request)
            elif request.path.startswith(front.PREFIX):
                # A request counts until its answer is out: Twilio limits how many there are at once (20429).
                self._exchange.asking += 1
                try:
                    await write(await front.answer(self._exchange, request), receive, send, scope["connection"])
                finally:
                    self._exchange.asking -= 1
                return
            elif request.path.startswith(tokens.PREFIX):
                response = tokens.answer(self._exchange, request)
            else:
                response = Response(404, {"error": "Here are only /, /2010-04-01/…, /v1/AuthTokens/… and /sim/…"})
            await write(response, receive, send, scope["connection"])

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
