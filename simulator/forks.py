"""What runs beside a call and ends with it: media streams, SIPREC sessions, live transcriptions.

A redirect leaves them running. Source: https://www.twilio.com/docs/voice/twiml/stream, …/siprec, …/transcription
"""

from datetime import datetime
from typing import ClassVar

from .calls import Call
from .chance import new_sid
from .exchange import Exchange


class Fork:
    """`name` is the application's own word for it, by which it can be stopped as well as by SID."""

    prefix: ClassVar[str]
    kind: ClassVar[str]

    def __init__(self, exchange: Exchange, call: Call, name: str):
        self.exchange, self.call = exchange, call
        self.sid = new_sid(self.prefix, exchange.chance.dice(self.kind, call.sid, len(call.forks)))
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

    def key(self, digits: str) -> None:
        """The person on the leg presses keys."""

    def ended(self) -> None:
        """What a kind of its own does at its end."""


def find(call: Call, kind: str, sid_or_name: str) -> Fork | None:
    """The latest of that name: one that has been stopped leaves its name to the next."""
    mine = [fork for fork in call.forks if fork.kind == kind and sid_or_name in (fork.sid, fork.name)]
    return mine[-1] if mine else None
