"""record(): the only function that writes what calls and legs are. Reports in, rows out, in one transaction."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from calls.failpoints import crash
from calls.intake import parties
from calls.intake.gather import Again, Gathering
from calls.intake.kept import Kept, memory
from calls.intake.lifecycle import LegState, hear
from calls.intake.proving import moved
from calls.intake.raw import Recorded, raw
from calls.intake.rooms import ABSENT, EMPTY, PresenceState, attendance, hear_presence, hear_room
from calls.intake.settle import settle
from calls.intake.statements import statements
from calls.live import hint
from calls.models import Action, Call, Leg, Line, Note, Presence, Tap, Visit, append_audit, publish
from calls.models import Report as ReportRow
from calls.models.rows import database_version, put
from calls.twilio.reports import Report, Source

log = logging.getLogger(__name__)
Verdict = ReportRow.Verdict


def record(reports: Sequence[Report]) -> list[Recorded]:
    """Record these reports and let the calls they are about become what they say. Answers in the same order.

    One transaction; a report whose fold raises is kept raw with the verdict `failed` and harms no other. Raises what
    the database raises.
    """
    for _ in range(5):
        try:
            alone = not connection.in_atomic_block
            with transaction.atomic():
                batch = Batch(reports)
                answers = batch.run()
                database = database_version() if connection.vendor == "sqlite" else None
            crash("intake.after_commit")
            if alone:  # within somebody else's transaction nothing is certain yet
                memory.put_back(batch.kept, database)
            return answers
        except Again:
            continue
    raise OperationalError("The calls of these reports were merged again and again.")


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
        self.changed_taps: dict[str, Tap] = {}
        self.changed_calls: set[UUID] = set()
        self.reshaped: set[UUID] = set()
        self.moved_actions: list[Action] = []
        self.entries: list[dict[str, Any]] = []
        self.newly_known: set[str] = set()  # legs of which it was not known before, or not so, who they are
        self.kept: list[Kept] = []

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
        if row.call_id is not None and not words_alone(report):
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
            self.newly_known.add(leg.sid)
        if leg is not None and leg.role in parties.OF_A_PERSON and leg.person_id is None and report.action_id:
            self.introduce(leg, report.action_id)
        if report.strange:
            log.warning("Twilio said something new at %s: %s", report.door, ", ".join(report.strange))
            return Verdict.STRANGE
        return Verdict.CONFLICT if contradicts else Verdict.HEARD

    def introduce(self, leg: Leg, wish: UUID) -> None:
        """A supervisor's leg is that of whoever wished it; and an agent's, if they took the caller to themselves."""
        for action in self.found.actions:
            mine = leg.role == Leg.Role.SUPERVISOR or (
                action.verb in TO_MYSELF and not action.params.get("destination")
            )
            if action.pk == wish and mine:
                leg.person_id = action.by_id
                self.changed_legs.add(leg.sid)

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
            known, taps = parties.who(leg), (leg.heard.taps, leg.ended_at)
            if leg.become(state):
                self.changed_legs.add(sid)
            if state.taps and taps != (state.taps, leg.ended_at):
                self.changed_taps |= {tap.sid: Tap.of(leg, tap) for tap in state.tapped}
                self.changed_legs.add(sid)
            if parties.who(leg) != known:
                self.newly_known.add(sid)
            if state.parent_sid in self.found.legs and leg.parent_id != state.parent_sid:
                leg.parent_id = state.parent_sid
                self.changed_legs.add(sid)
                self.newly_known.add(sid)
        self.changed_legs |= self.found.new_legs | self.found.moved_legs
        self.newly_known |= self.found.new_legs | self.found.moved_legs
        changed = [self.found.legs[sid] for sid in sorted(self.changed_legs)]
        strangers = [leg for leg in changed if leg.agent_id is None and parties.may_be_an_agents(leg)]
        agents = parties.agents_at({leg.to_number for leg in strangers if leg.sid in self.newly_known})
        for leg in strangers:
            leg.agent = agents.get(leg.to_number)
        for leg in changed:
            if not leg.role_signed:
                leg.role = parties.role_of(leg)
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
        seats: dict[str, dict[str, PresenceState]] = {}
        for (room_sid, sid), presence in self.found.presences.items():
            seats.setdefault(sid, {})[room_sid] = presence.heard
        for (room_sid, sid), presence in sorted(self.found.presences.items()):
            if room_sid not in self.heard_rooms and sid not in self.states:
                continue
            leg, there = self.found.legs[sid], self.found.rooms.get(room_sid)
            elsewhere = [state for room, state in seats[sid].items() if room != room_sid]
            seen = attendance(presence.heard, leg.heard, there.heard if there else EMPTY, elsewhere)
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
        for leg in sorted(self.found.legs.values(), key=parties.by_start):
            if leg.call_id in legs:
                legs[leg.call_id].append(leg)
        roots = {call.pk: [leg for leg in legs[call.pk] if not leg.parent_id] for call in heard}
        lines = parties.lines_at(
            {parties.inside_of(leg) for some in roots.values() if self.may_be_on_another_line(some) for leg in some}
        )
        present = {presence.leg_id: presence for presence in self.found.presences.values() if presence.present}
        for call, at in heard.items():
            before = parties.told_of(call)
            call.heard_at = max(at, call.heard_at or at)
            self.name(call, roots[call.pk], lines)
            self.settle_call(call, legs[call.pk], present)
            if parties.told_of(call) != before or call.pk in self.found.new_calls:
                self.changed_calls.add(call.pk)
        self.changed_calls |= {self.found.legs[sid].call_id for sid in self.changed_legs}

    def may_be_on_another_line(self, roots: Sequence[Leg]) -> bool:
        """Of one leg that nobody dialled, and of which nothing new is known, the line has been looked up before."""
        return len(roots) > 1 or any(leg.sid in self.newly_known for leg in roots)

    def name(self, call: Call, roots: Sequence[Leg], lines: dict[str, Line]) -> None:
        """From whom to whom, by the first leg that nobody dialled; line and team by the first that used a line."""
        if not roots:
            return
        call.direction = roots[0].direction[:20] or call.direction
        call.from_number, call.to_number = roots[0].from_number, roots[0].to_number
        leg = next((leg for leg in roots if parties.inside_of(leg) in lines), None)
        if leg is None:
            return
        line = lines[parties.inside_of(leg)]
        if line.pk != call.line_id:
            if call.team_id is None or (call.line is not None and call.team_id == call.line.team_id):
                call.team_id = line.team_id
            call.line = line
            self.reshaped.add(call.pk)
        call.kind = "" if leg.direction.startswith("outbound") else line.flow

    def settle_call(self, call: Call, legs: Sequence[Leg], present: dict[str, Presence]) -> None:
        state = settle(
            [parties.party_of(leg, present.get(leg.sid)) for leg in legs],
            direction=call.direction,
            kind=call.kind,
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
        call.agent_id = parties.served_by(legs) or call.agent_id

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
        for action, entry in moved(self.found, self.reports, self.now):
            self.moved_actions.append(action)
            if entry is not None:
                self.entries.append(entry)
            if action.open:
                self.changed_calls.add(action.call_id)
            else:
                self.reshaped.add(action.call_id)

    def write(self) -> None:
        stored = [call for call in self.found.merged if call.pk not in self.found.new_calls]
        for younger in stored:
            younger.status, younger.ended_at = Call.Status.ENDED, younger.ended_at or self.now
        news = (self.changed_calls | self.reshaped | {call.pk for call in stored}) - {
            call.pk for call in self.found.merged if call.pk in self.found.new_calls
        }
        legs = self.changed_legs | self.states.keys()
        self.move_reports(stored)
        in_order = sorted(self.new_rows, key=lambda row: row.digest)
        put(
            [self.found.calls[pk] for pk in sorted(news)],
            [self.found.legs[sid] for sid in sorted(legs)],
            [self.found.rooms[sid] for sid in sorted(self.rooms_changed())],
            in_order,
            [self.changed_taps[sid] for sid in sorted(self.changed_taps)],
        )
        upsert_presences(self.changed_presences)
        crash("intake.after_insert")
        Action.objects.bulk_update(self.moved_actions, ACTION)
        append_audit(self.entries, at=self.now)
        hint.publish_on_commit(publish(news, shape=self.reshaped & news))
        self.kept = self.found.kept(news | legs)

    def move_reports(self, merged: Sequence[Call]) -> None:
        """The raw rows of a merged call with its notes, and those of a room that nobody had joined yet, go where their
        call is."""
        for younger in merged:
            stays = self.found.call(younger.pk)
            ReportRow.objects.filter(call=younger).update(call=stays)
            Note.objects.filter(call=younger).update(call=stays)
            decided = Visit.objects.filter(call=stays).values_list("step", "visit")
            for visit in Visit.objects.filter(call=younger):
                if (visit.step, visit.visit) not in decided:
                    Visit.objects.filter(pk=visit.pk).update(call=stays)
        for row in [*self.new_rows, *self.told_again.values()]:
            row.call = self.found.call(row.call_id)
        ReportRow.objects.bulk_update(self.told_again.values(), ["deliveries", "verdict", "call"])
        for sid in self.found.found_a_call:
            ReportRow.objects.filter(room=sid, call=None).update(call=self.found.rooms[sid].call_id)

    def rooms_changed(self) -> set[str]:
        return self.heard_rooms | self.found.moved_rooms | self.found.found_a_call


def words_alone(report: Report) -> bool:
    """What somebody has just said, many times a minute: it is kept, and is no news of the call."""
    return report.door == "transcription" and report.body.get("TranscriptionEvent") == "transcription-content"


TO_MYSELF = ("pull", "take_over")
ACTION = ("state", "seen", "step", "settled_at", "code", "message", "sent_at", "lease_until", "looked_at", "due_at")


def upsert_presences(presences: Sequence[Presence]) -> None:
    Presence.objects.bulk_create([presence for presence in presences if presence.pk is None])
    Presence.objects.bulk_update([presence for presence in presences if presence.pk], Presence.SEEN)
