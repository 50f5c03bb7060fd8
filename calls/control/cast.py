"""The legs of one call as a plan sees them: who they are, what they do now, where they came from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from calls.intake.lifecycle import BOT_STEP

NOT_YET_ANSWERED = {"queued", "initiated", "ringing"}
ROLE_WORDS = {
    "caller": "Caller",
    "agent": "Agent",
    "consult": "Consulted",
    "supervisor": "Supervisor",
    "bot": "AI agent",
    "external": "Other party",
}
NOUNS = {
    "caller": "the caller",
    "agent": "the agent",
    "consult": "the consulted",
    "supervisor": "the supervisor",
    "bot": "the AI agent",
    "external": "the other party",
}
STATUS_WORDS = {
    "queued": "about to be dialled",
    "initiated": "being dialled",
    "ringing": "ringing",
    "in-progress": "talking",
}


class LegView(Protocol):
    """What a plan needs to know of a leg (a row, or a stand-in of a test)."""

    sid: str
    role: str
    status: str
    direction: str
    parent_id: str | None
    ended_at: datetime | None
    resume_url: str


@dataclass(frozen=True)
class Seat:
    """A leg's place in a room, as it is now. `room`: its ConferenceSid; `name`: `call-<uuid>` if it is one of ours;
    `started`: what was the wait there is over; `coaches`: the leg that alone hears this one, if that is known."""

    room: str
    name: str = ""
    started: bool = True
    muted: bool = False
    held: bool = False
    coaching: bool = False
    coaches: str = ""
    end_on_exit: bool = False


@dataclass(frozen=True)
class Effect:
    leg: str  # its sid; "" for one that is yet to be dialled
    role: str
    name: str
    now: str
    then: str
    fate: str  # goes | stays | moves | joins | unsure

    def as_json(self) -> dict[str, str]:
        return dict(vars(self))


ON, WAITS_AGAIN = "goes on where it was", "waits in the queue again"
THE_BOT, BOT_AGAIN = "the AI agent", "talks to the AI agent again, from the beginning"


@dataclass(frozen=True)
class WayBack:
    """Where a leg goes on after an interruption: a step of ours (path and query), or one who is called again."""

    url: str = ""
    contact: str = ""
    who: str = ""  # who is rung again; "" if nobody was with the leg

    @property
    def words(self) -> str:
        if self.who:
            return f"{self.who} is rung again"
        if BOT_STEP in self.url:
            return BOT_AGAIN
        return WAITS_AGAIN if "step=queue." in self.url else ON

    def as_json(self) -> dict[str, str]:
        return dict(vars(self))


@dataclass(frozen=True)
class Cast:
    """The legs of one call, who they are called on the screen, and the contact of those who are agents.

    `who` is the caller's name on the screen, `rooms` the seats of those that are in a conference.
    """

    legs: Sequence[LegView]
    who: str
    names: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    rooms: Mapping[str, Seat] = field(default_factory=dict)

    @property
    def live(self) -> list[LegView]:
        return [leg for leg in self.legs if leg.ended_at is None]

    def leg(self, sid: str) -> LegView | None:
        return next((leg for leg in self.live if leg.sid == sid), None)

    def seated(self, room: str, *, besides: str = "") -> list[LegView]:
        """Who is in this room."""
        return [
            leg
            for leg in self.live
            if leg.sid != besides and leg.sid in self.rooms and self.rooms[leg.sid].room == room
        ]

    def speaks(self, leg: LegView) -> bool:
        """To whoever is in the room with them: a supervisor who listens or whispers does not."""
        seat = self.rooms.get(leg.sid)
        return leg.role != "supervisor" or (seat is not None and not seat.muted and not seat.coaching)

    @property
    def room(self) -> str:
        """The room that the conversation is in: the caller's, else the first that anybody is in; "" if none is."""
        order = sorted(self.live, key=lambda leg: leg.role != "caller")
        return next((self.rooms[leg.sid].room for leg in order if leg.sid in self.rooms), "")

    def children(self, sid: str) -> list[LegView]:
        """Whom this leg's <Dial> is connected with, or rings. In a room nobody is anybody's child."""
        return [leg for leg in self.dialled_by(sid) if leg.sid not in self.rooms]

    def dialled_by(self, sid: str) -> list[LegView]:
        return [leg for leg in self.live if leg.parent_id == sid]

    def parent(self, leg: LegView) -> LegView | None:
        return self.leg(leg.parent_id) if leg.parent_id and leg.sid not in self.rooms else None

    def name(self, leg: LegView) -> str:
        return self.names.get(leg.sid) or ROLE_WORDS.get(leg.role, "Leg")

    def noun(self, leg: LegView) -> str:
        """The same within a sentence: Ana Pereira, the caller."""
        return self.names.get(leg.sid) or NOUNS.get(leg.role, "the leg")

    def moved(self, sid: str = "") -> LegView | None:
        """The leg that is meant: the one that is named, else the caller, else whoever is none of ours (the customer of
        a click-to-call was dialled for an agent), else the first that nobody dialled for us."""
        if sid:
            return self.leg(sid)
        live = [leg for leg in self.live if leg.role != "supervisor"]
        outside = [leg for role in ("caller", "external") for leg in live if leg.role == role]
        return next(iter(outside), None) or next((leg for leg in live if not leg.parent_id), None)

    def with_bot(self, leg: LegView) -> bool:
        """It is connected to a WebSocket: there is nobody else on the call (flows/bot.py)."""
        return BOT_STEP in leg.resume_url and leg.sid not in self.rooms and not self.children(leg.sid)

    def way_back(self, leg: LegView) -> WayBack | None:
        """None: nothing is known of where this leg came from. Another application made its call."""
        with_it = next(iter(self.dialled_by(leg.sid)), None)
        # Somebody whom no step of ours has rung is not rung again by one.
        ours = with_it is not None and (with_it.role == "agent" or "/twiml/" in leg.resume_url)
        who = self.noun(with_it) if with_it and ours else ""
        if leg.resume_url:
            return WayBack(url=leg.resume_url, who=who)
        if with_it is not None and self.contacts.get(with_it.sid):
            return WayBack(contact=self.contacts[with_it.sid], who=who)
        return None

    def effect(self, leg: LegView, then: str, fate: str) -> Effect:
        return Effect(leg.sid, leg.role, self.name(leg), self.now(leg), then, fate)

    def now(self, leg: LegView) -> str:
        """Of a leg that dials for another we may have heard by that one alone."""
        if leg.sid in self.rooms:
            return self.in_room(leg, self.rooms[leg.sid])
        if self.with_bot(leg):
            return f"talks to {THE_BOT}"
        children = [child.status for child in self.children(leg.sid)]
        if children and leg.status in NOT_YET_ANSWERED:
            return "talking" if "in-progress" in children else "hears ringing"
        return STATUS_WORDS.get(leg.status, leg.status)

    def in_room(self, leg: LegView, seat: Seat) -> str:
        if seat.held:
            return "on hold"
        if seat.coaching:
            heard = self.leg(seat.coaches)
            return f"whispers to {self.noun(heard)}" if heard else "whispers"
        if leg.role == "supervisor" and seat.muted:
            return "listens"
        if not seat.started:
            return "waits in the room"
        return "in a conference, muted" if seat.muted else "in a conference"

    def hung_up(self, leg: LegView) -> Effect:
        rings = leg.status in NOT_YET_ANSWERED and leg.direction != "inbound"
        return self.effect(leg, "stops ringing" if rings else "is hung up", "goes")
