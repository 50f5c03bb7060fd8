"""Twilio's account in virtual time: calls that begin and end, callbacks that get lost, and an API that sometimes fails.

Whoever waits hands on to who is due next. One runs at a time, so the same seed makes the same run.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

from django.db import connection

from calls.intake.reconcile.sweep import Reconciler
from calls.intake.record import record
from calls.models import Leg
from calls.twilio.gateway import Refused, Unreachable
from calls.twilio.reports import Report
from tests.conftest import ACCOUNT, LINE
from tests.intake.teller import BEGAN, Said


class Over(Exception):
    """The time that was asked for has passed."""


class Time:
    """Seconds since BEGAN."""

    def __init__(self) -> None:
        self.at = 0.0
        self.errors: list[BaseException] = []
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int]] = []
        self._turn: int | None = None
        self._over = False
        self._changed = threading.Condition()

    def clock(self) -> float:
        return self.at

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.at)

    def wait(self, seconds: float) -> None:
        with self._changed:
            me = self._queue(seconds)
            self._next()
            self._my_turn(me)

    def run(self, until: float, *works: Callable[[], Any]) -> None:
        """Let all of them work, each in a thread; raises what one of them raised."""

        def alone(work: Callable[[], Any], me: int) -> None:
            try:
                with self._changed:
                    self._my_turn(me)
                work()
            except Over:
                pass
            except BaseException as error:  # noqa: BLE001
                self.errors.append(error)
                self._over = True
            finally:
                connection.close()
                with self._changed:
                    self._next()

        self.until, self._over = until, False
        turns = [self._queue(0.0) for _ in works]
        threads = [threading.Thread(target=alone, args=pair) for pair in zip(works, turns, strict=True)]
        for thread in threads:
            thread.start()
        with self._changed:
            self._next()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _queue(self, seconds: float) -> int:
        me = next(self._numbers)
        heapq.heappush(self._waiting, (self.at + max(0.0, seconds), me))
        return me

    def _next(self) -> None:
        if self._waiting:
            due, self._turn = heapq.heappop(self._waiting)
            self.at = max(self.at, due)
            self._over = self._over or self.at > self.until
            self._changed.notify_all()

    def _my_turn(self, me: int) -> None:
        self._changed.wait_for(lambda: self._turn == me)
        if self._over:
            raise Over


class Hand(Time):
    """The same for one alone: who waits moves the time on."""

    def wait(self, seconds: float) -> None:
        self.at += max(0.0, seconds)


# What happens ------------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One leg as Twilio knows it. Times in seconds; `answered` is None for one that nobody picked up."""

    sid: str
    parent: "Line | None"
    began: float
    answered: float | None
    ended: float
    number: str

    def status(self, at: float) -> str:
        if at >= self.ended:
            return "completed" if self.answered is not None else "no-answer"
        return "in-progress" if self.answered is not None and at >= self.answered else "ringing"

    @property
    def duration(self) -> int:
        return 0 if self.answered is None else round(self.ended - self.answered)

    def resource(self, at: float) -> dict[str, Any]:
        over = at >= self.ended
        return {
            "sid": self.sid, "account_sid": ACCOUNT, "parent_call_sid": self.parent.sid if self.parent else None,
            "status": self.status(at), "from": self.number, "to": "client:ana" if self.parent else LINE,
            "direction": "outbound-dial" if self.parent else "inbound", "date_created": date(self.began),
            "start_time": date(self.answered), "end_time": date(self.ended) if over else None,
            "duration": str(self.duration) if over else None, "price": None,
        }  # fmt: skip

    def says(self, at: float, word: str, sequence: int | None = None) -> Said:
        params = {"AccountSid": ACCOUNT, "CallSid": self.sid, "CallStatus": word, "From": self.number}
        params |= {"To": "client:ana", "ParentCallSid": self.parent.sid} if self.parent else {"To": LINE}
        params["Direction"] = "outbound-dial" if self.parent else "inbound"
        if sequence is None:
            return Said("voice", at, params)
        params |= {"SequenceNumber": str(sequence), "Timestamp": date(at) or ""}
        if word in ("completed", "no-answer"):
            params["CallDuration"] = str(self.duration)
        return Said("status", at, params)


def date(at: float | None) -> str | None:
    return None if at is None else format_datetime(BEGAN + timedelta(seconds=at))


def conversation(number: int, began: int, rng: Random) -> list[Line]:
    """Somebody phones in and is put through, or gives up before."""
    said, picked_up = f"+1415{number:07d}", rng.random() < 0.8
    over = began + rng.randrange(20, 200)
    caller = Line(f"CA{2 * number:032x}", None, began, began + 1, over + 1, said)
    return [caller, Line(f"CA{2 * number + 1:032x}", caller, began + 3, began + 8 if picked_up else None, over, said)]


