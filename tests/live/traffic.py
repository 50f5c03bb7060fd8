"""Twilio, talking about many calls at once: whatever it can say at any door, by chance, in real requests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from urllib.parse import urlencode
from uuid import UUID

from calls.twilio.reports import Report, from_rest
from calls.twilio.schema import DIAL_STATUSES, EVENTS, RECORDING_STATUSES, STATUSES, TAP_EVENTS, TERMINAL
from tests.intake.teller import ACCOUNT, Said

LIVE = tuple(word for word in STATUSES if word not in TERMINAL)
# Every door and every word that it may carry. `rest` is no door, but a report all the same.
REPORTS: list[tuple[str, str]] = [
    *[("status", word) for word in STATUSES],
    *[("voice", word) for word in LIVE],
    *[("dial", word) for word in DIAL_STATUSES],
    *[(door, word) for door in ("twiml", "sound", "wait") for word in LIVE],
    ("sound", "in-progress"),
    ("wait", "in-progress"),
    *[("conference", word) for word in EVENTS],
    *[("recording", word) for word in RECORDING_STATUSES],
    *[("transcription", word) for word in TAP_EVENTS if word.startswith("transcription")],
    *[("stream", word) for word in TAP_EVENTS if word.startswith("stream")],
    *[("rest", word) for word in STATUSES],
]


@dataclass
class Talk:
    """One conversation as Twilio knows it: its legs by SID, the caller's first."""

    legs: list[dict[str, str]]
    room: str
    counts: dict[str, int] = field(default_factory=dict)
    over: bool = False

    def next(self, sid: str) -> str:
        self.counts[sid] = self.counts.get(sid, -1) + 1
        return str(self.counts[sid])


