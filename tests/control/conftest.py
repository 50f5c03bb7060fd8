"""Twilio's REST front, as far as calls need it: on loopback, told by each test what to answer."""

import json
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from calls.control import perform
from calls.control.verbs import insist
from calls.floor import consults, listeners, outcomes, routing, tapes
from calls.models import Agent, Call, Destination, Line, Membership, Team, Visit
from calls.twilio import gateway
from tests.conftest import FarSide, group, person
from tests.control.account import Account, Answer, call_resource
from tests.control.dana import Dana
from tests.control.desks import desk, desks, floor  # noqa: F401
from tests.control.parties import Parties
from tests.guards import SOAK


@dataclass(frozen=True)
class Raw:
    """An answer byte for byte: its pieces with a pause (seconds) between them, and then the connection is closed."""

    pieces: Sequence[bytes]
    pause: float = 0.0


class Span(NamedTuple):
    """From the arrival of a request until its answer is out (time.monotonic)."""

    sid: str
    form: dict[str, str]
    began: float
    ended: float
    status: int


@dataclass
class Rest:
    """`asked`: what arrived by POST, in order. `answers`: for the next of these; after that `always`, which leaves
    every leg in progress. `looked`: what was asked for by GET, `looks` the answers to that, and after those
    `says_of`."""

    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    looks: list[Any] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    always: Callable[..., Any] = lambda sid, form: (200, call_resource(sid))
    says_of: Callable[..., Any] = lambda sid: (200, call_resource(sid))

    def is_at(self, account: Account) -> None:
        """From now on it answers for these legs, and what is asked of them is done."""
        self.always, self.says_of = account.asked, account.looked_at

    def refuses(self, status: int, code: int, message: str) -> None:
        self.answers.append((status, {"code": code, "message": message, "status": status}))

    def says(self, status: str) -> None:
        self.answers.append(lambda sid, form: (200, call_resource(sid, status)))


