"""Fourteen calls, told as Twilio tells them: every request in the order of sending, and what must be known in the end.

A script is written once and told for any call: `script.told(Cast(7))` is the list of requests of the seventh of them,
with names and times of its own. Post them in any order, with repeats; `script.ending` is X. Times are seconds after
the call began. A test that goes over HTTP signs and posts `said.params` to `said.url`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.intake.teller import Cast, Said, Teller


@dataclass(frozen=True)
class Script:
    number: int
    title: str
    tell: Callable[[Teller], None]
    roles: dict[str, str]
    ending: dict[str, Any]
    legs: dict[str, dict[str, Any]] = field(default_factory=dict)
    present: dict[str, dict[str, Any]] = field(default_factory=dict)
    room: dict[str, Any] = field(default_factory=dict)

    def told(self, cast: Cast | None = None) -> list[Said]:
        teller = Teller(cast or Cast())
        self.tell(teller)
        return teller.said

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


SCRIPTS: list[Script] = []


def script(number: int, title: str, roles: dict[str, str], **ending: Any) -> Callable[[Callable[[Teller], None]], None]:
    """X of a script: the call's own words, and under `legs`, `present` and `room` those of its parts."""
    parts = {name: ending.pop(name, {}) for name in ("legs", "present", "room")}

    def keep(tell: Callable[[Teller], None]) -> None:
        SCRIPTS.append(Script(number, title, tell, roles, ending, **parts))

    return keep


def leg_x(
    status: str, *, started: float, answered: float | None = None, ended: float | None = None, **more: Any
) -> dict[str, Any]:
    return {"status": status, "started": started, "answered": answered, "ended": ended, **more}


@script(
    1, "a caller is answered by ana", {"P": "caller", "C": "external"},
    status="ended", outcome="completed", started=0, answered=9, ended=51, ended_by="caller",
    legs={
        "P": leg_x("completed", started=0, answered=1, ended=51, duration=50, ringing=0, sip=200, inferred=True),
        "C": leg_x("completed", started=3, answered=9, ended=51, duration=42, ringing=4, sip=200, parent="P"),
    },
)  # fmt: skip
def answered(twilio: Teller) -> None:
    twilio.leg("P", "caller", "inbound")
    twilio.leg("C", "external", "outbound-dial", parent="P")
    twilio.asks("P", "ringing", 0)
    twilio.asks("P", "in-progress", 1, step="menu")
    twilio.progress("C", "initiated", 3)
    twilio.progress("C", "ringing", 4)
    twilio.progress("C", "in-progress", 9)
    twilio.progress("C", "completed", 51, lasted=42)
    twilio.progress("P", "completed", 51, lasted=50)


def caller_gives_up(last_word: str) -> Callable[[Teller], None]:
    def tell(twilio: Teller) -> None:
        twilio.leg("P", "caller", "inbound")
        twilio.leg("C", "external", "outbound-dial", parent="P")
        twilio.asks("P", "ringing", 0)
        twilio.asks("P", "in-progress", 1, step="menu")
        twilio.progress("C", "initiated", 3)
        twilio.progress("C", "ringing", 4)
        twilio.progress("C", last_word, 24, lasted=0, sip=487)
        twilio.progress("P", "completed", 25, lasted=24, stamped=False)

    return tell


for word in ("no-answer", "canceled"):
    script(
        2, f"a caller gives up, the child says {word}", {"P": "caller", "C": "external"},
        status="ended", outcome="missed", started=0, answered=None, ended=25, ended_by="caller",
        legs={
            "P": leg_x("completed", started=0, answered=1, ended=25, duration=24, ringing=0, sip=200, inferred=True),
            "C": leg_x(word, started=3, ended=24, duration=0, ringing=4, sip=487, parent="P"),
        },
    )(caller_gives_up(word))  # fmt: skip


