"""A floor for wishes: the simulator, our program in a process of its own, and another application beside it.

Each desk is a world of its own: a supervisor, three agents (Ana and Cy are available, Bo is away), five lines, one of
them with a queue and one with an AI agent, and who calls there, so that many wishes can be made at once and none meets
another. Nothing of ours is looked into but rows.
"""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import requests
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, User

from calls.models import (
    OPEN_STATES,
    Action,
    Agent,
    Call,
    Destination,
    Leg,
    Line,
    Phone,
    Presence,
    Queue,
    StreamTarget,
    Team,
)
from simulator.testing import RunningSimulator
from tests.conftest import ACCOUNT, empty, group
from tests.guards import patience
from tests.live.server import Server, signed_in
from tests.services import free_port
from tests.simulator.application import Application
from tests.simulator.sockets import Sockets

T = TypeVar("T")
SPEED = 6.0
PASSWORD = "correct horse battery"
BUSY = "+14155550000"
LONG = "la " * 155  # about a minute
FLOW = "Here is the survey. " + LONG
SPOKEN, TYPED = "Please stay on the line.", "Typed by a supervisor."
LOBBY = "Welcome to the lobby. " + LONG
STAY = "<Say>Please stay on the line.</Say>"
EVENTS = "initiated ringing answered completed"
RIGHTS = (
    "view_call", "all_teams", "transfer_call", "announce_call", "end_call", "redirect_call", "hold_call", "mute_call",
    "kick_call", "monitor_call", "whisper_call", "barge_call", "take_over_call", "pull_call", "record_call",
    "transcribe_call", "stream_call", "add_party_call",
)  # fmt: skip
# They pick up after a second, and never hang up by themselves: every leg that ends was ended.
HABITS = [{"who": BUSY, "answer": "busy"}, {"who": "*", "after": 1.0}]


class NotSeen(AssertionError):
    """Somebody waited for something that did not come about."""


def until(look: Callable[[], T], what: str, *, within: float = 15.0) -> T:
    """Look again and again until there is something to see; `within` real seconds, more in CI."""
    deadline = time.monotonic() + patience(within)
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise NotSeen(f"{what}: not within {patience(within):g} s")
        time.sleep(0.05)
    return seen


@dataclass
class Floor:
    """What the desks share."""

    twilio: RunningSimulator
    server: Server
    theirs: Application
    ears: Sockets
    desks: list["Desk"] = field(default_factory=list)

    def places(self, *, to: str, from_: str, path: str, timeout: int = 60) -> str:
        """The other application makes a call by REST, with callbacks of ours; returns the leg's SID."""
        form = [("To", to), ("From", from_), ("Url", self.theirs.url + path), ("Timeout", str(timeout))]
        form += [("StatusCallback", self.status)] + [("StatusCallbackEvent", event) for event in EVENTS.split()]
        return self.rest("POST", "Calls", data=form)["sid"]

    def children(self, sid: str) -> list[str]:
        """The legs that this one's <Dial> has made, by Twilio's list."""
        return [leg["sid"] for leg in self.rest("GET", "Calls", params={"ParentCallSid": sid})["calls"]]

    def rest(self, method: str, path: str, **what: Any) -> Any:
        url = f"{self.twilio.url}/2010-04-01/Accounts/{ACCOUNT}/{path}.json"
        answer = requests.request(method, url, auth=(ACCOUNT, settings.TWILIO_AUTH_TOKENS[0]), timeout=10, **what)
        answer.raise_for_status()
        return answer.json()

    @property
    def status(self) -> str:
        return f"{self.server.url}/twilio/status/"

    def says(self, path: str, *verbs: str) -> None:
        self.theirs.says(path, *verbs)

    def behaves(self, who: str, **how: Any) -> None:
        self.twilio.post("/sim/behaviour", add={"who": who, **how})

    def everybody_hangs_up(self) -> None:
        """Whoever nobody dialled, or whose dialler is gone; the others go with them."""

        def over() -> bool:
            live = {leg["sid"]: leg["parent_sid"] for leg in self.twilio.calls() if not leg["over"]}
            for sid, parent in live.items():
                if parent not in live:
                    self.twilio.hang_up(sid)
            return not live

        until(over, "everybody hangs up")
        waiting = "callbacks are delivered"
        until(lambda: all(told["outcome"] != "waiting" for told in self.twilio.webhooks()), waiting, within=30)


