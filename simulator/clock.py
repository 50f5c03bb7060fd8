"""The one clock of a run: simulated seconds, which may pass faster than real ones."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


class Clock:
    def __init__(
        self, speed: float = 1.0, *, tick: Callable[[], float] = time.monotonic, start: datetime | None = None
    ):
        self.speed = speed
        self._tick = tick
        self._zero = tick()
        self._start = start or datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(self._tick() - self._zero) * self.speed)

    def real(self, seconds: float) -> float:
        """How long so many simulated seconds take."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real(seconds))


def rfc2822(moment: datetime | None) -> str | None:
    """Twilio's spelling of a time, in callbacks and REST answers alike: whole seconds, UTC."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0)) if moment else None


def iso(moment: datetime | None) -> str | None:
    """Our own spelling, for the control doors: with milliseconds, because tests compare."""
    return moment.isoformat(timespec="milliseconds") if moment else None
