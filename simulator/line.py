"""A leg's line: the leg waits on it, and whoever redirects the leg or hangs it up interrupts the wait."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .clock import Clock, come_true

if TYPE_CHECKING:
    from .queues import Bridge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document comes from: a URL to be asked for it, or the text itself (`twiml`)."""

    url: str = ""
    method: str = "POST"
    twiml: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    purpose: str = "voice"


@dataclass(frozen=True, slots=True)
class Redirect:
    source: Source


@dataclass(frozen=True, slots=True)
class HangUp:
    """`status` is the final CallStatus if who hangs up decides it; else it follows from how far the call got."""

    by: str
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Connect:
    """Somebody takes this leg out of the queue in which it waits."""

    bridge: "Bridge"


Why = Redirect | HangUp | Connect


@dataclass
class Interrupted(Exception):
    why: Why


class Line:
    def __init__(self, clock: Clock):
        self._clock = clock
        self._pending: Why | None = None
        self._waiting: list[asyncio.Future[None]] = []

    def interrupt(self, why: Why) -> bool:
        # A later redirect replaces an earlier one; nothing replaces a hang-up; who is taken away is not connected.
        if isinstance(self._pending, HangUp) or (self._pending is not None and isinstance(why, Connect)):
            return False
        self._pending = why
        for bell in self._waiting:
            come_true(bell)
        return True

    def check(self) -> None:
        """Raises Interrupted if the leg has been redirected or hung up since it last waited."""
        if self._pending is not None:
            raise Interrupted(self._taken(self._pending))

    async def hold(self, thing: Awaitable[T] | None = None, *, seconds: float | None = None) -> T | None:
        """Waits for `thing`, at most so many simulated seconds (then None), or for ever; Interrupted if need be."""
        wanted = asyncio.ensure_future(thing) if thing is not None else None
        bell: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(bell)
        patience = None if seconds is None else self._clock.later(seconds, come_true, bell)
        if wanted is not None:
            wanted.add_done_callback(lambda _: come_true(bell))
        try:
            if self._pending is None:
                await bell
            if wanted is not None and not wanted.done():
                # What came just in time may still be on its way through the loop, however late the loop itself is.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            # An interruption is looked for first: what was waited for may have come in the same instant.
            self.check()
            return wanted.result() if wanted is not None and wanted.done() else None
        finally:
            self._waiting.remove(bell)
            if patience is not None:
                patience.cancel()
            if wanted is not None and not wanted.done():
                wanted.cancel()
            elif wanted is not None and not wanted.cancelled():
                wanted.exception()  # looked at: who is interrupted in the instant in which it fails has other cares

    def _taken(self, why: Why) -> Why:
        # A redirect is followed once; a hang-up stays true.
        if not isinstance(why, HangUp):
            self._pending = None
        return why
