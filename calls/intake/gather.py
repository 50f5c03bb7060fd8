"""Which rows a batch of reports is about: found, locked in the one order, and each leg put into its call.

A report's own row needs no lock of its own: two deliveries of one statement are about the same leg or room, and wait
there (the order of locks: near.py).
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from calls.intake.kept import Kept, memory
from calls.intake.near import OPEN, around_calls, calls_of_legs, lock, look_again
from calls.models import Action, Call, Leg, Presence, Room
from calls.models import Report as ReportRow
from calls.models.note import both
from calls.models.rows import Row, Version, put, take
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
        self.versions: dict[Any, Version] = {}
        self.version: Version = None  # of what this transaction writes
        self.late: set[UUID] = set()
        named_legs, named_rooms = sorted(sids), sorted(rooms)
        kept = memory.take_out(sids)
        near = self._look(reports, sids, rooms, kept)
        put([Room(sid=sid) for sid in named_rooms], over=False)
        self._take(sids, rooms, near, kept)
        self.new_legs = {sid for sid in named_legs if sid not in self.legs}
        self._look_again({report.digest for report in reports})
        self.legs |= {sid: Leg(sid=sid) for sid in sorted(self.new_legs)}
        self.ended_before = {call.pk for call in self.calls.values() if call.ended_at}
        self.unplaced = set(self.new_legs)
        presences = Presence.objects.filter(room__in=self.rooms) if self.rooms else ()
        self.presences = {(presence.room_id, presence.leg_id): presence for presence in presences}

    # Rows ------------------------------------------------------------------------------------------------------

    def _look(self, reports: Sequence[Report], sids: set[str], rooms: set[str], kept: Sequence[Kept]) -> set[UUID]:
        """Without a lock: the calls that will be touched. Their legs and rooms join those to be locked."""
        near = {known.call.pk for known in kept}
        told = {call for report in reports for call in (named(report), report.call_id) if call}
        if strange := sids.difference(*(known.legs for known in kept)):
            told |= calls_of_legs(strange)
        sids |= {sid for known in kept for sid in known.legs}
        rooms |= {sid for known in kept for sid in known.rooms}
        if rooms:
            told |= set(Room.objects.filter(sid__in=rooms, call__isnull=False).values_list("call_id", flat=True))
        while further := told - near:
            near |= further
            seen = around_calls(further)
            sids |= {leg for _, _, leg, _ in seen if leg}
            rooms |= {room for _, _, _, room in seen if room}
            told |= {into for _, into, _, _ in seen if into}
        return near

    def _take(self, sids: set[str], rooms: set[str], near: set[UUID], kept: Sequence[Kept]) -> None:
        """Locked where rows can be; read where they are not as they were kept."""
        legs = {sid: leg for known in kept for sid, leg in known.legs.items()}
        calls = {known.call.pk: (known.version, known.call) for known in kept}
        if connection.features.has_select_for_update:
            locked = lock(sids, rooms, near)
            self.versions = {**locked.legs, **locked.calls}
            legs = {sid: leg for sid, leg in legs.items() if locked.legs.get(sid) == leg[0]}
            calls = {pk: call for pk, call in calls.items() if locked.calls.get(pk) == call[0]}
            sids, near = set(locked.legs), set(locked.calls)
        self.legs = rows_by_key(Leg, sids, legs)
        self.rooms = rows_by_key(Room, rooms, {})
        self.calls = rows_by_key(Call, near, calls)
        known = {leg.call_id for leg in self.legs.values()} | {room.call_id for room in self.rooms.values()}
        known |= {call.merged_into_id for call in self.calls.values()}
        if known - self.calls.keys() - {None}:
            raise Again

    def _look_again(self, digests: set[str]) -> None:
        """What joined while we waited is judged with the others, but is not locked: its call may not be merged away."""
        there = look_again(digests, self.calls.keys())
        self.version = there.version
        self.rows = {row.digest: row for row in take(ReportRow, "digest", there.statements)}
        self.actions = take(Action, "call_id", self.calls, lock=True, where=OPEN) if there.open_actions else []
        legs = take(Leg, "sid", there.legs - self.legs.keys())
        rooms = take(Room, "sid", there.rooms - self.rooms.keys())
        self.late = {leg.call_id for leg in legs} | {room.call_id for room in rooms if room.call_id}
        self.legs |= {leg.sid: leg for leg in legs}
        self.rooms |= {room.sid: room for room in rooms}

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

    def kept(self, written: Collection[Any]) -> list[Kept]:
        """The live calls as they are now, for the next batch. `written`: keys of rows that have a new version."""
        versions = self.versions | dict.fromkeys(written, self.version)
        calls = {
            pk: Kept(call, versions.get(pk))
            for pk, call in self.calls.items()
            if call.ended_at is None and call.merged_into_id is None and pk not in self.late
        }
        for sid, leg in self.legs.items():
            if leg.call_id in calls:
                calls[leg.call_id].legs[sid] = (versions.get(sid), leg)
        for sid, room in self.rooms.items():
            if room.call_id in calls:
                calls[room.call_id].rooms.add(sid)
        for row in [*self.calls.values(), *self.legs.values()]:
            row._state.fields_cache.clear()  # lines, agents and teams may be changed by others meanwhile
        return list(calls.values())

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
        if goes.tags:
            stays.tags = both(stays.tags, goes.tags)
        self.merged.append(goes)
        return stays


def rows_by_key(model: type[Row], keys: set[Any], known: dict[Any, tuple[Version, Row]]) -> dict[Any, Row]:
    """The rows with these keys that there are, in their order; those that are not known are read."""
    found = {key: known[key][1] for key in keys & known.keys()}
    found |= {row.pk: row for row in take(model, str(model._meta.pk.column), keys - found.keys())}
    return {key: found[key] for key in sorted(found)}


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
