"""Callers who phone in by our own flow: what Twilio asks, and then reports, in eight statements a call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from calls.models import Agent, Line, Team
from tests.conftest import ACCOUNT, LINE

Post = Callable[[str, dict[str, str]], bytes]
Statement = tuple[str, dict[str, str]]


def make_floor(team: Team, agents: int) -> None:
    """A line, and somebody free for each caller."""
    Line.objects.get_or_create(address=LINE, defaults={"name": "Billing hotline", "team": team})
    made = [Agent(name=f"Agent {n}", contact=f"client:agent{n}", state=Agent.State.AVAILABLE) for n in range(agents)]
    team.agents.add(*Agent.objects.bulk_create(made))


@dataclass
class Conversation:
    """One caller. The requests for TwiML come first, because their answers hold the addresses of all that follows."""

    number: int
    began: datetime
    next: str = ""  # where Twilio asks what to do after the greeting
    contact: str = ""
    told: list[Statement] = field(default_factory=list)  # once `rings` is known: what may come in any order

    @property
    def parent(self) -> str:
        return f"CA{2 * self.number:032x}"

    @property
    def child(self) -> str:
        return f"CA{2 * self.number + 1:032x}"

    @property
    def caller(self) -> str:
        return f"+1415{self.number:07d}"

    def says(self, sid: str, word: str, **more: str) -> dict[str, str]:
        form = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallSid": sid, "CallStatus": word}
        if sid == self.parent:
            form |= {"From": self.caller, "To": LINE, "Direction": "inbound"}
        else:
            form |= {
                "From": self.caller,
                "To": self.contact,
                "Direction": "outbound-dial",
                "ParentCallSid": self.parent,
            }
        return form | more

    def stamp(self, sequence: int, second: int) -> dict[str, str]:
        at = format_datetime(self.began + timedelta(seconds=second))
        return {"SequenceNumber": str(sequence), "Timestamp": at, "CallbackSource": "call-progress-events"}

    def phones(self) -> Statement:
        return "/twilio/voice/", self.says(self.parent, "ringing")

    def was_greeted(self, answer: bytes) -> None:
        (redirect,) = ElementTree.fromstring(answer).findall("Redirect")
        self.next = path_of(redirect.text or "")

    def waits(self) -> Statement:
        return self.next, self.says(self.parent, "in-progress")

    def was_put_through(self, answer: bytes) -> None:
        """From here on nothing has an order: the child's four callbacks, the end of the Dial and that of the call."""
        (dial,) = ElementTree.fromstring(answer).findall("Dial")
        (noun,) = dial
        self.contact = f"client:{noun.text}"
        status, action = path_of(noun.get("statusCallback", "")), path_of(dial.get("action", ""))
        talked = {"DialCallStatus": "completed", "DialCallSid": self.child, "DialBridged": "true"}
        over = {"CallDuration": "30", "Duration": "1", "SipResponseCode": "200"}
        self.told = [
            (status, self.says(self.child, "initiated", **self.stamp(0, 2))),
            (status, self.says(self.child, "ringing", **self.stamp(1, 3))),
            (status, self.says(self.child, "in-progress", **self.stamp(2, 8))),
            (status, self.says(self.child, "completed", **self.stamp(3, 38), **over)),
            (action, self.says(self.parent, "in-progress", **talked, DialCallDuration="30")),
            (
                "/twilio/status/",
                self.says(self.parent, "completed", **self.stamp(0, 40), **over | {"CallDuration": "40"}),
            ),
        ]

    def whole(self, post: Post) -> list[Statement]:
        """The two requests, made with `post`, and all that follows: eight statements."""
        self.was_greeted(post(*self.phones()))
        self.was_put_through(post(*self.waits()))
        return [self.phones(), self.waits(), *self.told]

    def wrong(self, legs: dict[str, dict[str, object]]) -> list[str]:
        """Where its two legs (values by sid) are not what it was, once all was told."""
        must = {
            self.parent: {"status": "completed", "role": "caller", "parent_id": None, "duration": 40, "ends": 40},
            self.child: {"status": "completed", "role": "agent", "parent_id": self.parent, "duration": 30, "ends": 38},
        }
        found = []
        for sid, values in must.items():
            leg = legs.get(sid)
            if leg is None:
                found.append(f"{sid} is lost")
                continue
            values["ended_at"] = self.began + timedelta(seconds=int(str(values.pop("ends"))))
            values |= {"call__status": "ended", "call__outcome": "completed", "call__merged_into": None}
            values |= {"unverified": False, "call__reopened_at": None, "call__from_number": self.caller}
            found += [
                f"{sid}.{name} is {leg[name]}, not {value}" for name, value in values.items() if leg[name] != value
            ]
        if len({leg["call_id"] for sid, leg in legs.items() if sid in must}) != 1:
            found.append(f"{self.parent} and {self.child} are in two calls")
        return found


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


COLUMNS = (
    "status", "role", "parent_id", "duration", "ended_at", "unverified", "call_id", "call__status", "call__outcome",
    "call__merged_into", "call__reopened_at", "call__from_number",
)  # fmt: skip
