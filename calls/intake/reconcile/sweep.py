"""The comparison: what Twilio lists as live against what we hold for live. What differs is looked at leg by leg."""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Any, NamedTuple, Protocol

from django.db import DataError, Error
from django.utils import timezone

from calls.failpoints import crash
from calls.intake.lifecycle import ENDED, RANKS
from calls.intake.reconcile import provider
from calls.intake.reconcile.pace import Pace
from calls.intake.record import record
from calls.intake.writer import alone
from calls.models import Leg, Sweep
from calls.twilio import gateway
from calls.twilio.reports import Report, from_rest, lost
from calls.twilio.schema import Nonsense

MISSING = 2  # comparisons in a row that must miss a leg before it is asked for
MANY = 20  # legs in doubt: from here on a list of what has ended is cheaper than a request each
BATCH = 100  # reports a transaction
MARGIN = timedelta(minutes=1)  # between Twilio's clock and ours, and between an end and its place in a list
# In the order in which a leg goes through them: one that moves on while we read is seen later, not overlooked.
LIVE = ("queued", "ringing", "in-progress")
UNKNOWN, TOO_MANY = 404, 429
CHANCE = SystemRandom()
log = logging.getLogger(__name__)
Resource = dict[str, Any]


class Seconds(NamedTuple):
    interval: float = 30.0  # from the beginning of one comparison to that of the next
    answer: float = 5.0  # for one request
    doubt: float = 10.0  # without an answer, after which the desks are told
    again: float = 5.0  # until a leg that Twilio does not know is asked for a second time


USUAL = Seconds()


class Twilio(Protocol):
    """The two questions of the gateway that are asked here."""

    def list_legs(
        self, status: str = "", *, ended: datetime | None = None, cursor: str = "", until: float | None = None
    ) -> tuple[list[Resource], str]: ...

    def fetch_leg(self, sid: str, *, until: float | None = None) -> Resource: ...


class Unanswered(Exception):
    """Nothing came back, or nothing that helps. `since`: when we first asked."""

    def __init__(self, why: str, since: datetime) -> None:
        super().__init__(why)
        self.since = since


class Answer(NamedTuple):
    value: Any
    asked_at: datetime  # when the request began that brought it


