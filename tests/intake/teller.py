"""The vocabulary of the scripts: who takes part, and each request as Twilio sends it. Times are in seconds."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from urllib.parse import urlencode
from uuid import UUID

from calls.twilio.reports import Report, Source, parse

ACCOUNT = "AC00000000000000000000000000000001"
BEGAN = datetime(2026, 10, 2, 14, 0, 0, tzinfo=UTC)
ANA, LINE, CALLER = "client:ana", "+15005550100", "+14155550123"
TWIML_DOORS = ("voice", "dial", "gather", "queue", "twiml", "sound", "wait")


@dataclass(frozen=True)
class Cast:
    """Who takes part in one telling: SIDs, when it begins, and (if somebody made the call) the call's own id."""

    number: int = 0
    account: str = ACCOUNT
    began: datetime = BEGAN
    call_id: UUID | None = None

    def sid(self, kind: str, name: str) -> str:
        return kind + sha256(f"{self.number} {name}".encode()).hexdigest()[:32]

    @property
    def room(self) -> str:
        return f"call-{self.call_id}" if self.call_id else f"room-{self.number}"


@dataclass(frozen=True)
class Said:
    """One request of Twilio's: parameters as it sends them, and the query that we had put into the address."""

    door: str
    at: float
    params: dict[str, str]
    query: str = ""
    began: datetime = BEGAN

    @property
    def path(self) -> str:
        # The address of a wish's document names the wish; here it is one that we did not make.
        named = {"twiml": "twiml/whose", "sound": "sound/whose", "wait": "queue/wait"}
        return f"/twilio/{named.get(self.door, self.door)}/"

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def body(self) -> str:
        return urlencode(self.params)

    @cached_property
    def report(self) -> Report:
        """As the door would hand it on, had it arrived at once."""
        return self.arriving(self.began + timedelta(seconds=self.at))

    def arriving(self, received_at: datetime) -> Report:
        return parse(
            self.door,
            Source.TWIML if self.door in TWIML_DOORS else Source.CALLBACK,
            path=self.path,
            query=self.query,
            pairs=list(self.params.items()),
            account_sid=self.params["AccountSid"],
            received_at=received_at,
        )


class Teller:
    """The vocabulary of the scripts. A leg is named by a word; who is on it is said once, by `leg`."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.said: list[Said] = []
        self.legs: dict[str, dict[str, str]] = {}
        self.queries: dict[str, str] = {}
        self.numbers: dict[str, int] = {}

    def leg(self, name: str, role: str, direction: str, *, parent: str = "", number: str = ANA) -> None:
        inbound = direction == "inbound"
        base = {"AccountSid": self.cast.account, "ApiVersion": "2010-04-01", "CallSid": self.cast.sid("CA", name)}
        base["From"] = base["Caller"] = CALLER if inbound or parent else LINE
        base["To"] = base["Called"] = LINE if inbound else number
        base["Direction"] = direction
        if inbound:
            base |= {"FromCity": "SAN FRANCISCO", "FromState": "CA", "FromZip": "94105", "FromCountry": "US"}
            base |= {"ToCity": "", "ToState": "CA", "ToZip": "", "ToCountry": "US", "StirVerstat": "No-TN-Validation"}
        if parent:
            base["ParentCallSid"] = self.cast.sid("CA", parent)
        self.legs[name] = base
        call = {"call": str(self.cast.call_id)} if self.cast.call_id else {}
        self.queries[name] = "" if inbound else urlencode(call | {"role": role})

    def stamp(self, counter: str, at: float) -> dict[str, str]:
        number = self.numbers[counter] = self.numbers.get(counter, -1) + 1
        return {"SequenceNumber": str(number), "Timestamp": stamp(self.cast.began + timedelta(seconds=at))}

    def say(self, door: str, at: float, params: dict[str, str], query: str = "") -> None:
        self.said.append(Said(door, at, params, query, self.cast.began))

    def asks(self, name: str, status: str, at: float, *, step: str = "", door: str = "voice", **more: str) -> None:
        """A request for TwiML."""
        self.say(door, at, self.legs[name] | {"CallStatus": status} | more, f"step={step}" if step else "")

    def progress(
        self, name: str, status: str, at: float, *, lasted: int | None = None, sip: int = 200, stamped: bool = True
    ) -> None:
        """A status callback; `stamped=False` as that of a number may be, without number and time."""
        params = self.legs[name] | {"CallStatus": status}
        if stamped:
            params |= self.stamp(name, at) | {"CallbackSource": "call-progress-events"}
        if lasted is not None:
            params |= {"CallDuration": str(lasted), "Duration": str(-(-lasted // 60)), "SipResponseCode": str(sip)}
        self.say("status", at, params, self.queries[name])

    def room(self, event: str, at: float, name: str = "", **flags: bool) -> None:
        """A conference callback. Its address is that of the first participant, whoever it is about."""
        params = {
            "AccountSid": self.cast.account,
            "ConferenceSid": self.cast.sid("CF", "room"),
            "FriendlyName": self.cast.room,
            "StatusCallbackEvent": event,
        }
        if name:
            said = {"Muted": False, "Hold": False, "Coaching": False, "EndConferenceOnExit": False} | flags
            params |= {"CallSid": self.cast.sid("CA", name), "StartConferenceOnEnter": "true", "ParticipantLabel": name}
            params |= {flag: str(value).lower() for flag, value in said.items()}
        if event == "participant-leave":
            params |= {"ReasonParticipantLeft": "participant_hung_up", "ParticipantCallStatus": "completed"}
        self.say("conference", at, params | self.stamp("room", at))

    def tape(self, status: str, at: float, name: str) -> None:
        params = {"AccountSid": self.cast.account, "CallSid": self.cast.sid("CA", name), "RecordingStatus": status}
        params |= {"RecordingSid": self.cast.sid("RE", "tape"), "RecordingSource": "StartCallRecordingAPI"}
        self.say("recording", at, params | {"RecordingTrack": "both", "RecordingChannels": "1"})


def stamp(at: datetime) -> str:
    return at.strftime("%a, %d %b %Y %H:%M:%S +0000")