def whom(path: str) -> str:
    """A CallSid, or `CF…/CA…` for somebody in a room, `CF…/` for the room and `CF…/new` for one more in it;
    `CA…/Recordings/RE…` for what runs beside a leg; `named/call-…` for all rooms of this name."""
    if (named := re.search(r"/Conferences\.json\?.*FriendlyName=([\w-]+)", path)) is not None:
        return f"named/{named[1]}"
    found = re.search(r"/(Calls|Conferences)/([\w-]+)(?:/(\w+)(?:/(\w+))?)?\.json", path)
    if found is None:
        return ""
    what, whole, inside, its = found.groups(default="")
    if what == "Conferences":
        return f"{whole}/{its or 'new'}" if inside else f"{whole}/"
    return f"{whole}/{inside}/{its}" if inside else whole


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    rest: Rest

    def do_POST(self) -> None:
        self.is_asked(dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())))

    def do_DELETE(self) -> None:
        self.is_asked({"gone": "true"})

    def is_asked(self, form: dict[str, str]) -> None:
        began, sid = time.monotonic(), whom(self.path)
        self.rest.asked.append((sid, form))
        self.rest.paths.append(self.path)
        self.rest.headers.append(dict(self.headers))
        told = self.rest.answers.pop(0) if self.rest.answers else self.rest.always
        status = self.tell(told(sid, form) if callable(told) else told)
        self.rest.spans.append(Span(sid, form, began, time.monotonic(), status))

    def do_GET(self) -> None:
        sid = whom(self.path)
        self.rest.looked.append(sid)
        self.rest.paths.append(self.path)
        told = self.rest.looks.pop(0) if self.rest.looks else self.rest.says_of
        self.tell(told(sid) if callable(told) else told)

    def tell(self, answer: Any) -> int:
        """None: the connection breaks. Returns the HTTP status, 0 if there was none."""
        if answer is None:
            self.slam()
            return 0
        if isinstance(answer, Raw):
            self.close_connection = True
            for piece in answer.pieces:
                self.wfile.write(piece)
                time.sleep(answer.pause)
            return 0
        status, said = answer
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        if status != 204:
            self.wfile.write(body)
        return int(status)

    def slam(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        pass  # who gave up waiting for us


def forget() -> None:
    """What the gateway keeps from one request to the next; where a clock ran ahead, its turns are in the future."""
    gateway._client.cache_clear()
    gateway.breaker.until, gateway.pace._next = 0.0, 0.0


@pytest.fixture
def rest(settings: Any) -> Iterator[Rest]:
    told = Rest()
    server = Quiet(("127.0.0.1", 0), type("ToldDoor", (Door,), {"rest": told}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.TWILIO_API_URL = f"http://127.0.0.1:{server.server_port}"
    forget()
    yield told
    forget()
    server.shutdown()
    server.server_close()


def slowly(seconds: float) -> Callable[..., Answer]:
    def answer(sid: str, form: dict[str, str]) -> Answer:
        time.sleep(seconds)
        return 200, call_resource(sid)

    return answer


def breaks(sid: str, form: dict[str, str]) -> None:
    return None


@pytest.fixture
def wish(client: Any) -> Callable[..., Any]:
    """`wish(ben, dana_call)`: ben presses End, as the page does."""

    def press(by: Any, call: Any, verb: str = "end", **fields: Any) -> Any:
        client.force_login(by)
        form = {"key": str(uuid4()), **fields}
        return client.post(f"/calls/{call.pk}/{verb}/", form, headers={"Accept": "application/json"})

    return press


def hang_up(twilio: FarSide, call: Any) -> None:
    """Every leg is over, and Twilio says so."""
    for leg in call.legs.all():
        assert twilio.status(leg.pk, "completed", 9, CallDuration="30").status_code == 204


# Whoever may do all, and Dana on the line -----------------------------------------------------------------------

ALL_VERBS = (
    "end_call", "transfer_call", "announce_call", "redirect_call", "raw_twiml", "dial_external",
    "hold_call", "mute_call", "kick_call", "record_call",
    "monitor_call", "whisper_call", "barge_call", "take_over_call", "add_party_call", "pull_call", "transcribe_call",
)  # fmt: skip
SAID = "The office closes in five minutes."
TYPED = "This was typed."
SALES = "This is Sales."


def may_all(user: User, team: Team) -> User:
    Membership.objects.create(user=user, team=team, group=group("All verbs", "view_call", *ALL_VERBS))
    return user


@pytest.fixture
def supervisors(billing: Team) -> list[User]:
    """Of Billing, and all of them may do anything with its calls."""
    names = [("ben", "Ben", "Okafor"), ("kim", "Kim", "Duarte"), ("lee", "Lee", "Novak"), ("max", "Max", "Haddad")]
    return [may_all(person(*name), billing) for name in names]


@pytest.fixture
def places(line: Line, ana: Agent, billing: Team, sales: Team) -> SimpleNamespace:
    """Where a call may go: Bo, who is free, and the line of Sales, where Cas is."""
    bo = Agent.objects.create(name="Bo Lind", contact="client:bo", state=Agent.State.AWAY)
    bo.teams.add(billing)
    cas = Agent.objects.create(name="Cas Moreno", contact="client:cas", state=Agent.State.AVAILABLE)
    cas.teams.add(sales)
    there = Line.objects.create(address="+15550100200", name="Sales", team=sales, greeting=SALES)
    place = Destination.objects.create(name="Sales", kind=Destination.Kind.LINE, line=there)
    return SimpleNamespace(bo=bo, cas=cas, sales=place)


@pytest.fixture
def account(twilio: FarSide, rest: Rest) -> Account:
    """Twilio's side, which does what it is asked for."""
    told = Account(twilio)
    rest.is_at(told)
    return told


@pytest.fixture
def fields(places: SimpleNamespace) -> Callable[..., tuple[str, dict[str, str]]]:
    """`fields("transfer", agent_sid)`: the verb and the form of one of the kinds of wishes."""

    def of(kind: str, agent_sid: str = "") -> tuple[str, dict[str, str]]:
        return {
            "end": ("end", {"target": "call"}),
            "end leg": ("end", {"target": agent_sid}),
            "transfer": ("transfer", {"destination": f"agent-{places.bo.pk}"}),
            "announce": ("announce", {"text": SAID}),
            "redirect": ("redirect", {"destination": str(places.sales.pk)}),
            "hold": ("hold", {}),
            "mute": ("mute", {"leg": agent_sid}),
            "kick": ("kick", {"leg": agent_sid}),
            "say": ("announce", {"text": SAID, "target": "room"}),
            "raw": ("redirect", {"twiml": f"<Response><Say>{TYPED}</Say></Response>"}),
        }[kind]

    return of


KINDS = ("end", "end leg", "transfer", "announce", "redirect", "raw", "hold", "mute", "kick", "say")
IN_A_ROOM = ("hold", "mute", "kick", "say")
ABSOLUTE = ("end", "end leg", "hold", "mute", "kick")  # asked for twice they do nothing more


@pytest.fixture
def line_to(
    account: Account, supervisors: list[User], client: Any, request: pytest.FixtureRequest
) -> tuple[Call, str, str]:
    """Dana talks to Ana: the call, both legs, and ben at his desk."""
    client.force_login(supervisors[0])
    asked = getattr(request.node, "callspec", None)
    return they_talk(account, asked.params.get("kind") if asked else None)


def they_talk(account: Account, kind: str | None) -> tuple[Call, str, str]:
    """In a room, where the wish is about one."""
    caller = account.phones()
    account.tells()
    call, agent = Call.objects.get(legs__sid=caller), account.lines[caller].dial[1]
    account.room = None
    if kind in IN_A_ROOM:
        account.meet(call.pk, caller, agent)
    return call, caller, agent


@pytest.fixture
def parties(
    account: Account, client: Any, supervisors: list[User], ana: Agent, places: SimpleNamespace, settings: Any
) -> Parties:
    settings.TWILIO_CALLS_PER_SECOND = 1000
    return Parties(account, client, supervisors[0], ana, places)


class Clock:
    """`timezone.now` and the gateway's seconds go on by so much at once; nobody has to wait for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead, now, monotonic = 0.0, timezone.now, time.monotonic
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=self.ahead))
        told = SimpleNamespace(monotonic=lambda: monotonic() + self.ahead, sleep=time.sleep)
        for module in (gateway, perform, outcomes, consults, insist, listeners, routing, tapes):
            monkeypatch.setattr(module, "time", told)

    def goes_on(self, seconds: float) -> None:
        self.ahead += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def some(config: pytest.Config, rows: Iterable[Any], columns: Sequence[Any], few: int) -> list[tuple[Any, Any]]:
    """Of a table the pairs that are tried: all in a soak, else a `few` columns of each row, by the seed of the run."""
    if SOAK:
        return [(row, column) for row in rows for column in columns]
    order = random.Random(str(config.option.seed))
    return [(row, column) for row in rows for column in order.sample(columns, few)]


@pytest.fixture
def bo(billing: Team) -> Agent:
    agent = Agent.objects.create(name="Bo Lind", contact="client:bo", state=Agent.State.AVAILABLE)
    agent.teams.add(billing)
    return agent


@pytest.fixture
def dana(twilio: FarSide, dana_call: Call, rest: Rest, ana: Agent) -> Dana:
    """She was put through to Ana at the first visit of her flow, and they talk."""
    dana = Dana(twilio, dana_call, rest)
    Visit.objects.create(call=dana_call, step="ring", visit=1, agent=ana, at=timezone.now())
    query = f"?call={dana_call.pk}&role=caller&step=ring&visit=1"
    dana.asks(f"http://127.0.0.1:8000/twilio/voice/{query}#rc=3&rp=ct,rt,5xx")
    return dana