@script(
    3, "the first agent is busy, the second answers", {"P": "caller", "C1": "agent", "C2": "agent"},
    status="ended", outcome="completed", started=0, answered=12, ended=62, ended_by="agent",
    legs={
        "P": leg_x("completed", started=0, answered=1, ended=62, duration=61, ringing=0, sip=200, inferred=True),
        "C1": leg_x("busy", started=2, ended=3, duration=0, sip=486, parent="P"),
        "C2": leg_x("completed", started=5, answered=12, ended=60, duration=48, sip=200, parent="P"),
    },
)  # fmt: skip
def first_busy(twilio: Teller) -> None:
    twilio.leg("P", "caller", "inbound")
    twilio.leg("C1", "agent", "outbound-dial", parent="P")
    twilio.leg("C2", "agent", "outbound-dial", parent="P", number="client:bo")
    twilio.asks("P", "ringing", 0)
    twilio.asks("P", "in-progress", 1, step="menu")
    twilio.progress("C1", "initiated", 2)
    twilio.progress("C1", "busy", 3, lasted=0, sip=486)
    twilio.progress("C2", "initiated", 5)
    twilio.progress("C2", "in-progress", 12)
    twilio.progress("C2", "completed", 60, lasted=48)
    twilio.progress("P", "completed", 62, lasted=61)


@script(
    4, "an outbound call cannot be routed", {"O": "external"},
    status="ended", outcome="failed", started=0, answered=None, ended=2, ended_by="",
    legs={"O": leg_x("failed", started=0, ended=2, duration=0, sip=404)},
)  # fmt: skip
def cannot_be_routed(twilio: Teller) -> None:
    twilio.leg("O", "external", "outbound-api", number="+15005550001")
    twilio.progress("O", "initiated", 0)
    twilio.progress("O", "failed", 2, lasted=0, sip=404)


@script(
    5, "only the end was subscribed", {"O": "external"},
    status="ended", outcome="completed", started=10, answered=10, ended=40, ended_by="external",
    legs={"O": leg_x("completed", started=10, answered=10, ended=40, duration=30, sip=200, inferred=True)},
)  # fmt: skip
def only_the_end(twilio: Teller) -> None:
    twilio.leg("O", "external", "outbound-api", number="+15005550002")
    twilio.progress("O", "completed", 40, lasted=30)


@script(
    6, "two meet in a room and leave", {"P": "caller", "A": "agent"},
    status="ended", outcome="completed", started=0, answered=8, ended=61, ended_by="caller",
    legs={
        "P": leg_x("completed", started=0, answered=1, ended=60, duration=59, ringing=0, sip=200, inferred=True),
        "A": leg_x("completed", started=2, answered=8, ended=61, duration=53, ringing=3, sip=200),
    },
    present={
        "P": {"present": False, "joined": 1, "left": 60},
        "A": {"present": False, "joined": 9, "left": 61},
    },
    room={"status": "completed", "started": 9, "ended": 61},
)  # fmt: skip
def meeting(twilio: Teller) -> None:
    twilio.leg("P", "caller", "inbound")
    twilio.leg("A", "agent", "outbound-api")
    twilio.asks("P", "ringing", 0)
    twilio.room("participant-join", 1, "P")
    twilio.progress("A", "initiated", 2)
    twilio.progress("A", "ringing", 3)
    twilio.progress("A", "in-progress", 8)
    twilio.room("conference-start", 9)
    twilio.room("participant-join", 9, "A")
    twilio.room("participant-leave", 60, "P")
    twilio.progress("P", "completed", 60, lasted=59)
    twilio.room("participant-leave", 61, "A")
    twilio.room("conference-end", 61)
    twilio.progress("A", "completed", 61, lasted=53)


@script(
    7, "a caller is held three times", {"P": "caller"},
    status="in-menu", outcome="", started=0, answered=None, ended=None, ended_by="",
    legs={"P": leg_x("in-progress", started=0, answered=0, inferred=True)},
    present={"P": {"present": False, "joined": 0, "left": 47, "hold": True, "hold_seconds": 22.0}},
    room={"status": "init"},
)  # fmt: skip
def held(twilio: Teller) -> None:
    twilio.leg("P", "caller", "inbound")
    twilio.room("participant-join", 0, "P")
    twilio.room("participant-hold", 10, "P", Hold=True)
    twilio.room("participant-unhold", 15, "P")
    twilio.room("participant-hold", 20, "P", Hold=True)
    twilio.room("participant-unhold", 30, "P")
    twilio.room("participant-hold", 40, "P", Hold=True)
    twilio.room("participant-leave", 47, "P", Hold=True)


