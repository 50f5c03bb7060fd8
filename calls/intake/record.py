"""record(): the only function that writes what calls and legs are. Reports in, rows out, in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from calls.control.proof import verdict, with_sign
from calls.failpoints import crash
from calls.intake.gather import Again, Gathering
from calls.intake.lifecycle import LegState, hear, statements
from calls.intake.rooms import ABSENT, EMPTY, PresenceState, attendance, hear_presence, hear_room
from calls.intake.settle import Party, settle
from calls.live import hint
from calls.models import Action, Agent, Call, Leg, Line, Presence, Room, Visit, append_audit, publish
from calls.models import Report as ReportRow
from calls.models.rows import put, take
from calls.twilio.reports import Report, Source

log = logging.getLogger(__name__)
Verdict = ReportRow.Verdict


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one report. `first`: the statement was new; `call_id` is None for a room without a leg yet."""

    call_id: UUID | None
    verdict: str
    first: bool


def record(reports: Sequence[Report]) -> list[Recorded]:
    """Record these reports and let the calls they are about become what they say. Answers in the same order.

    One transaction; a report whose fold raises is kept raw with the verdict `failed` and harms no other. Raises what
    the database raises.
    """
    for _ in range(5):
        try:
            with transaction.atomic():
                answers = Batch(reports).run()
            crash("intake.after_commit")
            return answers
        except Again:
            continue
    raise OperationalError("The calls of these reports were merged again and again.")


def keep(report: Report) -> Recorded:
    """The last resort for a report that cannot be recorded for what is in it: raw, with the verdict `failed`."""
    with transaction.atomic():
        row = ReportRow.objects.filter(digest=report.digest).first()
        first = row is None
        if row is None:
            row = raw(report)
            row.leg = Leg.objects.filter(pk=report.call_sid).first()
            row.room = Room.objects.filter(pk=report.conference_sid).first()
            row.call_id, row.verdict = row.leg.call_id if row.leg else None, Verdict.FAILED
            row.save(force_insert=True)
        else:
            ReportRow.objects.filter(pk=row.pk).update(deliveries=F("deliveries") + 1)
    return Recorded(row.call_id, row.verdict, first)