@dataclass
class Account:
    """All the calls, and the API. `errors`: the share of requests that come to nothing."""

    time: Time
    rng: Random
    lines: dict[str, Line] = field(default_factory=dict)
    errors: float = 0.0
    away: bool = False  # nothing is answered; with `hangs` not even refused
    hangs: bool = False

    def phones(self, many: int, within: int) -> None:
        for number in range(many):
            legs = conversation(number, self.rng.randrange(within), self.rng)
            self.lines |= {leg.sid: leg for leg in legs}

    def phone(self, number: int, *, talks: float = 600) -> list[Line]:
        """One who phones in now, and is put through at once."""
        at, said = self.time.at, f"+1415{number:07d}"
        caller = Line(f"CA{2 * number:032x}", None, at, at, at + talks, said)
        legs = [caller, Line(f"CA{2 * number + 1:032x}", caller, at, at, at + talks, said)]
        self.lines |= {leg.sid: leg for leg in legs}
        return legs

    def tells(self, *said: Said) -> None:
        record([arrives(one, self.time) for one in said])

    def happens(self, loss: float) -> Iterator[Said]:
        """What Twilio sends, in order: every request for TwiML, and the callbacks that are not lost."""
        told = []
        for leg in self.lines.values():
            words = [(leg.began, "ringing"), (leg.answered, "in-progress"), (leg.ended, leg.status(leg.ended))]
            if leg.parent is None:
                told.append(leg.says(leg.began, "ringing"))
                words = words[2:]
            callbacks = [(at, word) for at, word in words if at is not None]
            told += [
                leg.says(at, word, number) for number, (at, word) in enumerate(callbacks) if self.rng.random() >= loss
            ]
        return iter(sorted(told, key=lambda said: said.at))

    def deliver(self, loss: float, after: Callable[[Said], Any] = lambda said: None) -> None:
        for said in self.happens(loss):
            self.time.wait(said.at + self.rng.uniform(0.05, 0.4) - self.time.at)
            record([arrives(said, self.time)])
            after(said)

    def answers(self, value: Callable[[], Any]) -> Any:
        self.time.wait(self.rng.uniform(0.05, 0.3))
        if self.away or self.rng.random() < self.errors:
            what = "time-out" if self.hangs else "refused" if self.away else self.rng.choice(["429", "503", "time-out"])
            if what == "429":
                raise Refused(20429, 429, "Too Many Requests")
            if what == "time-out":
                self.time.wait(4.8)
            raise Unreachable(f"Twilio: {what}", sent=what != "refused")
        return value()

    def page(self, status: str, ended: datetime | None) -> list[dict[str, Any]]:
        at = self.time.at
        newest_first = sorted(self.lines.values(), key=lambda leg: -leg.began)
        if ended is not None:
            since = (ended - BEGAN).total_seconds()
            return [leg.resource(at) for leg in newest_first if since <= leg.ended <= at]
        return [leg.resource(at) for leg in newest_first if leg.began <= at and leg.status(at) == status]


def arrives(said: Said, time: Time) -> Report:
    return said.arriving(time.now())


@dataclass
class Door:
    """The gateway of one reconciler; keeps when it asked, and whether it was entitled to."""

    account: Account
    asked: list[float] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    hasty: list[str] = field(default_factory=list)  # legs that were asked for though a list had just named them
    lists: list[set[str]] = field(default_factory=lambda: [set()])
    in_flight: int = 0
    most: int = 0

    def _ask(self, value: Callable[[], Any]) -> Any:
        self.asked.append(self.account.time.at)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            return self.account.answers(value)
        finally:
            self.in_flight -= 1

    def list_legs(self, status: str = "", *, ended: Any = None, cursor: str = "", until: float | None = None) -> Any:
        found = self._ask(lambda: self.account.page(status, ended))
        if ended is None:
            if status == "queued":
                self.lists[-1] = set()
            self.lists[-1].update(leg["sid"] for leg in found)
            if status == "in-progress":
                self.lists.append(set())
        return found, ""

    def fetch_leg(self, sid: str, *, until: float | None = None) -> dict[str, Any]:
        self.fetched.append(sid)
        whole = self.lists[:-1]
        if len(whole) < 2 or any(sid in seen for seen in whole[-2:]):
            self.hasty.append(sid)

        def found() -> dict[str, Any]:
            if sid not in self.account.lines:
                raise Refused(20404, 404, "Not found")
            return self.account.lines[sid].resource(self.account.time.at)

        return self._ask(found)


def reconciler(door: Door) -> Reconciler:
    time = door.account.time
    return Reconciler(twilio=door, clock=time.clock, now=time.now, wait=time.wait, chance=door.account.rng.random)


def steps(door: Door) -> Callable[[], None]:
    """What the healer's thread does."""
    compared = reconciler(door)

    def work() -> None:
        while True:
            compared.step()
            door.account.time.wait(min(1.0, max(0.0, compared.due - door.account.time.at)))

    return work


def goes_on(compared: Reconciler, door: Door, seconds: float) -> None:
    """As the healer's thread does it."""
    time = door.account.time
    until = time.at + seconds
    while time.at < until:
        compared.step()
        time.wait(min(1.0, max(0.0, compared.due - time.at)))


def dana_talks(account: Account, *, talks: float = 600) -> tuple[Line, Line]:
    """Dana phones in and is put through to Ana, and all of it is reported."""
    caller, agent = account.phone(7, talks=talks)
    account.tells(caller.says(0, "ringing"), agent.says(0, "in-progress", 0), caller.says(0, "in-progress", 0))
    return caller, agent


def state_of(line: Line) -> tuple[str, bool]:
    return Leg.objects.values_list("status", "healed").get(sid=line.sid)
