"""Conferences: who is in the room, when it starts and ends, and what is reported of it.

Source: https://www.twilio.com/docs/voice/twiml/conference, https://www.twilio.com/docs/voice/api/conference-participant-resource.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from . import recordings
from .aside import play
from .calls import Call, CallbackPlan
from .chance import new_sid
from .conference_reports import report
from .exchange import Exchange
from .legs import hang_up
from .line import Source
from .recordings import RecordingPlan
from .twiml import TwimlError

MOST_PARTICIPANTS = 250


@dataclass(eq=False)
class Seat:
    """One participant: a call's place in a conference. `left` comes true, with the reason, when they are out."""

    call: Call
    conference: "Conference"
    created_at: datetime
    updated_at: datetime | None = None
    label: str = ""
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    coached_sid: str | None = None
    starts: bool = True
    ends: bool = False
    beep: str = "true"
    wait: Source | None = None
    added_by_api: bool = False
    joined: bool = False
    left: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    music: "asyncio.Task[TwimlError | None] | asyncio.Task[None] | None" = None

    async def until_left(self) -> str:
        """Waits, and tells why they left. Whoever stops waiting does not spoil it for others."""
        return await asyncio.shield(self.left)

    @property
    def status(self) -> str:
        if self.left.done():
            return "complete" if self.joined else "failed"
        return (
            "connected"
            if self.joined
            else {"ringing": "ringing", "queued": "queued"}.get(self.call.status, "connecting")
        )


