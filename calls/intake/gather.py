"""Which rows a batch of reports is about: found, locked in the one order, and each leg put into its call.

Lock order everywhere: legs by sid, rooms by sid, calls by id, actions by id, audit head, board. A report's own row
needs no lock of its own: two deliveries of one statement are about the same leg or room, and wait there.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from calls.models import Action, Call, Leg, Presence, Room
from calls.models import Report as ReportRow
from calls.models.rows import put, take
from calls.twilio.reports import Report

ROOM_NAME = "call-"


class Again(Exception):
    """Between looking and locking something moved: look again."""


class Gathering:
    """The rows of one batch: all legs and rooms of the calls it touches, so that each can be judged or merged whole."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self.new_legs: set[str] = set()
        self.new_calls: set[UUID] = set()
        self.merged: list[Call] = []
        self.introduced: set[str] = set()  # legs of which one of these reports says who they are
        self.moved_legs: set[str] = set()
        self.moved_rooms: set[str] = set()
        self.found_a_call: set[str] = set()  # rooms whose first leg is known by now
        sids = {sid for report in reports for sid in sids_of(report)}
        rooms = {report.conference_sid for report in reports if report.conference_sid}
        near = self._look(reports, sids, rooms)
        self.legs = self._lock_legs(sids)
        self.rooms = self._lock_rooms(rooms)
        self.rows = {row.digest: row for row in take(ReportRow, "digest", [report.digest for report in reports])}
        self.calls = self._lock_calls(near)
        self.ended_before = {call.pk for call in self.calls.values() if call.ended_at}
        self.late: set[UUID] = set()
        if connection.features.has_select_for_update:
            self._look_again()
        self.unplaced = set(self.new_legs)
        presences = Presence.objects.filter(room__in=self.rooms) if self.rooms else ()
        self.presences = {(presence.room_id, presence.leg_id): presence for presence in presences}
        self.actions = [action for action in take(Action, "call_id", self.calls, lock=True) if action.open]

    # Locks -----------------------------------------------------------------------------------------------------

    def _look(self, reports: Sequence[Report], sids: set[str], rooms: set[str]) -> set[UUID]:
        """Without a lock: the calls that will be touched. Their legs and rooms join those to be locked."""
        seen = around_legs(sids)
        self.unknown = sids - {leg for _, _, leg, _ in seen}
        near = {call for call, _, _, _ in seen}
        told = {call for report in reports for call in (named(report), report.call_id) if call}
        if rooms:
            told |= set(Room.objects.filter(sid__in=rooms, call__isnull=False).values_list("call_id", flat=True))
        while True:
            sids |= {leg for _, _, leg, _ in seen if leg}
            rooms |= {room for _, _, _, room in seen if room}
            further = (told | {into for _, into, _, _ in seen if into}) - near
            if not further:
                return near
            near |= further
            seen = around_calls(further)

    def _lock_legs(self, sids: set[str]) -> dict[str, Leg]:
        limbo = uuid4()  # foreign keys are checked at the commit, and by then each leg is in a call
        if connection.features.has_select_for_update and self.unknown:
            # Inserted before anything is locked: of two processes that meet a new leg one waits here, empty-handed.
            put([Leg(sid=sid, call_id=limbo) for sid in sorted(self.unknown)], over=False)
        found = {leg.sid: leg for leg in take(Leg, "sid", sids, lock=True)}
        for sid in sorted(sids):
            if sid not in found or found[sid].call_id == limbo:
                found[sid] = Leg(sid=sid)
                self.new_legs.add(sid)
        return found

    def _lock_rooms(self, sids: set[str]) -> dict[str, Room]:
        if not sids:
            return {}
        put([Room(sid=sid) for sid in sorted(sids)], over=False)
        return {room.sid: room for room in take(Room, "sid", sids, lock=True)}

    def _lock_calls(self, near: Iterable[UUID]) -> dict[UUID, Call]:
        ids = set(near) | {leg.call_id for sid, leg in self.legs.items() if sid not in self.new_legs}
        ids |= {room.call_id for room in self.rooms.values() if room.call_id}
        calls = {call.pk: call for call in take(Call, "id", ids, lock=True)}
        if any(call.merged_into_id and call.merged_into_id not in calls for call in calls.values()):
            raise Again
        return calls

    def _look_again(self) -> None:
        """What joined while we waited is judged with the others, but is not locked: its call may not be merged away."""
        seen = around_calls(self.calls)
        if all(leg in self.legs or leg is None for _, _, leg, _ in seen) and all(
            room in self.rooms or room is None for _, _, _, room in seen
        ):
            return
        legs = {leg.sid: leg for leg in Leg.objects.filter(call__in=self.calls).exclude(sid__in=self.legs)}
        rooms = {room.sid: room for room in Room.objects.filter(call__in=self.calls).exclude(sid__in=self.rooms)}
        self.late |= {leg.call_id for leg in legs.values()} | {room.call_id for room in rooms.values() if room.call_id}
        self.legs |= legs
        self.rooms |= rooms

    # Placing ---------------------------------------------------------------------------------------------------

    def place(self, report: Report) -> Call | None:
        """The call that this report is about (design: one order of proofs); its new legs and room are put into it.

        None for a room of which no leg is known yet.
        """
        leg, room = self.legs.get(report.call_sid), self.rooms.get(report.conference_sid)
        proofs = [self._call_of_leg(report.call_sid), self._call_of_leg(report.parent_sid)]
        if proofs[1] is None and self._first_sight(leg):
            proofs.append(self.call(report.call_id))
        proofs += [self.call(named(report)), self.call(room.call_id) if room else None]
        proofs += [self._call_of_leg(report.dequeued_sid), self._call_of_leg(report.dialled_sid)]
        known = list(dict.fromkeys(call for call in proofs if call is not None))
        if not known and not report.call_sid:
            return None
        call = known[0] if known else self._begin()
        for other in known[1:]:
            call = self._merge(call, other)
        if report.call_sid in self.unplaced and self._was_only_listened_to(call):
            call = self._merge(call, self._begin())
        for sid in self.unplaced.intersection(sids_of(report)):
            self.legs[sid].call = call
            self.unplaced.remove(sid)
        if room is not None and room.call_id != call.pk:
            room.call = call
            self.found_a_call.add(room.sid)
        if report.from_number:
            self.introduced.add(report.call_sid)
        return call

    def call(self, pk: UUID | None) -> Call | None:
        """The call with this id, or the one that it was merged into."""
        call = self.calls.get(pk) if pk else None
        while call is not None and call.merged_into_id is not None:
            call = self.calls.get(call.merged_into_id)
        return call

    def legs_of(self, call: Call) -> list[Leg]:
        return [leg for sid, leg in self.legs.items() if sid not in self.unplaced and leg.call_id == call.pk]

    def _first_sight(self, leg: Leg | None) -> bool:
        """Nothing was said of it but by others (its child, its room). Later its address may name a call it has left."""
        return leg is None or not (leg.sid in self.introduced or leg.heard.from_number)

    def _call_of_leg(self, sid: str) -> Call | None:
        return None if not sid or sid in self.unplaced else self.call(self.legs[sid].call_id)

    def _was_only_listened_to(self, call: Call) -> bool:
        """It ended before anybody was heard of whom it could have been about: no end that a newcomer must respect."""
        return call.pk in self.ended_before and all(leg.role == Leg.Role.SUPERVISOR for leg in self.legs_of(call))

    def _begin(self) -> Call:
        call = Call(pk=uuid4())
        self.calls[call.pk] = call
        self.new_calls.add(call.pk)
        return call

    def _merge(self, one: Call, other: Call) -> Call:
        """The younger goes into the older with its legs and rooms, and leaves the board.

        But an ended one goes into a live one: a call that has ended is not made live again by being a part of another.
        """
        if one is other:
            return one
        stays, goes = sorted((one, other), key=age)
        if goes.pk in self.late:
            raise Again
        for leg in self.legs_of(goes):
            leg.call = stays
            self.moved_legs.add(leg.sid)
        for room in self.rooms.values():
            if room.call_id == goes.pk:
                room.call = stays
                self.moved_rooms.add(room.sid)
        goes.merged_into = stays
        self.merged.append(goes)
        return stays


# A call, the one that it was merged into, and each of its legs with each of its rooms.
Around = tuple[UUID, UUID | None, str | None, str | None]


def around_calls(calls: Iterable[UUID]) -> list[Around]:
    return list(Call.objects.filter(pk__in=calls).order_by().values_list("pk", "merged_into", "legs", "rooms"))


def around_legs(sids: Iterable[str]) -> list[Around]:
    return list(Leg.objects.filter(sid__in=sids).values_list("call", "call__merged_into", "call__legs", "call__rooms"))


def age(call: Call) -> tuple[Any, ...]:
    return call.ended_at is not None, call.started_at is None, call.started_at, call.pk


def sids_of(report: Report) -> list[str]:
    return [
        sid for sid in (report.call_sid, report.parent_sid, report.dialled_sid, report.dequeued_sid) if sid
    ]  # fmt: skip


def named(report: Report) -> UUID | None:
    """The call whose id is the room's name (`call-<uuid>`)."""
    if not report.room.startswith(ROOM_NAME):
        return None
    try:
        return UUID(report.room.removeprefix(ROOM_NAME))
    except ValueError:
        return None
