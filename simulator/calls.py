"""A leg as Twilio knows it: the Call resource, before it is written as JSON or as callback parameters."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from .clock import Timer
from .line import Line, Source
from .settings import NumberSettings

if TYPE_CHECKING:
    from .conferences import Seat
    from .forks import Fork
    from .listening import Ear, Listening
    from .people import Person
    from .queues import Member
    from .recordings import Recording

FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
EVENTS = ("initiated", "ringing", "answered", "completed")


@dataclass
class Number(NumberSettings):
    """An incoming phone number with its SID and dates, as REST shows it."""

    sid: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass
class Application:
    """A TwiML application: voice URLs that numbers and calls can share."""

    sid: str
    friendly_name: str
    created_at: datetime
    updated_at: datetime
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"


@dataclass(frozen=True, slots=True)
class CallbackPlan:
    """Where a leg's progress is to be reported, and which of its events."""

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@dataclass(eq=False)
class Call:
    sid: str
    direction: str
    from_: str
    to: str
    dice: Random
    line: Line
    created_at: datetime
    status: str = "queued"
    parent: "Call | None" = None
    number: Number | None = None
    callback: CallbackPlan | None = None
    fallback: Source | None = None
    send_digits: str = ""
    time_limit: float = 14_400.0
    time_limit_timer: Timer | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    queue_seconds: float = 0.0
    sip_code: int = 200
    sequence: int = 0
    dial_status: str | None = None
    seat: "Seat | None" = None
    person: "Person | None" = None
    listening: "Listening | None" = None
    decision: "asyncio.Future[str] | None" = None
    ears: "list[Ear]" = field(default_factory=list)
    partner: "Call | None" = None
    far_end: "Call | None" = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    member: "Member | None" = None
    answered_by: str | None = None
    persona: str = ""
    detecting: bool = False
    recording: "Recording | None" = None
    recordings: "list[Recording]" = field(default_factory=list)
    forks: "list[Fork]" = field(default_factory=list)
    application: Application | None = None
    instead: Source | None = None
    forwarded_from: str = ""
    caller_name: str = ""
    heard: list[dict[str, str | None]] = field(default_factory=list)
    said: list[dict[str, str | None]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.status in FINAL

    @property
    def duration(self) -> int | None:
        """Whole seconds of talk, 0 if nobody answered; unknown until the end."""
        if self.ended_at is None:
            return None
        return round((self.ended_at - self.answered_at).total_seconds()) if self.answered_at else 0

    @property
    def rest_status(self) -> str:
        """`initiated` is a word of the callbacks only; REST says queued or ringing.

        Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values
        """
        if self.status != "initiated":
            return self.status
        return "queued" if self.direction == "outbound-api" else "ringing"