@dataclass(eq=False)
class Conference:
    sid: str
    name: str
    created_at: datetime
    status: str = "init"
    callback: CallbackPlan | None = None
    record: RecordingPlan | None = None
    recording: recordings.Recording | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason_ended: str | None = None
    ended_by: Call | None = None
    sequence: int = 0
    most: int = MOST_PARTICIPANTS
    seats: dict[str, Seat] = field(default_factory=dict)
    invited: dict[str, Seat] = field(default_factory=dict)
    history: list[dict[str, object]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.status == "completed"

    @property
    def full(self) -> bool:
        return len(self.seats) + len(self.invited) >= self.most

    def seat_of(self, call_sid_or_label: str) -> Seat | None:
        everyone = [*self.seats.values(), *self.invited.values()]
        return next((seat for seat in everyone if call_sid_or_label in (seat.call.sid, seat.label)), None)


def find(exchange: Exchange, name: str) -> Conference | None:
    """The one live conference of that name; a name whose conference has ended is free."""
    return exchange.rooms.get(name)


def find_or_open(
    exchange: Exchange, name: str, callback: CallbackPlan | None, record: RecordingPlan | None = None
) -> Conference:
    """Only who opens the conference decides where its events are reported, and whether it is recorded."""
    if found := find(exchange, name):
        return found
    sid = new_sid("CF", exchange.chance.dice("conference", name, exchange.count(f"conference {name}")))
    sequence = exchange.settings.choices.conference_sequence_start
    now = exchange.clock.now()
    conference = Conference(sid, name, now, callback=callback, record=record, sequence=sequence)
    exchange.add_conference(conference)
    return conference


def enter(exchange: Exchange, seat: Seat) -> None:
    conference = seat.conference
    conference.invited.pop(seat.call.sid, None)
    conference.seats[seat.call.sid] = seat
    seat.call.seat = seat
    seat.joined = True
    report(exchange, conference, "participant-join", seat)
    if (
        conference.status == "init"
        and len(conference.seats) > 1
        and any(one.starts for one in conference.seats.values())
    ):
        conference.status = "in-progress"
        conference.started_at = exchange.clock.now()
        report(exchange, conference, "conference-start")
        if conference.record is not None:
            conference.recording = recordings.start(exchange, seat.call, conference.record, conference)
    _settle(exchange, conference)


def leave(exchange: Exchange, seat: Seat, reason: str, *, kicked: bool = False) -> None:
    """`reason` as in ReasonParticipantLeft. Whoever must not leave alone takes the conference with them."""
    conference = seat.conference
    if seat.left.done():
        return
    _take_out(exchange, seat, reason)
    how = "kicked" if kicked else "left"
    if seat.ends and seat.joined:
        end(
            exchange,
            conference,
            f"participant-with-end-conference-on-exit-{how}",
            by=seat.call,
            others="moderator_ended_conference",
        )
    elif not conference.seats and not conference.invited:
        end(exchange, conference, f"last-participant-{how}", by=seat.call)
    else:
        _settle(exchange, conference)


def end(
    exchange: Exchange,
    conference: Conference,
    reason: str,
    *,
    by: Call | None = None,
    others: str = "conference_ended_via_api",
) -> None:
    """Ends it for all. `reason` as in reason_conference_ended, `others` as in ReasonParticipantLeft of the others."""
    if conference.over:
        return
    conference.status = "completed"
    exchange.rooms.pop(conference.name, None)
    conference.ended_at = exchange.clock.now()
    conference.reason_ended, conference.ended_by = reason, by
    for seat in [*conference.seats.values(), *conference.invited.values()]:
        _take_out(exchange, seat, others)
    extra = [("ReasonConferenceEnded", reason), ("Reason", reason.replace("-", " "))]
    if by is not None:
        extra.append(("CallSidEndingConference", by.sid))
        if by.seat is not None and by.seat.label:
            extra.append(("ParticipantLabelEndingConference", by.seat.label))
    report(exchange, conference, "conference-end", extra=extra)
    if conference.recording is not None:
        recordings.stop(exchange, conference.recording, "processing")


def mute(exchange: Exchange, seat: Seat, muted: bool) -> None:
    if seat.muted != muted:
        seat.muted = muted
        report(exchange, seat.conference, "participant-mute" if muted else "participant-unmute", seat)
        _settle(exchange, seat.conference)


def hold(exchange: Exchange, seat: Seat, held: bool, music: Source | None = None) -> None:
    if seat.hold != held:
        seat.hold = held
        _stop_music(seat)
        if held and music is not None:
            seat.music = exchange.spawn(play(exchange, seat.call, music))
        report(exchange, seat.conference, "participant-hold" if held else "participant-unhold", seat)
        _settle(exchange, seat.conference)


def modified(exchange: Exchange, seat: Seat) -> None:
    report(exchange, seat.conference, "participant-modify", seat)
    _settle(exchange, seat.conference)


def _take_out(exchange: Exchange, seat: Seat, reason: str) -> None:
    conference = seat.conference
    conference.seats.pop(seat.call.sid, None)
    conference.invited.pop(seat.call.sid, None)
    _stop_music(seat)
    seat.left.set_result(reason)
    if not seat.joined:
        hang_up(exchange, seat.call, by="conference")
    if seat.call.person is not None:
        seat.call.person.connect(False)
    extra = [
        ("ParticipantCallStatus", seat.call.status),
        ("ReasonParticipantLeft", reason),
        ("Reason", reason.replace("_", " ")),
    ]
    report(exchange, conference, "participant-leave", seat, extra)


def _settle(exchange: Exchange, conference: Conference) -> None:
    """Who hears whom, after any change: who has company talks, who waits for the start hears the wait document."""
    started = conference.status == "in-progress"
    for seat in conference.seats.values():
        waits = not started and not seat.hold
        if waits and seat.music is None and seat.wait is not None:
            seat.music = exchange.spawn(_wait(exchange, seat, seat.wait))
        elif started and not seat.hold:
            _stop_music(seat)
        if seat.call.person is not None:
            seat.call.person.connect(started and not seat.hold and _has_company(conference, seat))


async def _wait(exchange: Exchange, seat: Seat, source: Source) -> None:
    """Plays the wait document; whose document is wrong is not let in, the documentation says."""
    error = await play(exchange, seat.call, source)
    if error is not None and exchange.settings.choices.wait_error_keeps_out:
        leave(exchange, seat, "participant_add_failed")


def _has_company(conference: Conference, seat: Seat) -> bool:
    # Somebody who only listens in, or coaches another, is no company: the caller does not hear them.
    return any(
        other is not seat and not other.hold and not other.muted and other.coached_sid in (None, seat.call.sid)
        for other in conference.seats.values()
    )


def _stop_music(seat: Seat) -> None:
    if seat.music is not None:
        seat.music.cancel()
        seat.music = None