class Batch:
    def __init__(self, reports: Sequence[Report]) -> None:
        self.reports = reports
        self.now = timezone.now()
        self.found = Gathering(reports)
        self.live_before = {sid for sid, leg in self.found.legs.items() if leg.live} - self.found.new_legs
        self.new_rows: list[ReportRow] = []
        self.told_again: dict[str, ReportRow] = {}
        self.states: dict[str, LegState] = {}
        self.from_rest: set[str] = set()
        self.presence_states: dict[tuple[str, str], PresenceState] = {}
        self.heard_rooms: set[str] = set()
        self.touched: dict[UUID, datetime] = {}  # calls, and when they were last heard of
        self.changed_legs: set[str] = set()
        self.changed_presences: list[Presence] = []
        self.changed_calls: set[UUID] = set()
        self.reshaped: set[UUID] = set()
        self.moved_actions: list[Action] = []
        self.entries: list[dict[str, Any]] = []

    def run(self) -> list[Recorded]:
        heard = [self.hear(report) for report in self.reports]
        self.settle_legs()
        self.settle_rooms()
        self.settle_calls()
        self.prove_actions()
        self.write()
        crash("intake.before_commit")
        return [Recorded(row.call_id, row.verdict, first) for row, first in heard]

    # Hear ------------------------------------------------------------------------------------------------------

    def hear(self, report: Report) -> tuple[ReportRow, bool]:
        """Fold one report into its legs and its room; said before, it is only counted. (Its row, whether it is new.)"""
        row = self.found.rows.get(report.digest)
        first = row is None
        if row is None:
            row = self.found.rows[report.digest] = raw(report)
            self.new_rows.append(row)
        else:
            row.deliveries += 1
            if row.pk is not None:
                self.told_again[report.digest] = row
            # REST is a fresh look: that it says the same as last time may be what we wanted to know.
            if row.verdict != Verdict.FAILED and report.source is not Source.REST:
                return row, False
        row.call = self.found.place(report)
        row.verdict = self.fold(report)
        if row.call_id is not None:
            self.touched[row.call_id] = max(self.touched.get(row.call_id, report.received_at), report.received_at)
        return row, first

    def fold(self, report: Report) -> str:
        """What the report says joins what is known; returns the verdict."""
        room = self.found.rooms.get(report.conference_sid)
        presence = (report.conference_sid, report.call_sid)
        try:
            states = {sid: hear(self.state_of(sid), statement) for sid, statement in statements(report)}
            contradicts = any(state.conflict and not self.state_of(sid).conflict for sid, state in states.items())
            room_state = hear_room(room.heard, report) if room else None
            presence_state = hear_presence(self.presence_of(presence), report) if room and report.call_sid else None
        except Exception:
            log.exception("A report at %s could not be understood; it is kept raw.", report.door)
            return Verdict.FAILED
        self.states |= states
        if report.source is Source.REST:
            self.from_rest |= states.keys()
        if room is not None and room_state is not None:
            room.heard = room_state
            room.name = room.name or report.room
            self.heard_rooms.add(room.sid)
        if presence_state is not None:
            self.presence_states[presence] = presence_state
        leg = self.found.legs.get(report.call_sid)
        # A room has one callback address for all of its legs, so its role says nothing about this one.
        if leg is not None and report.role and report.door != "conference" and not leg.role_signed:
            leg.role, leg.role_signed = report.role, True
            self.changed_legs.add(leg.sid)
        if report.strange:
            log.warning("Twilio said something new at %s: %s", report.door, ", ".join(report.strange))
            return Verdict.STRANGE
        return Verdict.CONFLICT if contradicts else Verdict.HEARD

    def state_of(self, sid: str) -> LegState:
        return self.states.get(sid) or self.found.legs[sid].heard

    def presence_of(self, key: tuple[str, str]) -> PresenceState:
        known = self.found.presences.get(key)
        return self.presence_states.get(key) or (known.heard if known else ABSENT)

    # Settle ----------------------------------------------------------------------------------------------------

    def settle_legs(self) -> None:
        """Registers become columns; each leg gets its parent, its role and its agent."""
        for sid, state in self.states.items():
            leg = self.found.legs[sid]
            if leg.become(state):
                self.changed_legs.add(sid)
            if state.parent_sid in self.found.legs and leg.parent_id != state.parent_sid:
                leg.parent_id = state.parent_sid
                self.changed_legs.add(sid)
        self.changed_legs |= self.found.new_legs | self.found.moved_legs
        changed = [self.found.legs[sid] for sid in sorted(self.changed_legs)]
        strangers = [leg for leg in changed if leg.agent_id is None and may_be_an_agents(leg)]
        agents = agents_at({leg.to_number for leg in strangers})
        for leg in strangers:
            leg.agent = agents.get(leg.to_number)
        for leg in changed:
            if not leg.role_signed:
                leg.role = role_of(leg)
        for sid in sorted(self.changed_legs | self.states.keys()):
            self.quarantine(self.found.legs[sid])

    def quarantine(self, leg: Leg) -> None:
        """A live leg nobody knew of does not wake an ended call: only what Twilio's REST API says of it does."""
        call_ended, before = leg.call_id in self.found.ended_before, leg.unverified
        if leg.sid in self.found.new_legs:
            leg.unverified = call_ended
        if leg.ended_at or leg.sid in self.from_rest or not call_ended:
            leg.unverified = False
        if leg.unverified != before:
            self.changed_legs.add(leg.sid)
        if leg.live != (leg.sid in self.live_before):
            self.reshaped.add(leg.call_id)
        if leg.unverified:
            for row in self.new_rows:
                if row.leg_id == leg.sid and row.verdict == Verdict.HEARD:
                    row.verdict = Verdict.UNVERIFIED

    def settle_rooms(self) -> None:
        """Who is in which room, by what the room said and by the ends of legs and rooms."""
        for sid in self.heard_rooms:
            room = self.found.rooms[sid]
            room.status, room.registers = room.heard.status, room.heard.as_json()
        for (room_sid, sid), state in self.presence_states.items():
            presence = self.found.presences.setdefault((room_sid, sid), Presence(room_id=room_sid, leg_id=sid))
            presence.heard = state
        for (room_sid, sid), presence in sorted(self.found.presences.items()):
            if room_sid not in self.heard_rooms and sid not in self.states:
                continue
            leg, there = self.found.legs[sid], self.found.rooms.get(room_sid)
            seen = attendance(presence.heard, leg.heard, there.heard if there else EMPTY)
            if (presence.present, presence.held) != (seen.present, seen.held):
                self.reshaped.add(leg.call_id)
            if presence.become(seen) or presence.pk is None:
                self.changed_presences.append(presence)
                self.changed_calls.add(leg.call_id)

    def settle_calls(self) -> None:
        """Each call that was heard of, or took in another, is judged anew."""
        heard: dict[Call, datetime] = {}
        for pk, at in [*self.touched.items(), *((call.pk, call.heard_at) for call in self.found.merged)]:
            if at is not None and (call := self.found.call(pk)) is not None:
                heard[call] = max(at, heard.get(call, at))
        legs: dict[UUID, list[Leg]] = {call.pk: [] for call in heard}
        for leg in sorted(self.found.legs.values(), key=by_start):
            if leg.call_id in legs:
                legs[leg.call_id].append(leg)
        lines = lines_at({inside_of(leg) for call in heard for leg in legs[call.pk] if not leg.parent_id})
        present = {presence.leg_id: presence for presence in self.found.presences.values() if presence.present}
        for call, at in heard.items():
            before = told_of(call)
            call.heard_at = max(at, call.heard_at or at)
            self.name(call, legs[call.pk], lines)
            self.settle_call(call, legs[call.pk], present)
            if told_of(call) != before or call.pk in self.found.new_calls:
                self.changed_calls.add(call.pk)
        self.changed_calls |= {self.found.legs[sid].call_id for sid in self.changed_legs}

    def name(self, call: Call, legs: Sequence[Leg], lines: dict[str, Line]) -> None:
        """From whom to whom, by the first leg that nobody dialled; line and team by the first that used a line."""
        roots = [leg for leg in legs if not leg.parent_id]
        if not roots:
            return
        call.direction = roots[0].direction[:20] or call.direction
        call.from_number, call.to_number = roots[0].from_number, roots[0].to_number
        leg = next((leg for leg in roots if inside_of(leg) in lines), None)
        if leg is None:
            return
        line = lines[inside_of(leg)]
        if line.pk != call.line_id:
            if call.team_id is None or (call.line is not None and call.team_id == call.line.team_id):
                call.team_id = line.team_id
            call.line = line
            self.reshaped.add(call.pk)
        call.kind = "" if leg.direction.startswith("outbound") else line.flow

    def settle_call(self, call: Call, legs: Sequence[Leg], present: dict[str, Presence]) -> None:
        state = settle(
            [party_of(leg, present.get(leg.sid)) for leg in legs],
            direction=call.direction,
            kind=call.kind,
            in_queue=bool(call.queue),
        )
        call.status, call.status_since, call.outcome = state.status, state.since, state.outcome
        call.started_at, call.answered_at, call.ended_at = state.started_at, state.answered_at, state.ended_at
        if state.status == Call.Status.ENDED and state.ended_at is None:
            self.only_listened_to(call, legs)
        if call.ended_by != "supervisor":
            call.ended_by = "supervisor" if state.ended_at and self.ended_by_us(call) else state.ended_by
        if call.pk in self.found.ended_before and call.ended_at is None:
            call.reopened_at = self.now
        if (call.ended_at is not None) != (call.pk in self.found.ended_before):
            self.reshaped.add(call.pk)
        with_agent = [leg for leg in legs if leg.agent_id and leg.role == Leg.Role.AGENT and not leg.unverified]
        if with_agent:
            call.agent_id = max(
                with_agent, key=lambda leg: (leg.live, leg.answered_at is not None, *by_start(leg))
            ).agent_id

    def only_listened_to(self, call: Call, legs: Sequence[Leg]) -> None:
        """A supervisor's leg came first, or all others are unverified: over when nobody is left, and not before."""
        if any(leg.live for leg in legs):
            call.status, call.outcome = Call.Status.ENDING, ""
        else:
            call.ended_at = call.status_since = max(
                (leg.ended_at for leg in legs if leg.ended_at), default=call.heard_at
            )

    def ended_by_us(self, call: Call) -> bool:
        asked = (Action.State.SENDING, Action.State.ACCEPTED, Action.State.UNKNOWN)
        return any(
            action.call_id == call.pk and action.verb == "end" and action.target == "call" and action.state in asked
            for action in self.found.actions
        )

    # Prove and write -------------------------------------------------------------------------------------------

    def prove_actions(self) -> None:
        """Wishes whose effect was now seen are settled, even before the answer to our request is in."""
        signs: dict[UUID, list[Report]] = {}
        for report in self.reports:
            if report.action_id is not None:
                signs.setdefault(report.action_id, []).append(report)
        for action in self.found.actions:
            if action.state == Action.State.REQUESTED:
                continue
            seen = action.seen
            legs = self.legs_of(action.call_id)
            for report in signs.get(action.pk, ()):
                if report.call_sid in legs:  # a stranger at its address proves nothing
                    seen = with_sign(seen, report)
            found = verdict(action.plan.get("proof", {}), seen, legs)
            if found is not None:
                self.entries.append(action.become(found.state, at=self.now, code=found.code, message=found.message))
            elif any(action.call_id == call.pk for call in self.found.merged):
                why = "The call turned out to be a part of another one. Look there."
                self.entries.append(action.become(Action.State.OVERTAKEN, at=self.now, message=why))
            elif seen == action.seen:
                continue
            action.seen = seen
            self.moved_actions.append(action)
            if action.open:
                self.changed_calls.add(action.call_id)
            else:
                self.reshaped.add(action.call_id)

    def legs_of(self, call: UUID) -> dict[str, Leg]:
        return {sid: leg for sid, leg in self.found.legs.items() if leg.call_id == call}

    def write(self) -> None:
        stored = [call for call in self.found.merged if call.pk not in self.found.new_calls]
        for younger in stored:
            younger.status, younger.ended_at = Call.Status.ENDED, younger.ended_at or self.now
        news = (self.changed_calls | self.reshaped | {call.pk for call in stored}) - {
            call.pk for call in self.found.merged if call.pk in self.found.new_calls
        }
        put([self.found.calls[pk] for pk in sorted(news)])
        put([self.found.legs[sid] for sid in sorted(self.changed_legs | self.states.keys())])
        put([self.found.rooms[sid] for sid in sorted(self.rooms_changed())])
        upsert_presences(self.changed_presences)
        self.write_reports(stored)
        crash("intake.after_insert")
        Action.objects.bulk_update(self.moved_actions, ["state", "seen", "settled_at", "code", "message"])
        append_audit(self.entries, at=self.now)
        hint.publish_on_commit(publish(news, shape=self.reshaped & news))

    def write_reports(self, merged: Sequence[Call]) -> None:
        """The raw rows; those of a merged call, and of a room that nobody had joined yet, go where their call is."""
        for younger in merged:
            stays = self.found.call(younger.pk)
            ReportRow.objects.filter(call=younger).update(call=stays)
            decided = Visit.objects.filter(call=stays).values_list("step", "visit")
            for visit in Visit.objects.filter(call=younger):
                if (visit.step, visit.visit) not in decided:
                    Visit.objects.filter(pk=visit.pk).update(call=stays)
        for row in [*self.new_rows, *self.told_again.values()]:
            row.call = self.found.call(row.call_id)
        put(sorted(self.new_rows, key=lambda row: row.digest))
        ReportRow.objects.bulk_update(self.told_again.values(), ["deliveries", "verdict", "call"])
        for sid in self.found.found_a_call:
            ReportRow.objects.filter(room=sid, call=None).update(call=self.found.rooms[sid].call_id)

    def rooms_changed(self) -> set[str]:
        return self.heard_rooms | self.found.moved_rooms | self.found.found_a_call


