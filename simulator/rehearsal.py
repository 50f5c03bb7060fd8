"""A run without a socket: the application is a function in Python and the clock virtual, so an hour takes seconds.

lines = rehearse(lambda asked: "<Response><Say>Hello</Say></Response>", seconds=3600, numbers=[…], traffic={…})
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .app import Simulator
from .clock import VirtualClock
from .scenario import settings_of
from .settings import Settings
from .wire import Patience, Received, Socket, SocketFailed, Wire


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to the application."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def __str__(self) -> str:
        told = {**dict(parse_qsl(urlsplit(self.url).query)), **self.form}
        return f"{self.method} {self.url}, asked about {told.get('CallSid') or told.get('ConferenceSid') or 'no call'}"


# What it answers: TwiML; "" is 204.
Application = Callable[[Asked], str]


def rehearse(application: Application, *, seconds: float, **settings: Any) -> list[str]:
    """Every request that an application would get in so many simulated seconds, as lines of JSON (see --log).

    What the application raises ends the run and is raised here, with the request that it was at (in its notes).
    """
    built = settings_of({"base_url": "http://simulator.invalid", **settings, "speed": "max"})
    clock = VirtualClock(start=built.start)
    with asyncio.Runner(loop_factory=clock.new_loop) as runner:
        return runner.run(_play(built, clock, application, seconds))


async def _play(settings: Settings, clock: VirtualClock, application: Application, seconds: float) -> list[str]:
    lines: list[str] = []
    wire = _WireToFunction(settings, application)
    simulator = Simulator(settings, clock, wire)
    exchange = await simulator.open()
    exchange.post.sink = lambda webhook: lines.append(json.dumps(webhook.as_json()))
    over = exchange.spawn(clock.sleep(seconds))
    await asyncio.wait({over, wire.failed}, return_when=asyncio.FIRST_COMPLETED)
    await simulator.close()
    if wire.failed.done():
        raise wire.failed.result()
    return lines


class _WireToFunction(Wire):
    def __init__(self, settings: Settings, application: Application):
        super().__init__(settings)
        self._application = application
        # What the application raised first.
        self.failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        pass

    async def web_socket(self, url: str) -> Socket:
        raise SocketFailed(31920)

    async def _carry(self, method: str, url: str, body: bytes, headers: dict[str, str], patience: Patience) -> Received:
        asked = Asked(method, url, headers, body)
        try:
            answer = self._application(asked)
        except Exception as error:
            if not self.failed.done():
                error.add_note(f"The application failed at {asked}.")
                self.failed.set_result(error)
            return Received(500, b"", {}, {})
        return Received(200 if answer else 204, answer.encode(), {"Content-Type": "text/xml"}, {})
