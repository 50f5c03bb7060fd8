"""record(): the only function that writes what calls and legs are. Reports in, rows out, in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from calls.control.proof import proved
from calls.failpoints import crash
from calls.intake.gather import Again, Gathering
from calls.intake.lifecycle import (
    ABSENT,
    EMPTY,
    LegState,
    Party,
    PresenceState,
    Statement,
    attendance,
    hear,
    hear_presence,
    hear_room,
    settle,
    statements,
)
from calls.live import hint
from calls.models import Action, Agent, Call, Leg, Line, Presence, Room, append_audit, publish
from calls.models import Report as ReportRow
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
    raise RuntimeError("The calls of these reports were merged again and again.")


class Batch:
    def __init__(self, reports: Sequence[Report]) -> None:
        self.reports = reports
        self.now = timezone.now()
        self.found = Gathering(reports)
        self.told: dict[str, ReportRow] = {}  # new rows by digest
        self.again: dict[str, ReportRow] = {}  # rows that were delivered once more
        self.states: dict[str, LegState] = {}
        self.from_rest: set[str] = set()
        self.presence_states: dict[tuple[str, str], PresenceState] = {}
        self.touched: dict[UUID, datetime] = {}  # calls, and when they were last heard of
        self.changed_legs: set[str] = set()
        self.changed_calls: set[UUID] = set()
        self.reshaped: set[UUID] = set()

    def run(self) -> list[Recorded]:
        answers = [self.hear(report) for report in self.reports]
        self.settle_legs()
        self.settle_rooms()
        for pk in self.touched:
            self.settle_call(self.found.calls[pk])
        self.prove_actions()
        self.write()
        crash("intake.before_commit")
        return answers

    # Hear ------------------------------------------------------------------------------------------------------

    def hear(self, report: Report) -> Recorded:
        """Fold one report into its legs and its room; said before, it is only counted."""
        row = self.told.get(report.digest) or self.found.rows.get(report.digest)
        if row is not None and row.verdict != Verdict.FAILED:
            row.deliveries += 1
            if report.digest not in self.told:
                self.again[report.digest] = row
            return Recorded(row.call_id, row.verdict, first=False)
        try:
            said = statements(report)
        except Exception:
            log.exception("A report at %s could not be understood; it is kept raw.", report.door)
            said, verdict = [], Verdict.FAILED
        else:
            verdict = Verdict.STRANGE if report.strange else Verdict.HEARD
        call = self.found.place(report)
        self.fold(report, said)
        if report.strange:
            log.warning("Twilio said something new at %s: %s", report.door, ", ".join(report.strange))
        if row is None:
            row = self.told[report.digest] = raw(report)
        else:
            self.again[report.digest] = row
        row.call, row.verdict = call, verdict
        if call is not None:
            self.touched[call.pk] = max(self.touched.get(call.pk, report.received_at), report.received_at)
        return Recorded(call.pk if call else None, verdict, first=True)

    def fold(self, report: Report, said: Sequence[tuple[str, Statement]]) -> None:
        for sid, statement in said:
            leg = self.found.legs[sid]
            self.states[sid] = hear(self.states.get(sid) or leg.heard, statement)
            if report.source is Source.REST:
                self.from_rest.add(sid)
        leg = self.found.legs.get(report.call_sid)
        # A room has one callback address for all of its legs, so its role says nothing about this one.
        if leg is not None and report.role and report.door != "conference" and not leg.role_signed:
            leg.role, leg.role_signed = report.role, True
            self.changed_legs.add(leg.sid)
        room = self.found.rooms.get(report.conference_sid)
        if room is not None:
            room.heard = hear_room(room.heard, report)
            room.name = room.name or report.room
            if report.call_sid:
                key = (room.sid, report.call_sid)
                known = self.found.presences.get(key)
                before = self.presence_states.get(key) or (known.heard if known else ABSENT)
                self.presence_states[key] = hear_presence(before, report)

    # Settle ----------------------------------------------------------------------------------------------------

    def settle_legs(self) -> None:
        """Registers become columns; each leg gets its parent, its role and its agent."""
        for sid, state in self.states.items():
            leg = self.found.legs[sid]
            live_before = leg.live and sid not in self.found.new_legs
            if leg.become(state):
                self.changed_legs.add(sid)
            if leg.live != live_before:
                self.reshaped.add(leg.call_id)
            if state.parent_sid and leg.parent_id != state.parent_sid and state.parent_sid in self.found.legs:
                leg.parent_id = state.parent_sid
                self.changed_legs.add(sid)
        self.changed_legs |= self.found.new_legs
        agents = agents_at({leg.to_number for leg in self.legs_changed() if leg.agent_id is None})
        for leg in self.legs_changed():
            if leg.parent_id or leg.role_signed:
                leg.agent = leg.agent or agents.get(leg.to_number)
            if not leg.role_signed:
                leg.role = Leg.Role.CALLER if not leg.parent_id else Leg.Role.AGENT if leg.agent else Leg.Role.EXTERNAL
            self.quarantine(leg)

    def quarantine(self, leg: Leg) -> None:
        """A live leg nobody knew of does not wake an ended call: only what Twilio's REST API says of it does."""
        ended_before = leg.call_id in self.found.ended_before
        if leg.sid in self.found.new_legs and ended_before and leg.ended_at is None:
            leg.unverified = True
        if leg.unverified and (leg.ended_at or leg.sid in self.from_rest):
            leg.unverified = False
        if leg.unverified:
            for row in self.told.values():
                if row.leg_id == leg.sid and row.verdict == Verdict.HEARD:
                    row.verdict = Verdict.UNVERIFIED

    def settle_rooms(self) -> None:
        for room in self.found.rooms.values():
            room.status, room.registers = room.heard.status, room.heard.as_json()
        for (room_sid, sid), state in self.presence_states.items():
            known = self.found.presences.get((room_sid, sid))
            presence = known or Presence(room_id=room_sid, leg_id=sid)
            self.found.presences[(room_sid, sid)] = presence
            presence.heard = state
        for (room_sid, sid), presence in self.found.presences.items():
            leg, room = self.found.legs[sid], self.found.rooms.get(room_sid)
            seen = attendance(presence.heard, leg.heard, room.heard if room else EMPTY)
            if (presence.present, presence.held) != (seen.present, seen.held):
                self.reshaped.add(leg.call_id)
            presence.present, presence.held, presence.held_since = seen.present, seen.held, seen.held_since
            presence.muted, presence.coaching = seen.present and seen.muted, seen.coaching
            presence.joined_at, presence.left_at = seen.joined_at, seen.left_at
            presence.hold_seconds, presence.registers = seen.hold_seconds, presence.heard.as_json()

    def settle_call(self, call: Call) -> None:
        """What the call is, from its legs; what it is called, from its first one."""
        before = told_of(call)
        legs = [leg for leg in self.found.legs.values() if leg.call_id == call.pk]
        present = {presence.leg_id: presence for presence in self.found.presences.values() if presence.present}
        root = min(
            (leg for leg in legs if not leg.parent_id),
            key=lambda leg: (leg.started_at is None, leg.started_at, leg.sid),
            default=None,
        )
        if root is not None:
            call.direction = root.direction or call.direction
            call.from_number, call.to_number = root.from_number, root.to_number
            if call.line_id is None:
                self.find_line(call)
        state = settle(
            [party_of(leg, present.get(leg.sid)) for leg in legs],
            direction=call.direction,
            kind=call.kind,
            in_queue=bool(call.queue),
        )
        call.status, call.status_since, call.outcome = state.status, state.since, state.outcome
        call.started_at, call.answered_at, call.ended_at = state.started_at, state.answered_at, state.ended_at
        if call.ended_by != "supervisor":
            call.ended_by = "supervisor" if state.ended_at and self.ended_by_us(call) else state.ended_by
        if call.pk in self.found.ended_before and call.ended_at is None:
            call.reopened_at = self.now
            self.reshaped.add(call.pk)
        with_agent = [leg for leg in legs if leg.agent_id and leg.role == Leg.Role.AGENT]
        if with_agent:
            call.agent_id = max(
                with_agent, key=lambda leg: (leg.live, leg.answered_at or leg.started_at or self.now)
            ).agent_id
        call.heard_at = max(filter(None, (call.heard_at, self.touched[call.pk])))
        if told_of(call) != before or call.pk in self.found.new_calls:
            self.changed_calls.add(call.pk)
        if call.ended_at is not None and call.pk not in self.found.ended_before:
            self.reshaped.add(call.pk)

    def find_line(self, call: Call) -> None:
        """The line that was called, or called from, and with it the team."""
        ours = call.from_number if call.direction.startswith("outbound") else call.to_number
        line = Line.objects.filter(address=ours).first() if ours else None
        if line is not None:
            call.line, call.team_id = line, call.team_id or line.team_id
            call.kind = call.kind or ("" if call.direction.startswith("outbound") else line.flow)
            self.reshaped.add(call.pk)

    def ended_by_us(self, call: Call) -> bool:
        asked = (Action.State.SENDING, Action.State.ACCEPTED, Action.State.UNKNOWN)
        return any(
            action.call_id == call.pk and action.verb == "end" and action.target == "call" and action.state in asked
            for action in self.found.actions
        )

    # Prove and write -------------------------------------------------------------------------------------------

    def prove_actions(self) -> None:
        """Wishes whose effect was now seen are confirmed, even before the answer to our request is in."""
        self.moved_actions: list[Action] = []
        self.entries = []
        for action in self.found.actions:
            if action.state != Action.State.REQUESTED and proved(action.plan.get("proof", {}), self.found.legs):
                self.entries.append(action.become(Action.State.CONFIRMED, at=self.now))
            elif any(action.call_id == call.pk for call in self.found.merged):
                self.entries.append(action.become(Action.State.OVERTAKEN, at=self.now))
            else:
                continue
            self.moved_actions.append(action)
            if action.call_id in self.found.calls:
                self.touched.setdefault(action.call_id, self.now)
                self.changed_calls.add(action.call_id)
                self.reshaped.add(action.call_id)

    def write(self) -> None:
        for younger in self.found.merged:
            younger.status, younger.ended_at = Call.Status.ENDED, younger.ended_at or self.now
            self.changed_calls.add(younger.pk)
            self.changed_legs |= {leg.sid for leg in self.found.legs.values() if leg.call_id == younger.merged_into_id}
            ReportRow.objects.filter(call=younger).update(call=younger.merged_into_id)
            Room.objects.filter(call=younger).update(call=younger.merged_into_id)
        calls = [self.found.calls[pk] for pk in sorted(self.changed_calls)]
        upsert(Call, calls, "id")
        upsert(Leg, sorted(self.legs_changed(), key=lambda leg: (bool(leg.parent_id), leg.sid)), "sid")
        upsert(Room, list(self.found.rooms.values()), "sid")
        self.write_presences()
        ReportRow.objects.bulk_create(sorted(self.told.values(), key=lambda row: row.digest))
        ReportRow.objects.bulk_update(self.again.values(), ["deliveries", "verdict", "call"])
        crash("intake.after_insert")
        Action.objects.bulk_update(self.moved_actions, ["state", "settled_at", "code", "message"])
        append_audit(self.entries, at=self.now)
        hint.publish_on_commit(publish(self.changed_calls, shape=self.reshaped & self.changed_calls))

    def write_presences(self) -> None:
        changed = [self.found.presences[key] for key in sorted(self.presences_changed())]
        Presence.objects.bulk_create([presence for presence in changed if presence.pk is None])
        fields = [
            "present",
            "held",
            "held_since",
            "muted",
            "coaching",
            "joined_at",
            "left_at",
            "hold_seconds",
            "registers",
        ]
        Presence.objects.bulk_update([presence for presence in changed if presence.pk is not None], fields)

    def legs_changed(self) -> list[Leg]:
        return [self.found.legs[sid] for sid in self.changed_legs | (self.states.keys() & self.found.legs.keys())]

    def presences_changed(self) -> set[tuple[str, str]]:
        ended = {sid for sid in self.states if self.found.legs[sid].ended_at}
        return {
            (room, sid)
            for room, sid in self.found.presences
            if (room, sid) in self.presence_states or sid in ended or room in self.found.rooms
        }


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


def party_of(leg: Leg, presence: Presence | None) -> Party:
    return Party(
        sid=leg.sid,
        role=leg.role,
        state=leg.heard,
        parent_sid=leg.parent_id or "",
        unverified=leg.unverified,
        held=bool(presence and presence.held),
        held_since=presence.held_since if presence else None,
        in_room=presence is not None,
    )


def told_of(call: Call) -> tuple[object, ...]:
    """All that is written of a call: when this is as before, there is no news."""
    return tuple(getattr(call, field) for field in CALL_FIELDS)


CALL_FIELDS = [field.attname for field in Call._meta.concrete_fields if not field.primary_key]


def agents_at(contacts: set[str]) -> dict[str, Agent]:
    contacts.discard("")
    return {agent.contact: agent for agent in Agent.objects.filter(contact__in=contacts)} if contacts else {}


def upsert(model, rows, key: str) -> None:  # type: ignore[no-untyped-def]
    """Write whole rows in one statement; they are locked or new, so nobody else's columns are lost."""
    if rows:
        fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
        model.objects.bulk_create(rows, update_conflicts=True, unique_fields=[key], update_fields=fields)