class Desk:
    """One supervisor's world. `number` ends the names of all who are in it."""

    def __init__(
        self, number: int, rights: Group, password: str, known: dict[str, str], others: dict[str, str]
    ) -> None:
        self.number, self.known = number, known  # what is in the directory for all
        self.line, self.slow, self.foreign, self.queued, self.assisted = (
            f"+1555{kind}{number:04}" for kind in ("010", "020", "030", "050", "060")
        )  # fmt: skip
        self.caller, self.customer, self.outside = (
            f"+1{kind}{number:04}" for kind in ("415555", "415556", "555040")
        )  # fmt: skip
        self.team = Team.objects.create(name=f"Team {number}")
        Line.objects.bulk_create(
            Line(address=address, name=f"Line {address}", team=self.team, greeting=greeting)
            for address, greeting in ((self.line, "Hello."), (self.slow, LONG), (self.foreign, "Never heard."))
        )
        self.queue = Queue.objects.create(name=f"Queue {number}", team=self.team, wrap_up_seconds=0, greeting="Hello.")
        self.elsewhere = Queue.objects.create(name=f"Elsewhere {number}", team=self.team, skill="Volapük")
        Line.objects.create(
            address=self.queued, name=f"Line {self.queued}", team=self.team, flow=Line.Flow.QUEUE, queue=self.queue
        )
        Line.objects.create(
            address=self.assisted, name=f"Line {self.assisted}", team=self.team, flow=Line.Flow.BOT, queue=self.queue
        )
        self.agents = {name: self.hire(name) for name in ("Ana", "Bo", "Cy")}
        supervisor = hired(f"super{number}", rights, password)
        self.phone = Phone.objects.create(user=supervisor, address=f"client:super-{number}").address
        self.sessions = {"": signed_in(supervisor), **others}
        self.browser = requests.Session()
        self.browser.trust_env = False
        # The server closes a connection that was idle for five seconds, and may do so just when it is used again.
        self.browser.headers["Connection"] = "close"

    def hire(self, name: str) -> Agent:
        state = Agent.State.AWAY if name == "Bo" else Agent.State.AVAILABLE
        agent = Agent.objects.create(
            name=f"{name} {self.number}", contact=f"client:{name.lower()}-{self.number}", state=state
        )
        agent.teams.add(self.team)
        return agent

    def numbers(self, server: str, theirs: str) -> list[dict[str, Any]]:
        """The simulator's, with their addresses: four lead to us, the fifth to the other application."""
        ours = {"voice_url": f"{server}/twilio/voice/#rc=3&rp=ct,rt,5xx", "status_callback": f"{server}/twilio/status/"}
        return [
            {"phone_number": self.line, **ours},
            {"phone_number": self.slow, **ours},
            {"phone_number": self.queued, **ours, "voice_fallback_url": f"{theirs}/fallback/"},
            {"phone_number": self.assisted, **ours},
            {"phone_number": self.foreign, **ours, "voice_url": f"{theirs}/voice/{self.number}/"},
        ]

    def opens(self, floor: Floor) -> None:
        self.floor = floor

    # Who is on the line ----------------------------------------------------------------------------------------

    def address_of(self, name: str) -> str:
        """Of whoever a plan names."""
        if name == "Busy tone":
            return BUSY
        if name == f"Super{self.number}":
            return self.phone
        agent = next((agent for agent in self.agents.values() if agent.name == name), None)
        return agent.contact if agent else self.outside

    def ring(self, line: str) -> str:
        return str(self.floor.twilio.ring(from_=self.caller, to=line)["sid"])

    def truth(self, sid: str) -> dict[str, Any]:
        return self.floor.twilio.call(sid)

    def seat(self, sid: str) -> dict[str, Any]:
        """Its place in its room, by Twilio's list."""
        room = self.truth(sid)["conference_sid"]
        return self.floor.rest("GET", f"Conferences/{room}/Participants/{sid}")

    def heard(self, sid: str, text: str) -> int:
        """How often this leg has heard these words."""
        return sum(text.strip() in (said["text"] or "") for said in self.truth(sid)["heard"])

    def row(self, sid: str, status: str = "") -> Leg | None:
        legs = Leg.objects.filter(sid=sid)
        return (legs.filter(status=status) if status else legs).first()

    def rung(self, contact: str, status: str = "in-progress", *, besides: Sequence[str] = ()) -> Leg:
        """The leg to this contact, once our rows say so of it."""
        legs = Leg.objects.filter(to_number=contact, status=status).exclude(sid__in=besides)
        return until(legs.first, f"{contact} {status} in our rows")

    @property
    def bo(self) -> str:
        """As the directory has him."""
        return f"agent-{self.agents['Bo'].pk}"

    @property
    def who_is_busy(self) -> str:
        """Cy, from now on."""
        self.floor.behaves(self.agents["Cy"].contact, answer="busy")
        return f"agent-{self.agents['Cy'].pk}"

    def waits(self, skill: str = "Volapük") -> str:
        """Somebody phones the queue, where an agent needs this skill, and waits in the room, by our rows."""
        Queue.objects.filter(pk=self.queue.pk).update(skill=skill)
        caller = self.ring(self.queued)
        there = Presence.objects.filter(leg=caller, present=True)
        until(there.exists, "the caller is in the room, by our rows")
        return caller

    def talks_to_the_bot(self, sid: str) -> int:
        """How often the AI agent has met whoever is on this leg."""
        return sum(met["callSid"] == sid for met in self.floor.ears.of("setup"))

    # What the supervisor does, or somebody else -----------------------------------------------------------------

    def sees(self, sid: str) -> Call:
        return until(lambda: self.row(sid), f"{sid} in our rows").call

    def plan(self, call: Call, verb: str, by: str = "", password: str = "", **fields: str) -> dict[str, Any]:
        """As it is shown before anybody asks for a password."""
        answer = self.browser.get(
            f"{self.floor.server.url}/calls/{call.pk}/{verb}/plan/",
            params=fields, headers={"Cookie": f"sessionid={self.sessions[by]}"}, timeout=30,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wish(self, call: Call, verb: str, by: str = "", **fields: str) -> requests.Response:
        token = secrets.token_hex(16)
        cookies = f"sessionid={self.sessions[by]}; csrftoken={token}"
        return self.browser.post(
            f"{self.floor.server.url}/calls/{call.pk}/{verb}/",
            data={"key": str(uuid4()), **fields},
            headers={"Cookie": cookies, "X-CSRFToken": token, "Accept": "application/json"},
            timeout=60,
        )

    def settled(self, pk: str, *, within: float = 20.0) -> Action:
        actions = Action.objects.exclude(state__in=OPEN_STATES)
        return until(lambda: actions.filter(pk=pk).first(), f"the wish {pk} is settled", within=within)

    def does(self, call: Call, verb: str, **fields: str) -> Action:
        """A wish that is granted, and whose effect is seen."""
        answer = self.wish(call, verb, **fields)
        assert answer.status_code in (200, 202), answer.text
        action = self.settled(answer.json()["action"])
        assert action.state == Action.State.CONFIRMED, f"{action}: {action.message}"
        return action


def hired(name: str, rights: Group, password: str = "") -> User:
    user = User.objects.create(username=name, first_name=name.capitalize(), password=password)
    user.groups.add(rights)
    return user


# Making it ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(desks: int, *, calls_per_second: float = 50) -> Iterator[Floor]:
    """A floor with so many desks. Nothing else may write to the rows meanwhile."""
    empty()
    everything = group("Head", *RIGHTS, "dial_external", "raw_twiml")
    others = {"junior": signed_in(hired("junior", group("Junior", *RIGHTS)))}
    others["typist"] = signed_in(hired("typist", group("Typist", *RIGHTS, "raw_twiml")))
    # As the program has it: the tests' own hashers are none of those that it knows.
    password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    port, theirs = free_port(), Application()
    server = f"http://127.0.0.1:{port}"
    theirs.says("/flow/", f"<Say>{FLOW}</Say>")
    theirs.says("/fallback/", STAY, "<Pause length='5'/>", f"<Redirect>{server}/twilio/voice/?step=back</Redirect>")
    lobby = Line.objects.create(
        address="+15550999999", name="Lobby", team=Team.objects.create(name="Lobby"), greeting=LOBBY
    )
    busy = Destination.objects.create(name="Busy tone", kind="address", address=BUSY)
    line = Destination.objects.create(name="Lobby", kind="line", line=lobby)
    flow = Destination.objects.create(name="Survey", kind="flow", url=f"{theirs.url}/flow/")
    ears = Sockets()
    target = StreamTarget.objects.create(name="Ears", url=ears.url)
    known = {"ears": str(target.pk), "busy": str(busy.pk), "line": str(line.pk), "flow": str(flow.pk)}
    made = [Desk(number, everything, password, known, others) for number in range(1, desks + 1)]
    Line.objects.filter(flow=Line.Flow.BOT).update(bot=ears.url)
    numbers = [number for desk in made for number in desk.numbers(server, theirs.url)]
    with (
        RunningSimulator(
            account_sid=ACCOUNT, auth_token=settings.TWILIO_AUTH_TOKENS[0], numbers=numbers, speed=SPEED,
            behaviour=HABITS, remembered=100_000,
        ) as twilio,
        contextlib.closing(theirs),
        contextlib.closing(ears),
        Server(port=port, PUBLIC_URL=server, DESK_ORIGINS=server, TWILIO_API_URL=twilio.url,
               TWILIO_CALLS_PER_SECOND=str(calls_per_second), heals=True) as program,
    ):  # fmt: skip
        floor = Floor(twilio, program, theirs, ears, made)
        for desk in made:
            desk.opens(floor)
        yield floor
