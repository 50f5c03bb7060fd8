"""When something is too much, since when, and when it is not any more. Pure: what is seen comes in, with the moment.

Two marks, amber and red. A mark that was reached for `minimum` seconds counts, from the moment at which it was reached,
whenever that is looked at; it counts until what is seen is back by the hysteresis, so that nothing flutters at a mark.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from math import ceil


class Severity(IntEnum):
    NONE, AMBER, RED = range(3)

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Limit:
    """Red at `red`; amber at `share` percent of the way there from `best` (0; of a service level, 100)."""

    red: float
    share: float = 70
    hysteresis: float = 10  # percent of the way
    minimum: float = 5  # seconds
    best: float = 0

    def mark(self, severity: Severity) -> float:
        return self.best + (self.red - self.best) * (1 if severity is Severity.RED else self.share / 100)

    def reached(self, value: float, severity: Severity) -> bool:
        return self._beyond(value, self.mark(severity))

    def back(self, value: float, severity: Severity) -> bool:
        """So far from the mark that it does not count any more."""
        way = (self.mark(severity) - self.best) * (1 - self.hysteresis / 100)
        return not self._beyond(value, self.best + way)

    def _beyond(self, value: float, mark: float) -> bool:
        return value >= mark if self.red >= self.best else value <= mark


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: a time that runs since `began`, a number of which each `came` at a time, or a level as it is now."""

    value: float
    began: datetime | None = None
    came: tuple[datetime, ...] = ()  # the first one first

    @classmethod
    def time(cls, began: datetime, now: datetime) -> "Seen":
        return cls((now - began).total_seconds(), began=began)

    @classmethod
    def number(cls, came: tuple[datetime, ...]) -> "Seen":
        return cls(len(came), came=came)

    def since(self, mark: float, now: datetime) -> datetime:
        """When it reached the mark, by what happened and not by when somebody looked. Of a level nobody knows."""
        if self.began is not None:
            return self.began + timedelta(seconds=mark)
        return self.came[max(ceil(mark) - 1, 0)] if self.came else now


@dataclass(frozen=True, slots=True)
class State:
    """How bad it is, since when each mark is reached (perhaps not long enough yet), and what somebody said to it."""

    severity: Severity = Severity.NONE
    amber_since: datetime | None = None
    red_since: datetime | None = None
    acked_at: datetime | None = None
    snoozed_until: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """Since when it is at least as bad as this."""
        return self.red_since if self.severity is Severity.RED else self.amber_since

    @property
    def loud(self) -> bool:
        return bool(self.severity) and self.acked_at is None and self.snoozed_until is None


CALM = State()


def step(state: State, seen: Seen | None, limit: Limit | None, now: datetime) -> State:
    """The state after this look. `seen` is None if there is nothing left to see, `limit` if nobody wants to know."""
    if seen is None or limit is None:
        return CALM
    amber = _reached(state.amber_since, state.severity >= Severity.AMBER, seen, limit, Severity.AMBER, now)
    red = _reached(state.red_since, state.severity is Severity.RED, seen, limit, Severity.RED, now)
    severity = Severity.RED if _lasts(red, limit, now) else Severity.AMBER if _lasts(amber, limit, now) else None
    if severity is None:
        return State(amber_since=amber, red_since=red)
    after = replace(state, severity=severity, amber_since=amber, red_since=red)
    if severity > state.severity > Severity.NONE:
        return replace(after, acked_at=None, snoozed_until=None)  # worse than what somebody has seen to
    if state.snoozed_until is not None and state.snoozed_until <= now:
        return replace(after, acked_at=None, snoozed_until=None)
    return after


def _reached(
    since: datetime | None, counts: bool, seen: Seen, limit: Limit, severity: Severity, now: datetime
) -> datetime | None:
    """Since when this mark is reached; None if it is not. Only one that counts is held by the hysteresis."""
    if limit.reached(seen.value, severity):
        return since or min(seen.since(limit.mark(severity), now), now)
    return since if counts and not limit.back(seen.value, severity) else None


def _lasts(since: datetime | None, limit: Limit, now: datetime) -> bool:
    return since is not None and now - since >= timedelta(seconds=limit.minimum)


def ack(state: State, now: datetime) -> State:
    """Somebody sees to it: quiet until it is over, or worse."""
    return replace(state, acked_at=now, snoozed_until=None) if state.severity else state


def snooze(state: State, until: datetime) -> State:
    """Quiet until then, unless it is over or worse before."""
    return replace(state, acked_at=None, snoozed_until=until) if state.severity else state


def news(before: State, after: State) -> str:
    """What there is to tell of a step: `amber`, `red`, `clear`, `wake` (a snooze is over), or ""."""
    if after.severity != before.severity:
        return after.severity.word if after.severity else "clear"
    return "wake" if before.snoozed_until and not after.snoozed_until else ""
