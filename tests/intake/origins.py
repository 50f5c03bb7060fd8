"""Every origin of a callback that Twilio has: what is sent there of a leg."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from django.utils import timezone

from calls.twilio.reports import from_rest
from tests.conftest import ACCOUNT, LINE

DANA = "+14155550177"
WORDS = {"early": "ringing", "live": "in-progress", "end": "completed"}
EVENTS = {"early": "participant-join", "live": "participant-unmute", "end": "participant-leave"}


@dataclass(frozen=True)
class Origin:
    """`said` gives what Twilio sends of a leg: by the leg's SID, its parent's, our call and the word."""

    name: str
    said: Callable[..., tuple[str, dict[str, str]]]
    role: str
    dialled: bool = False  # a child, which names its parent
    by_room: bool = False

    def __str__(self) -> str:
        return self.name

    def tell(self, twilio: Any, sid: str, what: str, sequence: int, *, parent: str = "", call: Any = "", **more: str):
        """`what` is early, live or end, or a word as it is."""
        word = (EVENTS if self.by_room else WORDS).get(what, what)
        path, form = self.said(sid, parent, call, word)
        if "SequenceNumber" in form:
            form["SequenceNumber"] = str(sequence)
        if what == "end" and not self.by_room:
            form |= {"CallDuration": "20", "SipResponseCode": "200"}
        return twilio.post(path, form | more)


def stamped(form: dict[str, str]) -> dict[str, str]:
    return form | {"SequenceNumber": "0", "Timestamp": format_datetime(timezone.now() + timedelta(seconds=1))}


def progress(query: str, direction: str, to: str) -> Callable[..., tuple[str, dict[str, str]]]:
    def said(sid: str, parent: str, call: Any, word: str) -> tuple[str, dict[str, str]]:
        ours = query.format(call=call) if call else query.partition("&")[2]
        number = LINE if direction == "outbound-api" else DANA
        form = {"CallSid": sid, "CallStatus": word, "From": number, "To": to, "Direction": direction}
        if parent:
            form["ParentCallSid"] = parent
        return f"/twilio/status/?{ours}", stamped(form) | {"CallbackSource": "call-progress-events"}

    return said


def number_callback(sid: str, parent: str, call: Any, word: str) -> tuple[str, dict[str, str]]:
    """Of an incoming number: at the end of the call, perhaps without SequenceNumber and Timestamp."""
    return "/twilio/status/", {
        "CallSid": sid,
        "CallStatus": word,
        "From": DANA,
        "To": LINE,
        "Direction": "inbound",
    }


def in_the_room(sid: str, parent: str, call: Any, word: str) -> tuple[str, dict[str, str]]:
    form = {"ConferenceSid": "CF" + "7" * 32, "FriendlyName": f"call-{call}" if call else "lobby", "CallSid": sid}
    return "/twilio/conference/", stamped(form | {"StatusCallbackEvent": word, "Muted": "false", "Hold": "false"})


AGENT = "call={call}&role=agent"
ORIGINS = [
    Origin("outbound API call", progress("call={call}&role=external", "outbound-api", "+14155550188"), "external"),
    Origin("inbound number", number_callback, "caller"),
    Origin("<Dial><Number>", progress(AGENT, "outbound-dial", "+14155550199"), "agent", dialled=True),
    Origin("<Dial><Sip>", progress(AGENT, "outbound-dial", "sip:ana@example.com"), "agent", dialled=True),
    Origin("<Dial><Client>", progress(AGENT, "outbound-dial", "client:ana"), "agent", dialled=True),
    Origin("participant", progress("call={call}&role=consult", "outbound-api", "client:ana"), "consult"),
    Origin("room", in_the_room, "caller", by_room=True),
]


def rest(sid: str, status: str, **more: str):
    """Twilio's own account of a leg, asked for just now."""
    now = timezone.now()
    said = {"sid": sid, "account_sid": ACCOUNT, "status": status, "from": DANA, "to": "client:ana"}
    said |= {"date_created": format_datetime(now - timedelta(seconds=60))}
    if status == "completed":
        said |= {"end_time": format_datetime(now + timedelta(seconds=5)), "duration": "10"}
    return from_rest(said | more, asked_at=now)
