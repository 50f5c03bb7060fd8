"""When things happen of which there are many: once, at a steady pace, by chance, by the hour of the day, all at once.

Pure: moments come out, in seconds since the beginning, and the same dice give the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from random import Random

from .from_json import Moment, WrongSetting

HOUR, DAY = 3600.0, 86_400.0


@dataclass(kw_only=True)
class When:
    """Nothing but `at` said: once. Seconds are simulated ones, since the beginning; or a time of the simulated day."""

    at: Moment = 0.0
    until: Moment | None = None
    every: float | None = None
    per_minute: float | None = None
    curve: dict[str, float] | None = None
    burst: int | None = None
    within: float | None = None
    times: int | None = None

    def __post_init__(self) -> None:
        paces = [name for name in ("every", "per_minute", "curve") if getattr(self, name) is not None]
        if len(paces) > 1 or (self.burst is not None and paces not in ([], ["every"])):
            both = " and ".join([*paces, *(["burst"] if self.burst is not None else [])])
            raise WrongSetting(f"{both} cannot be said together: they come at one pace.")
        for name in ("every", "per_minute", "burst", "within", "times"):
            if (given := getattr(self, name)) is not None and given <= 0:
                raise WrongSetting(f"{name} must be greater than 0, not {given:g}.")
        if self.within is not None and self.burst is None:
            raise WrongSetting("within says how long a burst takes, and there is no burst.")
        if self.times is not None and not paces:
            raise WrongSetting("times says how many come at most; say every, per_minute or curve too.")
        _check_curve(self.curve)


def moments(when: When, dice: Random, begins: datetime) -> Iterator[float]:
    """Seconds since the beginning, the earlier first; for ever, if nothing ends it."""
    first = seconds_until(when.at, begins)
    last = None if when.until is None else seconds_until(when.until, begins)
    for moment in islice(_paced(when, dice, first, begins), when.times):
        if last is not None and moment >= last:
            return
        yield moment


def seconds_until(moment: Moment, begins: datetime) -> float:
    """A time of day is the next one: at a beginning at 23:00, 08:00 is nine hours away."""
    if not isinstance(moment, str):
        return moment
    hours, minutes = moment.split(":")
    return (int(hours) * HOUR + int(minutes) * 60 - _of_day(begins)) % DAY


def _paced(when: When, dice: Random, first: float, begins: datetime) -> Iterator[float]:
    if when.per_minute is not None:
        return _poisson(when.per_minute / 60, dice, first)
    if when.curve is not None:
        return _by_the_hour({int(hour): calls for hour, calls in when.curve.items()}, dice, first, _of_day(begins))
    rounds = iter([first]) if when.every is None else count(first, when.every)
    if when.burst is None:
        return rounds
    return (moment for start in rounds for moment in _burst(when.burst, when.within or 10.0, dice, start))


def _poisson(per_second: float, dice: Random, first: float) -> Iterator[float]:
    moment = first
    while True:
        moment += dice.expovariate(per_second)
        yield moment


def _by_the_hour(calls: dict[int, float], dice: Random, first: float, of_day: float) -> Iterator[float]:
    """As many as come in the busiest hour, of whom in the others only their share is let through."""
    most = max(calls.values())
    for moment in _poisson(most / HOUR, dice, first):
        hour = int((of_day + moment) % DAY // HOUR)
        if dice.random() * most < calls.get(hour, 0.0):
            yield moment


def _burst(calls: int, within: float, dice: Random, start: float) -> list[float]:
    return sorted(start + dice.uniform(0, within) for _ in range(calls))


def _check_curve(curve: dict[str, float] | None) -> None:
    if curve is None:
        return
    if wrong := [hour for hour in curve if not (hour.isascii() and hour.isdigit() and int(hour) < 24)]:
        raise WrongSetting(f"curve must be calls an hour by hours from 0 to 23, not {', '.join(wrong)}.")
    if not curve or min(curve.values()) < 0 or not max(curve.values()):
        raise WrongSetting("curve must be calls an hour that are not less than 0, and not all 0.")


def _of_day(moment: datetime) -> float:
    return moment.hour * HOUR + moment.minute * 60 + moment.second