class Reconciler:
    """Call `step` once a second or so. Two of them do no harm: what they say to `record` is the same."""

    def __init__(
        self,
        *,
        twilio: Twilio = gateway,
        seconds: Seconds = USUAL,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = timezone.now,
        wait: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = CHANCE.random,
    ) -> None:
        self.twilio, self.seconds, self.clock, self.now = twilio, seconds, clock, now
        self.pace = Pace(clock, wait, chance)
        self.due = clock()
        self.missing: Counter[str] = Counter()  # live legs of ours, and how many comparisons in a row missed them
        self.unknown: dict[str, float] = {}  # legs that Twilio did not know, and when to ask again
        self.live: set[str] = set()  # ours, as of the last comparison
        self.over: set[str] = set()  # those that ended since the one before
        self.mentioned: set[str] = set()  # those of whose end only others spoke: how long it lasted is not known
        self.good: deque[datetime] = deque(maxlen=MISSING + 1)  # when the last good comparisons began
        self.down_since: datetime | None = None
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        """What is due now. Raises what the database raises."""
        if self.clock() >= self.due:
            self.sweep()
        if self.down_since is None:
            self.look()

    # All of them ---------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        self.due, began_at = self.clock() + self.seconds.interval, self.now()
        if not self.good:
            self.remember()
        ours = set(Leg.objects.filter(ended_at=None).values_list("sid", flat=True))
        seen: set[str] = set()
        try:
            for status in LIVE:
                for legs, asked_at in self.pages(status):
                    seen.update(sid for leg in legs if isinstance(sid := leg.get("sid"), str))
                    self.take_in(legs, asked_at)
        except Unanswered as error:
            return self.fail(error)
        self.missing = Counter({sid: self.missing[sid] + 1 for sid in ours - seen})
        self.unknown = {sid: again for sid, again in self.unknown.items() if sid in self.missing}
        self.note_ends(ours)
        self.down_since = None
        self.good.append(began_at)
        self.done["sweeps"] += 1
        provider.answered(began_at)
        provider.trust(self.missing)

    def note_ends(self, ours: set[str]) -> None:
        """Whose own last word has not come by the next comparison is asked for, though others spoke of their end."""
        untold = Leg.objects.filter(duration=None, ended_at__isnull=False)
        self.mentioned.update(untold.filter(sid__in=self.over).values_list("sid", flat=True))
        self.over, self.live = self.live - ours, ours
        if self.good:  # those that came and went between two comparisons
            lately = untold.filter(call__started_at__gte=self.good[-1] - MARGIN)
            self.over.update(lately.values_list("sid", flat=True))

    def remember(self) -> None:
        """How things stood when the last process went."""
        row = Sweep.objects.filter(pk=1).first()
        self.down_since = row.failing_since if row else None
        if row and row.swept_at:
            self.good.append(row.swept_at)

    def fail(self, error: Unanswered) -> None:
        """Tell the desks, mark the calls, and try again as soon as the pace allows it."""
        self.due, at = self.clock(), self.now()
        self.down_since = self.down_since or error.since
        provider.unanswered(self.down_since, at, str(error))
        provider.doubt(self.down_since, at)

    def pages(self, status: str = "", *, ended: datetime | None = None) -> Iterator[Answer]:
        """The pages of one list. Raises Unanswered: after a while, or one try where more would not help."""
        cursor, more = "", True
        while more:

            def page(until: float, cursor: str = cursor) -> Any:
                return self.twilio.list_legs(status, ended=ended, cursor=cursor, until=until)

            one_try = ended is not None or (self.down_since is not None and self.pace.failures > 0)
            (legs, cursor), asked_at = self.ask(page, 0.0 if one_try else self.seconds.doubt)
            yield Answer(legs, asked_at)
            more = bool(cursor)

    # One by one ----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Ask for the legs that two comparisons missed, for those that nobody but themselves vouches for, and for those
        whose own last word did not come."""
        doubtful = {sid for sid, times in self.missing.items() if times >= MISSING} | self.mentioned
        if len(doubtful) > MANY:
            doubtful -= self.read_ended(doubtful)
        waiting = [*Leg.objects.filter(unverified=True, ended_at=None).values_list("sid", flat=True)]
        unheard = Leg.objects.filter(sid__in=doubtful, unverified=False, duration=None)
        waiting += unheard.values_list("sid", flat=True)
        confirmed = False
        for sid in waiting:
            if self.clock() >= self.due:
                break  # a comparison may tell more at once
            if self.clock() >= self.unknown.get(sid, 0.0):
                confirmed = self.look_at(sid) or confirmed
        if confirmed:
            provider.trust(self.missing)

    def look_at(self, sid: str) -> bool:
        """One try. True if Twilio told us of the leg."""
        self.done["fetches"] += 1
        try:
            leg, asked_at = self.ask(lambda until: self.fetch(sid, until), 0.0)
        except Unanswered:
            return False
        if leg is None:
            return self.not_known(sid, asked_at)
        self.take_in([leg], asked_at)
        self.forget(sid)
        return True

    def fetch(self, sid: str, until: float) -> Resource | None:
        """None: Twilio knows no such leg, and that is an answer."""
        try:
            return self.twilio.fetch_leg(sid, until=until)
        except gateway.Refused as error:
            if error.status != UNKNOWN:
                raise
            return None

    def not_known(self, sid: str, asked_at: datetime) -> bool:
        """Once may be a mistake. Twice, and the leg is over: nobody will ever tell us more."""
        if sid not in self.unknown and sid not in self.mentioned:
            self.unknown[sid] = self.clock() + self.seconds.again
            return False
        log.warning("Twilio does not know %s: the leg is lost.", sid)
        self.say([lost(sid, asked_at=asked_at)])
        self.forget(sid)
        return True

    def forget(self, sid: str) -> None:
        self.missing.pop(sid, None)
        self.unknown.pop(sid, None)
        self.mentioned.discard(sid)

    def read_ended(self, doubtful: Collection[str]) -> set[str]:
        """Many at once: by the list of what has ended since all of them were last there. Returns those it told of."""
        found: set[str] = set()
        if not self.good:
            return found
        ended, most = self.good[0] - MARGIN, len(doubtful) // MANY
        try:
            for count, (legs, asked_at) in enumerate(self.pages(ended=ended), 1):
                told = [leg for leg in legs if leg.get("sid") in doubtful]
                self.take_in(told, asked_at)
                found.update(leg["sid"] for leg in told)
                if len(found) == len(doubtful) or count >= most:
                    break
        except Unanswered:
            log.info("The list of what has ended could not be read.")
        for sid in found:
            self.forget(sid)
        return found

    # Ask, and say what was answered --------------------------------------------------------------------------------

    def ask(self, request: Callable[[float], Any], patience: float) -> Answer:
        """Ask at our pace, and again for `patience` seconds. Raises Unanswered."""
        first_at, give_up = self.now(), self.clock() + patience
        while True:
            self.pace.turn(by=give_up if patience else None)
            asked_at = self.now()
            self.done["requests"] += 1
            try:
                answer = request(self.clock() + self.seconds.answer)
            except (gateway.Refused, gateway.Unreachable) as error:
                self.pace.failed(too_many=isinstance(error, gateway.Refused) and error.status == TOO_MANY)
                if self.clock() >= give_up:
                    raise Unanswered(str(error), first_at) from error
            else:
                self.pace.answered()
                return Answer(answer, asked_at)

    def take_in(self, legs: Iterable[Resource], asked_at: datetime) -> None:
        """What is new in these answers is recorded; that a call goes on is no news."""
        told = {leg["sid"]: leg for leg in legs if isinstance(leg.get("sid"), str)}
        columns = ("status", "ended_at", "unverified", "direction", "parent_id", "duration")
        known: dict[str, list[Any]] = {}
        for sids in batches(sorted(told), 500):
            known |= {sid: row for sid, *row in Leg.objects.filter(sid__in=sids).values_list("sid", *columns)}
        reports = []
        for sid, leg in told.items():
            if is_news(known.get(sid), leg):
                try:
                    reports.append(from_rest(leg, asked_at=asked_at))
                except Nonsense as error:
                    log.warning("What Twilio says of a call makes no sense: %s", error)
        self.say(reports)

    def say(self, reports: list[Report]) -> None:
        record_all(reports)
        self.done["reports"] += len(reports)


def record_all(reports: list[Report]) -> None:
    """A few at a time; one that cannot be recorded harms no other. Raises what the database raises."""
    for some in batches(reports, BATCH):
        crash("reconcile.after_read")
        try:
            record(some)
        except Exception as error:
            if isinstance(error, Error) and not isinstance(error, DataError):
                raise
            for report in some:
                alone(report)


def is_news(known: list[Any] | None, leg: Resource) -> bool:
    """Does this answer say more than the row, or confirm what has to be confirmed?"""
    if known is None:
        return True
    status, ended_at, unverified, direction, parent, duration = known
    if ended_at is not None:  # it was told of meanwhile, and an end is final
        return duration is None and leg.get("duration") is not None
    further = RANKS.get(str(leg.get("status")), -1) > RANKS.get(status, ENDED)
    return unverified or further or not direction or (not parent and bool(leg.get("parent_call_sid")))


def batches(items: list[Any], size: int) -> Iterator[list[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
