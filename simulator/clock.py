"""The one clock of a run. Every wait in simulated seconds goes through it; HTTP and its time-outs stay real.

`Clock` keeps pace with real time, so many times as fast. `VirtualClock` stands still while anybody has something to do
and leaps to the next appointment when nobody has: an hour passes as fast as it can be computed, always in one order.
"""

import asyncio
import selectors
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from heapq import heapify, heappop, heappush
from math import ceil, inf

MICRO = 1_000_000
# When runs begin for which it is always the same day: a Monday, at nine.
VIRTUAL_START = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Timer:
    """An appointment, until it is kept or cancelled."""

    __slots__ = ("_act", "_args", "_clock", "when")

    def __init__(self, clock: "Clock", when: int, act: Callable[..., object], args: tuple[object, ...]):
        self.when = when
        self._clock = clock
        self._act: Callable[..., object] | None = act
        self._args = args

    @property
    def open(self) -> bool:
        return self._act is not None

    def cancel(self) -> None:
        if self._act is not None:
            self._act, self._args = None, ()
            self._clock._one_cancelled()

    def keep(self) -> None:
        if self._act is not None:
            act, args = self._act, self._args
            self._act, self._args = None, ()
            act(*args)


class Clock:
    virtual = False

    def __init__(
        self, speed: float = 1.0, *, start: datetime | None = None, tick: Callable[[], float] = time.monotonic
    ):
        self.speed = speed
        self._start = start or datetime.now(UTC)
        self._tick = tick
        self._zero = tick()
        # By moment, then by number: appointments for one moment are kept in the order in which they were made.
        self._timers: list[tuple[int, int, Timer]] = []
        self._made = 0
        self._cancelled = 0
        self._alarm: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=self.passed())

    def passed(self) -> int:
        """Simulated microseconds since the start: whole ones, as datetime has them, so that sums are exact."""
        return int((self._tick() - self._zero) * self.speed * MICRO)

    def real(self, seconds: float) -> float:
        """How long so many simulated seconds take."""
        return seconds / self.speed

    def later(self, seconds: float, act: Callable[..., object], *args: object) -> Timer:
        """Does it so many simulated seconds from now, unless cancelled."""
        # Never early: who looks whether so many seconds are over, and sleeps for the rest, must come to an end.
        when = self.passed() + ceil(max(seconds, 0.0) * MICRO)
        timer = Timer(self, when, act, args)
        self._made += 1
        heappush(self._timers, (when, self._made, timer))
        if self._timers[0][2] is timer:
            self._set_alarm()
        return timer

    async def sleep(self, seconds: float) -> None:
        over = asyncio.get_running_loop().create_future()
        timer = self.later(seconds, come_true, over)
        try:
            await over
        finally:
            timer.cancel()

    @asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """While the outside world is asked something. Within it, nobody must wait for simulated time."""
        yield

    def reset(self) -> None:
        """No appointment is left."""
        self._timers.clear()
        self._cancelled = 0
        self._set_alarm()

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """An event loop on which this clock can run."""
        return asyncio.new_event_loop()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._timers:
            seconds = self.real((self._timers[0][0] - self.passed()) / MICRO)
            self._alarm = asyncio.get_running_loop().call_later(max(seconds, 0.0), self._ring)

    def _ring(self) -> None:
        loop, now = asyncio.get_running_loop(), self.passed()
        while self._timers and self._timers[0][0] <= now:
            if (timer := self._next()) is not None:
                loop.call_soon(timer.keep)
        self._set_alarm()

    def _next(self) -> Timer | None:
        """Takes out the next appointment; None if it was cancelled."""
        timer = heappop(self._timers)[2]
        if timer.open:
            return timer
        self._cancelled -= 1
        return None

    def _one_cancelled(self) -> None:
        # A call's time limit is hours away when the call ends: what will never be kept must not pile up.
        self._cancelled += 1
        if self._cancelled > 100 and self._cancelled > len(self._timers) // 2:
            self._timers = [entry for entry in self._timers if entry[2].open]
            heapify(self._timers)
            self._cancelled = 0


class VirtualClock(Clock):
    """Runs on a loop of its own making (`new_loop`), which tells it when there is nothing else to do."""

    virtual = True

    def __init__(self, *, start: datetime | None = None):
        super().__init__(inf, start=start or VIRTUAL_START)
        self._passed = 0
        self._held = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def passed(self) -> int:
        return self._passed

    def real(self, seconds: float) -> float:
        return 0.0

    @asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        # One question at a time, and only when all that came of the one before is done: whatever the network's haste,
        # the answers come in the order of the questions, and at the moment in which they were asked.
        await self.sleep(0)
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    def reset(self) -> None:
        super().reset()
        self._passed = 0

    def new_loop(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.SelectorEventLoop(_Selector(self._leap))
        return self._loop

    def _set_alarm(self) -> None:
        pass

    def _leap(self) -> bool:
        """On to the next appointment, and only to one; not while something outside is waited for."""
        while self._timers and not self._held and self._loop is not None:
            if (timer := self._next()) is not None:
                self._passed = timer.when
                self._loop.call_soon(timer.keep)
                return True
        return False


def clock_for(speed: float, start: datetime | None = None) -> Clock:
    """`start`: what time it is when the run begins; UTC if it does not say."""
    if start is not None and start.tzinfo is None:
        start = start.replace(tzinfo=UTC)
    return VirtualClock(start=start) if speed == inf else Clock(speed, start=start)


def speed_in_words(speed: float) -> float | str:
    """JSON knows no infinity."""
    return "max" if speed == inf else speed


class _Selector(selectors.DefaultSelector):
    """The loop asks here for what came in over the network; it is ready to wait only if nobody has anything to do."""

    def __init__(self, leap: Callable[[], bool]):
        super().__init__()
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        came_in = super().select(0)
        return came_in if came_in or self._leap() else super().select(timeout)


def come_true(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def rfc2822(moment: datetime | None) -> str | None:
    """Twilio's spelling of a time, in callbacks and REST answers alike: whole seconds, UTC."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0)) if moment else None


def iso(moment: datetime | None) -> str | None:
    """Our own spelling, for the control doors: with milliseconds, because tests compare."""
    return moment.isoformat(timespec="milliseconds") if moment else None