@script(
    8, "an agent leaves and comes back", {"A": "agent"},
    status="talking", outcome="", started=0, answered=0, ended=None, ended_by="",
    legs={"A": leg_x("in-progress", started=0, answered=0, inferred=True)},
    present={"A": {"present": False, "joined": 0, "left": 30, "inferred": True}},
    room={"status": "completed", "ended": 30},
)  # fmt: skip
def comes_back(twilio: Teller) -> None:
    twilio.leg("A", "agent", "outbound-api")
    twilio.room("participant-join", 0, "A")
    twilio.room("participant-leave", 10, "A")
    twilio.room("participant-join", 20, "A")
    twilio.room("conference-end", 30)


@script(
    9, "ana hands the caller over to cleo, warm", {"P": "caller", "A": "agent", "K": "consult"},
    status="ended", outcome="completed", started=0, answered=8, ended=100, ended_by="caller",
    legs={
        "P": leg_x("completed", started=0, answered=1, ended=99, duration=98, ringing=0, sip=200, inferred=True),
        "A": leg_x("completed", started=8, answered=8, ended=50, duration=42, sip=200),
        "K": leg_x("completed", started=30, answered=30, ended=100, duration=70, sip=200),
    },
    present={
        "P": {"present": False, "joined": 1, "left": 99, "hold_seconds": 20.0},
        "A": {"present": False, "joined": 9, "left": 50},
        "K": {"present": False, "joined": 30, "left": 100},
    },
    room={"status": "completed", "ended": 100},
)  # fmt: skip
def warm_transfer(twilio: Teller) -> None:
    twilio.leg("P", "caller", "inbound")
    twilio.leg("A", "agent", "outbound-api")
    twilio.leg("K", "consult", "outbound-api", number="client:cleo")
    twilio.asks("P", "ringing", 0)
    twilio.room("participant-join", 1, "P")
    twilio.progress("A", "in-progress", 8)
    twilio.room("participant-join", 9, "A")
    twilio.room("participant-hold", 20, "P", Hold=True)
    twilio.progress("K", "in-progress", 30)
    twilio.room("participant-join", 30, "K")
    twilio.room("participant-unhold", 40, "P")
    twilio.room("participant-leave", 50, "A")
    twilio.progress("A", "completed", 50, lasted=42)
    twilio.room("participant-leave", 99, "P")
    twilio.progress("P", "completed", 99, lasted=98)
    twilio.progress("K", "completed", 100, lasted=70)
    twilio.room("participant-leave", 100, "K")
    twilio.room("conference-end", 100)


@script(
    10, "the caller is moved on, cold; the Dial action comes though nobody hung up",
    {"P": "caller", "C1": "external", "C2": "external"},
    status="ended", outcome="completed", started=0, answered=5, ended=91, ended_by="external",
    legs={
        "P": leg_x("completed", started=0, answered=1, ended=91, duration=90, ringing=0, sip=200, inferred=True),
        "C1": leg_x("completed", started=5, answered=5, ended=30, duration=25, sip=200, parent="P"),
        "C2": leg_x("completed", started=32, answered=36, ended=90, duration=54, sip=200, parent="P"),
    },
)  # fmt: skip
def cold_transfer(twilio: Teller) -> None:
    twilio.leg("P", "caller", "inbound")
    twilio.leg("C1", "external", "outbound-dial", parent="P")
    twilio.leg("C2", "external", "outbound-dial", parent="P", number="+15005550003")
    twilio.asks("P", "ringing", 0)
    twilio.asks("P", "in-progress", 1, step="menu")
    twilio.progress("C1", "in-progress", 5)
    twilio.progress("C1", "completed", 30, lasted=25)
    child = {"DialCallStatus": "completed", "DialCallSid": twilio.cast.sid("CA", "C1")}
    twilio.asks("P", "in-progress", 30, door="dial", **child, DialBridged="true", DialCallDuration="25")
    twilio.progress("C2", "initiated", 32)
    twilio.progress("C2", "in-progress", 36)
    twilio.progress("C2", "completed", 90, lasted=54)
    twilio.progress("P", "completed", 91, lasted=90)