class Traffic:
    def __init__(self, rng: Random, lines: list[str], *, at_once: int = 20) -> None:
        self.rng, self.lines, self.at_once = rng, lines, at_once
        self.talks: list[Talk] = []

    def sid(self, prefix: str) -> str:
        return f"{prefix}{self.rng.getrandbits(128):032x}"

    # By chance -------------------------------------------------------------------------------------------------

    def next(self) -> Said:
        """Something that happens: calls begin, go on and end, about `at_once` of them at any time."""
        live = [talk for talk in self.talks if not talk.over]
        if not live or self.rng.random() < 0.25 * (1 - len(live) / (2 * self.at_once)):
            return self.begins()
        if len(live) > self.at_once * self.rng.random() * 2:
            return self.ends(self.rng.choice(live))
        door, word = self.rng.choice([report for report in REPORTS if report[0] not in ("rest", "dial")])
        talk = self.rng.choice(live if self.rng.random() < 0.95 else self.talks)
        if door == "status" and word in TERMINAL:
            word = self.rng.choice(LIVE)
        return self.say(door, word, talk)

    def begins(self) -> Said:
        line, caller = self.rng.choice(self.lines), f"+1415555{self.rng.randrange(10_000):04d}"
        leg = {"CallSid": self.sid("CA"), "From": caller, "To": line, "Direction": "inbound"}
        self.talks.append(Talk([leg], self.sid("CF")))
        return self.of("voice", leg, CallStatus="ringing")

    def ends(self, talk: Talk) -> Said:
        """One live leg after the other, the caller's last."""
        leg = talk.legs.pop() if len(talk.legs) > 1 else talk.legs[0]
        talk.over = leg is talk.legs[0]
        return self.status(talk, leg, "completed")

    # A certain thing -------------------------------------------------------------------------------------------

    def say(self, door: str, word: str, talk: Talk) -> Said:
        """This word at this door, about a leg of this talk (sometimes one that is new)."""
        leg = self.leg(talk)
        if door == "status":
            return self.status(talk, leg, word)
        if door in ("voice", "twiml", "sound", "wait"):
            return self.of(door, talk.legs[0], CallStatus=word)
        if door == "dial":
            said = {"DialCallStatus": word, "DialCallSid": leg["CallSid"], "CallStatus": "in-progress"}
            return self.of("dial", talk.legs[0], **said, DialBridged="false")
        if door == "recording":
            said = {"AccountSid": ACCOUNT, "CallSid": leg["CallSid"], "RecordingSid": self.sid("RE")}
            return self.made("recording", said | {"RecordingStatus": word})
        if door in ("transcription", "stream"):
            name, prefix = {"transcription": ("Transcription", "GT"), "stream": ("Stream", "MZ")}[door]
            said = {"AccountSid": ACCOUNT, "CallSid": leg["CallSid"], f"{name}Sid": self.sid(prefix)}
            return self.made(door, said | {f"{name}Event": word})
        said = {
            "AccountSid": ACCOUNT,
            "ConferenceSid": talk.room,
            "FriendlyName": "a room",
            **self.stamp(talk, talk.room),
        }
        if not word.startswith("conference"):
            flags = {name: self.rng.choice(["true", "false"]) for name in ("Muted", "Hold", "Coaching")}
            said |= {"CallSid": leg["CallSid"], "EndConferenceOnExit": "false", **flags}
        return self.made("conference", said | {"StatusCallbackEvent": word})

    def report(self, door: str, word: str, talk: Talk) -> Report:
        """The same as our doors would hand it on; `rest` is what Twilio answers when it is asked."""
        if door != "rest":
            return self.say(door, word, talk).arriving(now())
        leg, asked = self.leg(talk), now()
        resource = {
            "sid": leg["CallSid"], "parent_call_sid": leg.get("ParentCallSid"), "status": word, "from": leg["From"],
            "to": leg["To"], "direction": leg["Direction"], "date_created": format_datetime(asked),
            "end_time": format_datetime(asked) if word in TERMINAL else None,
        }  # fmt: skip
        return from_rest(resource, asked_at=asked)

    def leg(self, talk: Talk) -> dict[str, str]:
        if len(talk.legs) < 4 and self.rng.random() < 0.4:
            first, to = talk.legs[0], self.rng.choice(["client:ana", "client:bo", "+14155557788"])
            new = {"CallSid": self.sid("CA"), "ParentCallSid": first["CallSid"], "From": first["From"], "To": to}
            talk.legs.append(new | {"Direction": "outbound-dial"})
        return self.rng.choice(talk.legs)

    def status(self, talk: Talk, leg: dict[str, str], word: str) -> Said:
        more = {"CallDuration": str(self.rng.randrange(300))} if word in TERMINAL else {}
        return self.of("status", leg, CallStatus=word, **self.stamp(talk, leg["CallSid"]), **more)

    def stamp(self, talk: Talk, sid: str) -> dict[str, str]:
        return {"SequenceNumber": talk.next(sid), "Timestamp": format_datetime(now())}

    def of(self, door: str, leg: dict[str, str], **said: str) -> Said:
        return self.made(door, {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", **leg, **said})

    def made(self, door: str, params: dict[str, str], query: str = "") -> Said:
        return Said(door, 0, params, query)

    # Two that turn out to be one -------------------------------------------------------------------------------

    def are_one(self, older: Talk, younger: Talk) -> Said:
        """The younger's first leg names a parent: its call is merged into the older one."""
        child = younger.legs[0]
        child["ParentCallSid"] = older.legs[0]["CallSid"]
        said = self.status(younger, child, "in-progress")
        older.legs += younger.legs
        younger.over, younger.legs = True, older.legs
        return said

    def about(self, call: UUID, leg: dict[str, str], word: str) -> Said:
        """A leg of which our own signed address says whose it is."""
        params = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", **leg, "CallStatus": word}
        return self.made("status", params, urlencode({"call": str(call), "role": "agent"}))

    def __iter__(self) -> Iterator[Said]:
        while True:
            yield self.next()


def now() -> datetime:
    return datetime.now(UTC)
