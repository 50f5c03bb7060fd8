"""What the rows say, in the words of the scripts; and a desk that follows the board as every process does."""

from collections.abc import Iterable

from calls.intake.lifecycle import RANKS
from calls.live.mirror import Mirror
from calls.live.tail import read
from calls.models import Call, Leg, Presence, Room
from tests.intake.endings import Floor, differences
from tests.intake.scripts import Script
from tests.intake.teller import Cast


def floor_of(script: Script, cast: Cast) -> Floor:
    """The registers of the telling as they are stored."""
    floor = Floor()
    sids = [cast.sid("CA", name) for name in script.roles]
    floor.legs = {leg.sid: leg.heard for leg in Leg.objects.filter(sid__in=sids)}
    floor.presences = {(p.room_id, p.leg_id): p.heard for p in Presence.objects.filter(leg__in=sids)}
    floor.rooms = {room.sid: room.heard for room in Room.objects.filter(sid=cast.sid("CF", "room"))}
    return floor


def unlike_x(script: Script, cast: Cast) -> list[str]:
    """Where the rows of a call that was told to the end are not what they must be: registers, columns, call."""
    wrong = differences(script, cast, floor_of(script, cast))

    def compare(what: str, is_: object, must: object) -> None:
        if is_ != must:
            wrong.append(f"{what} is {is_!r}, not {must!r}")

    legs = {leg.sid: leg for leg in Leg.objects.filter(sid__in=[cast.sid("CA", name) for name in script.roles])}
    compare("calls", len({leg.call_id for leg in legs.values()}), 1)
    call = Call.objects.get(legs=next(iter(legs)))
    compare("merged_into", call.merged_into, None)
    compare("reopened_at", call.reopened_at, None)
    for name in ("status", "outcome", "ended_by"):
        compare(f"call.{name}", getattr(call, name), script.ending[name])
    for name in ("started", "answered", "ended"):
        at = getattr(call, f"{name}_at")
        compare(f"call.{name}_at", None if at is None else (at - cast.began).total_seconds(), script.ending[name])
    for name, role in script.roles.items():
        leg = legs[cast.sid("CA", name)]
        compare(f"{name}.role", leg.role, role)
        compare(f"{name}.unverified", leg.unverified, False)
        compare(f"{name}.parent", leg.parent_id or "", leg.heard.parent_sid)
        for column in ("status", "started_at", "ringing_at", "answered_at", "ended_at", "duration", "to_number"):
            compare(f"{name}.{column}", getattr(leg, column), getattr(leg.heard, column))
    for name, must in script.present.items():
        presence = Presence.objects.get(leg=cast.sid("CA", name))
        left = None if presence.left_at is None else (presence.left_at - cast.began).total_seconds()
        there = (presence.present, left, presence.hold_seconds)
        compare(f"{name} in the room", there, (must["present"], must.get("left"), must.get("hold_seconds", 0.0)))
    return [f"{script}, telling {cast.number}: {what}" for what in wrong]


class Onlooker:
    """Looks at the rows after every delivery: nothing may go backwards."""

    def __init__(self) -> None:
        self.ranks: dict[str, int] = {}
        self.ended: set[object] = set()

    def look(self, sids: Iterable[str]) -> list[str]:
        legs = list(Leg.objects.filter(sid__in=list(sids)).select_related("call"))
        wrong = []
        for leg in legs:
            rank = RANKS[leg.status]
            if rank < self.ranks.get(leg.sid, 0) or (leg.sid in self.ended and leg.ended_at is None):
                wrong.append(f"{leg} went back to {leg.status}")
            self.ranks[leg.sid] = rank
            if leg.call.pk in self.ended and leg.call.ended_at is None:
                wrong.append(f"{leg.call} came back to life")
            self.ended |= {row.pk for row in (leg, leg.call) if row.ended_at}
        return wrong


class Desk:
    """A mirror that is told of changes only, as the tail of a process is; what it shows must be what there is."""

    def __init__(self) -> None:
        self.mirror = Mirror()
        self.follow()

    def follow(self) -> None:
        reading = read(self.mirror.epoch, self.mirror.revision)
        if reading.anew:
            self.mirror.start(reading.epoch, reading.revision, reading.cards)
        elif reading.revision > self.mirror.revision:
            self.mirror.apply(reading.revision, reading.cards)

    def unlike_rows(self) -> list[str]:
        self.follow()
        fresh = {card.id: card for card in read("", 0).cards if not card.off}
        shown = self.mirror.cards
        return [
            f"{call}: shown {shown.get(call)}, is {fresh.get(call)}"
            for call in shown.keys() | fresh.keys()
            if shown.get(call) != fresh.get(call)
        ]