@script(
    11, "sol listens in, coaches, joins in and leaves; the call goes on",
    {"P": "caller", "A": "agent", "S": "supervisor"},
    status="talking", outcome="", started=0, answered=8, ended=None, ended_by="",
    legs={
        "P": leg_x("in-progress", started=0, answered=1, ringing=0, inferred=True),
        "A": leg_x("in-progress", started=8, answered=8),
        "S": leg_x("completed", started=20, answered=20, ended=50, duration=30, sip=200),
    },
    present={
        "P": {"present": True, "joined": 1},
        "A": {"present": True, "joined": 9},
        "S": {"present": False, "joined": 20, "left": 50, "muted": False},
    },
    room={"status": "init"},
)  # fmt: skip
def supervisor(twilio: Teller) -> None:
    twilio.leg("P", "caller", "inbound")
    twilio.leg("A", "agent", "outbound-api")
    twilio.leg("S", "supervisor", "outbound-api", number="client:sol")
    twilio.asks("P", "ringing", 0)
    twilio.room("participant-join", 1, "P")
    twilio.progress("A", "in-progress", 8)
    twilio.room("participant-join", 9, "A")
    twilio.progress("S", "in-progress", 20)
    twilio.room("participant-join", 20, "S", Muted=True)
    twilio.room("participant-modify", 30, "S", Coaching=True)
    twilio.room("participant-modify", 40, "S")
    twilio.room("participant-leave", 50, "S")
    twilio.progress("S", "completed", 50, lasted=30)


@script(
    12, "an outbound call is ended while it rings", {"O": "external"},
    status="ended", outcome="canceled", started=0, answered=None, ended=6, ended_by="",
    legs={"O": leg_x("canceled", started=0, ended=6, duration=0, ringing=2, sip=487)},
)  # fmt: skip
def ended_while_ringing(twilio: Teller) -> None:
    twilio.leg("O", "external", "outbound-api", number="+15005550004")
    twilio.progress("O", "initiated", 0)
    twilio.progress("O", "ringing", 2)
    twilio.progress("O", "canceled", 6, lasted=0, sip=487)


@script(
    13, "a recording is paused and resumed", {"P": "caller"},
    status="in-menu", outcome="", started=0, answered=None, ended=None, ended_by="",
    legs={"P": leg_x("in-progress", started=0, answered=1, ringing=0, inferred=True, tape="completed")},
)  # fmt: skip
def recorded(twilio: Teller) -> None:
    twilio.leg("P", "caller", "inbound")
    twilio.asks("P", "ringing", 0)
    twilio.asks("P", "in-progress", 1, step="menu")
    twilio.tape("in-progress", 5, "P")
    twilio.tape("paused", 10, "P")
    twilio.tape("in-progress", 20, "P")
    twilio.tape("completed", 30, "P")


@script(
    14, "a leg ends and nobody says that it left the room", {"A": "agent"},
    status="ended", outcome="completed", started=0, answered=0, ended=25, ended_by="agent",
    legs={"A": leg_x("completed", started=0, answered=0, ended=25, duration=25, sip=200, inferred=True)},
    present={"A": {"present": False, "joined": 0, "left": 25, "inferred": True}},
    room={"status": "init"},
)  # fmt: skip
def left_unsaid(twilio: Teller) -> None:
    twilio.leg("A", "agent", "outbound-api")
    twilio.room("participant-join", 0, "A")
    twilio.progress("A", "completed", 25, lasted=25)
