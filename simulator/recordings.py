"""Recordings: they run, pause and end, are ready a little later, and each step may be reported.

Source: https://www.twilio.com/docs/voice/api/recording, https://www.twilio.com/docs/voice/twiml/record
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .calls import Call, CallbackPlan
from .chance import new_sid
from .clock import rfc2822
from .exchange import Exchange

if TYPE_CHECKING:
    from .conferences import Conference

EVENTS = frozenset({"in-progress", "completed", "absent", "started", "paused", "resumed", "stopped", "failed"})
ACTIVE = frozenset({"in-progress", "paused"})


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """What is to be recorded of a call or a conference, and where it is reported."""

    source: str
    callback: CallbackPlan | None = None
    channels: int = 1
    track: str = "both"
    trim: bool = False
    name: str = ""


@dataclass(eq=False)
class Recording:
    sid: str
    call: Call
    plan: RecordingPlan
    started_at: datetime
    conference: "Conference | None" = None
    status: str = "in-progress"
    updated_at: datetime | None = None
    ended_at: datetime | None = None
    paused_at: datetime | None = None
    skips: bool = False
    seconds_skipped: float = 0.0
    silent: bool = False
    deleted: bool = False

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def over(self) -> bool:
        return not self.active

    @property
    def duration(self) -> int | None:
        """Whole seconds without the pauses that were skipped; unknown while it runs."""
        if self.ended_at is None:
            return None
        return max(0, round((self.ended_at - self.started_at).total_seconds() - self.seconds_skipped))


def start(exchange: Exchange, call: Call, plan: RecordingPlan, conference: "Conference | None" = None) -> Recording:
    about = ("conference", conference.sid) if conference else ("call", call.sid, len(call.recordings))
    sid = new_sid("RE", exchange.chance.dice("recording", *about))
    recording = Recording(sid, call, plan, exchange.clock.now(), conference)
    exchange.add_recording(recording)
    if conference is None:
        call.recordings.append(recording)
    _report(exchange, recording, "in-progress")
    return recording


def pause(exchange: Exchange, recording: Recording, *, skips: bool) -> None:
    """`skips` leaves the pause out of the recording; else there is silence in it."""
    if recording.status == "in-progress":
        recording.status, recording.skips, recording.paused_at = "paused", skips, exchange.clock.now()
        _report(exchange, recording, "paused")


def resume(exchange: Exchange, recording: Recording) -> None:
    if recording.status == "paused":
        _close_gap(exchange, recording)
        recording.status = "in-progress"
        _report(exchange, recording, "resumed")


def stop(exchange: Exchange, recording: Recording, status: str = "stopped") -> None:
    """Ends it; it can be had a little later, which `completed` reports (`absent`: there is nothing to have)."""
    if not recording.active:
        return
    _close_gap(exchange, recording)
    recording.status, recording.ended_at = status, exchange.clock.now()
    _report(exchange, recording, "stopped")
    exchange.later(exchange.settings.timing.recording_ready, _make_ready, exchange, recording)


def active_of(call: Call) -> list[Recording]:
    return [one for one in call.recordings if one.active]


def stop_all(exchange: Exchange, call: Call) -> None:
    """The call is over, and so are its recordings; but not one of a conference that goes on."""
    for recording in active_of(call):
        stop(exchange, recording, "processing")


def url(exchange: Exchange, recording: Recording) -> str:
    account = exchange.settings.account_sid
    return f"{exchange.settings.base_url}/2010-04-01/Accounts/{account}/Recordings/{recording.sid}"


def params(exchange: Exchange, recording: Recording) -> list[tuple[str, str]]:
    """What an action, or a call's last report, tells of its recording."""
    return [
        ("RecordingUrl", url(exchange, recording)),
        ("RecordingSid", recording.sid),
        ("RecordingDuration", str(recording.duration or 0)),
    ]


def _make_ready(exchange: Exchange, recording: Recording) -> None:
    absent = recording.silent or not recording.duration
    recording.status = "absent" if absent else "completed"
    _report(exchange, recording, recording.status)


def _close_gap(exchange: Exchange, recording: Recording) -> None:
    if recording.paused_at is not None and recording.skips:
        recording.seconds_skipped += (exchange.clock.now() - recording.paused_at).total_seconds()
    recording.paused_at = None


def _report(exchange: Exchange, recording: Recording, event: str) -> None:
    recording.updated_at = exchange.clock.now()
    plan = recording.plan.callback
    if plan is None or event not in plan.events:
        return
    told = [
        ("AccountSid", exchange.settings.account_sid),
        ("CallSid", recording.call.sid),
        *([("ConferenceSid", recording.conference.sid)] if recording.conference else []),
        *params(exchange, recording),
        ("RecordingStatus", event),
        ("RecordingChannels", str(recording.plan.channels)),
        ("RecordingStartTime", rfc2822(recording.started_at) or ""),
        ("RecordingSource", recording.plan.source),
        ("RecordingTrack", recording.plan.track),
    ]
    if event == "absent":
        told.append(("RecordingErrorCode", "16102" if recording.silent else "16101"))
    exchange.post.tell(recording.call.sid, "recording", plan.url, plan.method, told)
