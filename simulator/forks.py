"""What runs beside a call and ends with it: media streams, SIPREC sessions, live transcriptions.

A redirect leaves them running. Source: https://www.twilio.com/docs/voice/twiml/stream, …/siprec, …/transcription
"""

from datetime import datetime
from typing import ClassVar

from .calls import Call, CallbackPlan
from .chance import new_sid
from .clock import iso
from .exchange import Exchange


class Fork:
    """`name` is the application's own word for it, by which it can be stopped as well as by SID."""

    prefix: ClassVar[str]
    kind: ClassVar[str]

    def __init__(self, exchange: Exchange, call: Call, name: str):
        self.exchange, self.call = exchange, call
        self.sid = new_sid(self.prefix, exchange.chance.dice(self.kind, call.sid, exchange.count(f"fork {call.sid}")))
        self.name = name
        self.status = "in-progress"
        self.updated_at: datetime = exchange.clock.now()
        call.forks.append(self)

    def stop(self) -> None:
        """Once and for all, and only once."""
        if self.status == "stopped":
            return
        self.status, self.updated_at = "stopped", self.exchange.clock.now()
        self.ended()

    def tell(self, plan: CallbackPlan, event: str, error: str = "") -> None:
        """Reports a stream's beginning, end or failure; a SIPREC session counts as a stream."""
        params = [
            ("AccountSid", self.exchange.settings.account_sid),
            ("CallSid", self.call.sid),
            ("StreamSid", self.sid),
            ("StreamName", self.name),
            ("StreamEvent", event),
            *([("StreamError", error)] if error else []),
            ("Timestamp", iso(self.exchange.clock.now()) or ""),
        ]
        self.exchange.post.tell(self.call.sid, "stream", plan.url, plan.method, params)

    def key(self, digits: str) -> None:
        """The person on the leg presses keys."""

    def ended(self) -> None:
        """What a kind of its own does at its end."""


class Siprec(Fork):
    prefix, kind = "SR", "Siprec"

    def __init__(self, exchange: Exchange, call: Call, name: str, callback: CallbackPlan | None = None):
        super().__init__(exchange, call, name)
        self._callback = callback
        if callback is not None:
            self.tell(callback, "stream-started")

    def ended(self) -> None:
        if self._callback is not None:
            self.tell(self._callback, "stream-stopped")


def find(call: Call, kind: str, sid_or_name: str) -> Fork | None:
    """The latest of that name: one that has been stopped leaves its name to the next."""
    mine = [fork for fork in call.forks if fork.kind == kind and sid_or_name in (fork.sid, fork.name)]
    return mine[-1] if mine else None
