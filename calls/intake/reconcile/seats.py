"""Who is in which room, asked where a callback must have been lost: nobody says it a second time. A caller of whom no
join was heard would wait for ever, and one of whom no leave was heard would be offered to agents in an empty room."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import inf
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef

from calls.intake.moments import EPOCH, milliseconds
from calls.intake.reconcile.sweep import UNKNOWN, Reconciler, Unanswered
from calls.intake.record import record
from calls.intake.rooms import PresenceState
from calls.models import Leg, Presence, Room, Waiting
from calls.twilio import gateway
from calls.twilio.reports import Report, absent, from_participant, from_room
from calls.twilio.schema import Nonsense

QUIET = 10.0  # seconds that a doubt is old before Twilio is asked: what was not heard by then is lost
AGAIN = 30.0  # seconds until we ask once more for a leg that was not where it should be
EVERY = 10.0  # seconds between two looks through all who are in rooms
LOOKS = 4  # a turn
SKEW = timedelta(seconds=2)  # Twilio writes its times in whole seconds
CALLED_IN = (Leg.Role.AGENT, Leg.Role.CONSULT, Leg.Role.SUPERVISOR)
log = logging.getLogger(__name__)


class Doubt(NamedTuple):
    leg: Leg
    why: datetime | None = None  # the request that makes us ask; None: as long as nobody tells us


class Seats:
    """Call `step` after the reconciler's: requests go at its pace."""

    def __init__(self, compared: Reconciler) -> None:
        self.compared = compared
        self.asked: dict[Doubt, float] = {}  # and when to ask again
        self.next_round = 0.0

    def step(self) -> None:
        clock = self.compared.clock
        if self.compared.down_since is not None:
            return
        doubts = [*nobody_told_of()]
        if clock() >= self.next_round:
            self.next_round = clock() + EVERY
            doubts += asked_elsewhere()
            self.asked = {doubt: self.asked[doubt] for doubt in doubts if doubt in self.asked}
        due = [doubt for doubt in doubts if self.asked.setdefault(doubt, clock() + QUIET) <= clock()]
        for doubt in due[:LOOKS]:
            if clock() >= self.compared.due:
                break
            answered = self.look_for(doubt.leg)
            self.asked[doubt] = inf if answered and doubt.why else clock() + AGAIN

    def look_for(self, leg: Leg) -> bool:
        """Ask for the rooms of its call, and whether it is there; say what was answered. False: nothing was."""
        try:
            for room in self.rooms_of(leg):
                self.say(self.seat(room, leg))
        except Unanswered:
            return False
        except Nonsense as error:
            log.warning("What Twilio says of a room makes no sense: %s", error)
        return True

    def rooms_of(self, leg: Leg) -> list[str]:
        """SIDs. The one that we know it in, or those of its call's name that Twilio knows and that are not over."""
        known = [*Presence.objects.filter(leg=leg, present=True).values_list("room", flat=True)]
        if known:
            return known
        name = leg.call.room
        found, asked_at = self.compared.ask(lambda until: gateway.rooms_named(name, until=until), 0.0)
        rooms = [from_room(one, asked_at=asked_at) for one in found]
        live = [room for room in rooms if room.event != "conference-end"]
        ours = set(Room.objects.filter(name=name).exclude(status="completed").values_list("sid", flat=True))
        self.say([room for room in rooms if room in live or room.conference_sid in ours])
        return [room.conference_sid for room in live]

    def seat(self, room: str, leg: Leg) -> list[Report]:
        """What is to be said of it. That somebody is not in a room where we never knew them is no news."""
        answer, asked_at = self.compared.ask(lambda until: fetched(room, leg.sid, until), 0.0)
        if answer is not None:
            return [from_participant(answer, asked_at=asked_at, looked=True)]
        presence = Presence.objects.filter(room=room, leg=leg, present=True).first()
        return [absent(leg.sid, room, since=last_event(presence.heard), asked_at=asked_at)] if presence else []

    def say(self, reports: list[Report]) -> None:
        if reports:
            record(reports)
            self.compared.done["reports"] += len(reports)


def fetched(room: str, sid: str, until: float) -> dict[str, Any] | None:
    """None: not in that room, and that is an answer."""
    try:
        return gateway.fetch_participant(room, sid, until=until)
    except gateway.Refused as error:
        if error.status != UNKNOWN:
            raise
        return None


def last_event(state: PresenceState) -> tuple[int, datetime] | None:
    return None if state.latest is None else (state.latest[0], EPOCH + timedelta(milliseconds=state.latest[1]))


def nobody_told_of() -> list[Doubt]:
    """Callers who were sent into the room of a queue, and those who picked up when they were called into one, of whom
    nobody said that they came in."""
    there = Presence.objects.filter(leg=OuterRef("pk"), present=True)
    in_rooms = Exists(Room.objects.filter(call=OuterRef("call")))
    live = Leg.objects.filter(ended_at=None, status="in-progress", unverified=False).exclude(Exists(there))
    callers = live.filter(
        role=Leg.Role.CALLER, resume_url__contains="step=queue.",
        call__in=Waiting.objects.filter(left_at=None).values("call"),
    )  # fmt: skip
    called = live.filter(in_rooms, role__in=CALLED_IN, role_signed=True, parent=None, direction__startswith="outbound")
    return [Doubt(leg) for leg in [*callers.select_related("call"), *called.select_related("call")]]


def asked_elsewhere() -> Iterator[Doubt]:
    """Who asked what to do next after they came into a room has left it, unless clocks differ."""
    there = Presence.objects.filter(present=True, leg__ended_at=None).select_related("leg__call")
    for presence in there:
        seen, asked = presence.heard.seen, presence.leg.heard.resumed_at
        if seen is not None and asked is not None and milliseconds(asked - SKEW) > seen:
            yield Doubt(presence.leg, asked)
