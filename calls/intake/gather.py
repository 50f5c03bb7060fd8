"""Which rows a batch of reports is about: found, locked in the one order, and each leg put into its call.

Lock order everywhere: legs by sid, rooms by sid, calls by id, actions by id, audit head, board. A report's own row
needs no lock of its own: two deliveries of one statement are about the same leg or room, and wait there.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from django.db import connection

from calls.models import OPEN_STATES, Action, Call, Leg, Presence, Room
from calls.models import Report as ReportRow
from calls.twilio.reports import Report

ROOM_NAME = "call-"


class Again(Exception):
    """Between looking and locking something moved: look again."""


class Gathering:
    """The rows of one batch. `legs` holds every leg of every call it touches, so that a call can be judged whole."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self.new_legs: set[str] = set()
        self.new_calls: set[UUID] = set()
        self.ended_before: set[UUID] = set()
        self.merged: list[Call] = []
        sids = {sid for report in reports for sid in sids_of(report)}
        rooms = {report.conference_sid for report in reports if report.conference_sid}
        near = self._look(reports, sids, rooms)
        self.legs = self._lock_legs(sids)
        self.rooms = self._lock_rooms(rooms)
        self.rows = {
            row.digest: row for row in ReportRow.objects.filter(digest__in=[report.digest for report in reports])
        }
        self.calls = self._lock_calls(near)
        for leg in Leg.objects.filter(call__in=self.calls).exclude(sid__in=self.legs).select_related("agent"):
            self.legs[leg.sid] = leg
        self.presences = {
            (presence.room_id, presence.leg_id): presence
            for presence in Presence.objects.filter(leg__in=self.legs)
        }  # fmt: skip
        self.actions = list(
            Action.objects.select_for_update().filter(call__in=self.calls, state__in=OPEN_STATES).order_by("id")
        )

    # Locks -----------------------------------------------------------------------------------------------------

    def _look(self, reports: Sequence[Report], sids: set[str], rooms: set[str]) -> set[UUID]:
        """Without a lock: the calls that will be touched. Where two may turn out to be one, their legs join the locks."""
        of_leg = dict(Leg.objects.filter(sid__in=sids).values_list("sid", "call_id"))
        of_room = dict(Room.objects.filter(sid__in=rooms).values_list("sid", "call_id")) if rooms else {}
        near: set[UUID] = set()
        for report in reports:
            calls = {of_leg.get(sid) for sid in sids_of(report)} | {of_room.get(report.conference_sid), named(report)}
            calls.discard(None)
            if len(calls) > 1:
                sids |= set(Leg.objects.filter(call__in=calls).values_list("sid", flat=True))
            near |= {call for call in calls if call} | ({report.call_id} if report.call_id else set())
        near |= set(Call.objects.filter(merged__in=near).values_list("pk", flat=True))
        return near

    def _lock_legs(self, sids: set[str]) -> dict[str, Leg]:
        in_order = sorted(sids)
        if connection.features.has_select_for_update and in_order:
            # Inserted before anything is locked: of two processes that meet a new leg at once one waits here, empty-handed.
            known = set(Leg.objects.filter(sid__in=sids).values_list("sid", flat=True))
            limbo = uuid4()  # foreign keys are checked at the commit, and by then each leg is in a call
            Leg.objects.bulk_create(
                [Leg(sid=sid, call_id=limbo) for sid in in_order if sid not in known], ignore_conflicts=True
            )
        found = {leg.sid: leg for leg in Leg.objects.select_for_update().filter(sid__in=sids).order_by("sid")}
        for sid in in_order:
            if sid not in found or (connection.features.has_select_for_update and found[sid].call_id == limbo):
                found[sid] = Leg(sid=sid, call_id=None)
                self.new_legs.add(sid)
        return found

    def _lock_rooms(self, sids: set[str]) -> dict[str, Room]:
        if not sids:
            return {}
        Room.objects.bulk_create([Room(sid=sid) for sid in sorted(sids)], ignore_conflicts=True)
        return {room.sid: room for room in Room.objects.select_for_update().filter(sid__in=sids).order_by("sid")}

    def _lock_calls(self, near: Iterable[UUID]) -> dict[UUID, Call]:
        ids = set(near) | {leg.call_id for leg in self.legs.values()} | {room.call_id for room in self.rooms.values()}
        ids.discard(None)
        calls = {call.pk: call for call in Call.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
        if any(call.merged_into_id and call.merged_into_id not in calls for call in calls.values()):
            raise Again
        self.ended_before = {call.pk for call in calls.values() if call.ended_at}
        return calls

    # Placing ---------------------------------------------------------------------------------------------------

    def place(self, report: Report) -> Call | None:
        """The call that this report is about (design: one order of proofs); its new legs and room are put into it.

        None for a room of which no leg is known yet.
        """
        room = self.rooms.get(report.conference_sid)
        proofs = [self._call_of_leg(report.call_sid), self._call_of_leg(report.parent_sid)]
        first_sight = proofs[0] is None
        proofs += [self._call(named(report)), self._call(room.call_id) if room else None]
        proofs += [self._call_of_leg(report.dequeued_sid), self._call_of_leg(report.dialled_sid)]
        known = list(dict.fromkeys(call for call in proofs if call is not None))
        signed = self._call(report.call_id) if first_sight and proofs[1] is None else None
        if signed is not None:
            call = signed
        elif known:
            call = known[0]
        elif report.call_sid:
            call = self._begin()
        else:
            return None
        for other in known:
            call = self._merge(call, other)
        for sid in sids_of(report):
            if self.legs[sid].call_id is None:
                self.legs[sid].call = call
        if room is not None and room.call_id != call.pk:
            room.call = call
        return call

    def _call(self, pk: UUID | None) -> Call | None:
        call = self.calls.get(pk) if pk else None
        while call is not None and call.merged_into_id is not None:
            call = self.calls.get(call.merged_into_id)
        return call

    def _call_of_leg(self, sid: str) -> Call | None:
        leg = self.legs.get(sid)
        return self._call(leg.call_id) if leg is not None else None

    def _begin(self) -> Call:
        call = Call(pk=uuid4())
        self.calls[call.pk] = call
        self.new_calls.add(call.pk)
        return call

    def _merge(self, one: Call, other: Call) -> Call:
        """The younger goes into the older: its legs, rooms and open wishes move, and it leaves the board."""
        if one is other:
            return one
        older, younger = sorted((one, other), key=lambda call: (call.started_at is None, call.started_at, call.pk))
        for leg in self.legs.values():
            if leg.call_id == younger.pk:
                leg.call = older
        for room in self.rooms.values():
            if room.call_id == younger.pk:
                room.call = older
        younger.merged_into = older
        self.merged.append(younger)
        return older


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
