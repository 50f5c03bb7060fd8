"""Twilio's side of what runs beside a leg: recordings, transcriptions, media streams."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.control.rooms import NOT_THERE, Answer

if TYPE_CHECKING:
    from tests.control.account import Account

PREFIX = {"Recordings": "RE", "Transcriptions": "GT", "Streams": "MZ"}
CALLBACK = {"Recordings": "RecordingStatusCallback", "Transcriptions": "StatusCallbackUrl", "Streams": "StatusCallback"}
NOT_LIVE: Answer = (400, {"code": 21220, "message": "Requested resource is not eligible", "status": 400})


@dataclass
class Tap:
    sid: str
    leg: str
    kind: str  # Recordings | Transcriptions | Streams
    events: str
    status: str = "in-progress"

    @property
    def live(self) -> bool:
        return self.status in ("in-progress", "paused")

    @property
    def resource(self) -> dict[str, Any]:
        return {"sid": self.sid, "call_sid": self.leg, "status": self.status}

    def said(self, word: str) -> dict[str, str]:
        """started or stopped, as each kind has it."""
        if self.kind == "Recordings":
            status = {"started": "in-progress", "stopped": "completed"}[word]
            return {"CallSid": self.leg, "RecordingSid": self.sid, "RecordingStatus": status}
        name = self.kind.removesuffix("s")
        return {"CallSid": self.leg, f"{name}Sid": self.sid, f"{name}Event": f"{name.lower()}-{word}"}


class Beside:
    def __init__(self, account: "Account") -> None:
        self.account = account
        self.taps: dict[str, Tap] = {}

    def asked(self, leg: str, kind: str, its: str, form: dict[str, str]) -> Answer:
        if not its:
            return self.begins(leg, kind, form)
        tap = self.taps.get(its)
        if tap is None:
            return NOT_THERE
        if not tap.live:
            return NOT_LIVE if kind == "Recordings" else NOT_THERE
        tap.status = form["Status"]
        if not tap.live:
            self.reports(tap, "stopped")
        return 200, tap.resource

    def begins(self, leg: str, kind: str, form: dict[str, str]) -> Answer:
        line = self.account.lines.get(leg)
        if line is None or line.status != "in-progress":
            return NOT_LIVE
        tap = Tap(self.account.twilio.sid(PREFIX[kind]), leg, kind, form[CALLBACK[kind]])
        self.taps[tap.sid] = tap
        self.reports(tap, "started")
        return 201, tap.resource

    def looked_at(self, kind: str, its: str) -> Answer:
        tap = self.taps.get(its)
        return NOT_THERE if tap is None or kind != "Recordings" else (200, tap.resource)

    def ends(self, leg: str) -> None:
        """With the leg."""
        for tap in self.of(leg):
            if tap.live:
                tap.status = "completed"
                self.reports(tap, "stopped")

    def of(self, *legs: str, kind: str = "") -> list[Tap]:
        return [tap for tap in self.taps.values() if tap.leg in legs and kind in ("", tap.kind)]

    def reports(self, tap: Tap, word: str) -> None:
        self.account.waiting.append(lambda: self.account.says(tap.events, tap.said(word)))