def raw(report: Report) -> ReportRow:
    return ReportRow(
        digest=report.digest,
        door=report.door,
        source=report.source,
        received_at=report.received_at,
        idempotency_token=report.idempotency_token[:64],
        leg_id=report.call_sid or None,
        room_id=report.conference_sid or None,
        body=report.body,
    )


def role_of(leg: Leg) -> str:
    """As long as no address of ours says it: who phones in is the caller, who is dialled an agent or a stranger."""
    if leg.agent_id is not None:
        return Leg.Role.AGENT
    if leg.parent_id or leg.direction.startswith("outbound"):
        return Leg.Role.EXTERNAL
    return Leg.Role.CALLER


def may_be_an_agents(leg: Leg) -> bool:
    return bool(leg.parent_id or leg.role_signed or leg.direction.startswith("outbound"))


def inside_of(leg: Leg) -> str:
    """Our side of a leg: the line that was called, or called from."""
    return leg.from_number if leg.direction.startswith("outbound") else leg.to_number


def by_start(leg: Leg) -> tuple[Any, ...]:
    return leg.started_at is None, leg.started_at, leg.sid


def party_of(leg: Leg, presence: Presence | None) -> Party:
    return Party(
        sid=leg.sid,
        role=leg.role,
        state=leg.heard,
        parent_sid=leg.parent_id or "",
        unverified=leg.unverified,
        held=bool(presence and presence.held),
        held_since=presence.held_since if presence else None,
    )


def told_of(call: Call) -> tuple[object, ...]:
    """All that is written of a call: when this is as before, there is no news."""
    told: tuple[object, ...] = ALL_OF_A_CALL(call)
    return told


ALL_OF_A_CALL = attrgetter(*(field.attname for field in Call._meta.concrete_fields if not field.primary_key))


def agents_at(contacts: set[str]) -> dict[str, Agent]:
    return {agent.contact: agent for agent in take(Agent, "contact", contacts - {""})}


def lines_at(addresses: set[str]) -> dict[str, Line]:
    return {line.address: line for line in take(Line, "address", addresses - {""})}


def upsert_presences(presences: Sequence[Presence]) -> None:
    Presence.objects.bulk_create([presence for presence in presences if presence.pk is None])
    Presence.objects.bulk_update([presence for presence in presences if presence.pk], Presence.SEEN)
