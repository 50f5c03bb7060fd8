"""A whole floor in one process, in virtual time: Twilio's side, the network between, supervisors, their desks, and
those that go round (the comparison, who follows wishes up and puts right what is owed, who rings agents). Nothing
happens but what a test says.
"""

import random
import re
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from calls import failpoints
from calls.control import asking, perform
from calls.control.verbs import insist
from calls.floor import consults, listeners, outcomes, routing, tapes
from calls.intake.reconcile.seats import Seats
from calls.intake.reconcile.sweep import Reconciler
from calls.live.hub import Hub
from calls.live.mirror import Mirror
from calls.models import Agent, Call, Destination, Line, Membership, Phone, Queue, Team, rights_of
from calls.twilio import gateway, wire
from tests.conftest import ACCOUNT, LINE, FarSide, empty, group, person
from tests.control import account
from tests.control.account import Account
from tests.control.conftest import ALL_VERBS, SALES, Rest
from tests.live.floor import Page
from tests.live.reducer import Board
from tests.live.test_rows import look

BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ROUND = 4.0  # seconds between two rounds of those that go round
QUEUED = "+15550100300"
# Doors where Twilio wants no answer.
TELL = ("/twilio/status/", "/twilio/conference/", "/twilio/recording/", "/twilio/transcription/")
REFUSED = 400
# Asked for again until it is seen: where a caller goes whom nobody is with, and who is rung for the queue.
THE_FLOWS_OWN = re.compile(r"https?://[^/]+/twilio/voice/|agent-\d+-\d+$")
GONE = {"code": 20404, "message": "The requested resource was not found", "status": 404}


class Standing:
    """Every clock of ours: it stands until somebody moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        monkeypatch.setattr(timezone, "now", lambda: BEGAN + timedelta(seconds=self.seconds))
        told = SimpleNamespace(monotonic=lambda: self.seconds, sleep=self.goes_on)
        for module in (gateway, wire, asking, perform, insist, outcomes, consults, listeners, routing, tapes):
            monkeypatch.setattr(module, "time", told)
        # What is numbered by chance is ordered by it as well (locks, pages): the same run has the same ids.
        self.chance = random.Random(0)
        monkeypatch.setattr("os.urandom", lambda size: self.chance.randbytes(size))
        monkeypatch.setattr("calls.flows.answering.TURNS", 1)  # those would be seconds of ours

    def starts_over(self) -> None:
        self.seconds = 0.0
        self.chance.seed(0)

    def goes_on(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Network(FarSide):
    """Callbacks are under way until somebody delivers, repeats or loses them. A question for TwiML waits for its
    answer, and so cannot be overtaken by another of the same leg."""

    under_way: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def post(self, path: str, said: dict[str, str], **extra: Any) -> Any:
        if not path.startswith(TELL):
            return super().post(path, said, **extra)
        self.under_way.append((path, said))
        return SimpleNamespace(status_code=204)

    def arrives(self, path: str, said: dict[str, str]) -> None:
        assert super().post(path, said).status_code == 204


class Exchange(Account):
    """Twilio: what is true there, told by REST as well. `done`: how often each document was put on a leg or into a
    room, and how often somebody was called in for each wish."""

    def __init__(self, network: Network, died: Callable[[], None]) -> None:
        super().__init__(network)
        self.network, self.died = network, died
        self.away = False
        self.done: Counter[str] = Counter()
        self.over_since: dict[str, datetime] = {}

    def note_ends(self) -> None:
        for sid, line in self.lines.items():
            if not line.live:
                self.over_since.setdefault(sid, timezone.now())

    # Over HTTP -------------------------------------------------------------------------------------------------

    def fetch(self, line: account.Line, url: str, said: dict[str, str] | None = None) -> bytes:
        try:
            return super().fetch(line, url, said)
        except failpoints.SimulatedCrash:
            self.died()
            return super().fetch(line, url, said)  # who gets no answer asks again

    def asked(self, sid: str, form: dict[str, str]) -> Any:
        if self.away:
            return None
        status, answer = super().asked(sid, form)
        once = [form[name] for name in ("Url", "Twiml", "AnnounceUrl", "Label") if name in form]
        if status < REFUSED:
            self.done.update(what for what in once if not THE_FLOWS_OWN.match(what))
        return status, answer

    def looked_at(self, sid: str) -> Any:
        if self.away:
            return 503, ""
        if "/" in sid:
            return super().looked_at(sid)
        line = self.lines.get(sid)
        return (200, self.resource(line)) if line else (404, GONE)

    # As the gateway says it ------------------------------------------------------------------------------------

    def fetch_leg(self, sid: str, *, until: float | None = None) -> dict[str, Any]:
        self.must_answer()
        if sid not in self.lines:
            raise gateway.Refused(20404, 404, "The requested resource was not found")
        return self.resource(self.lines[sid])

    def list_legs(self, status: str = "", *, ended: datetime | None = None, **how: Any) -> tuple[list[Any], str]:
        self.must_answer()
        self.note_ends()
        if ended is not None:
            return [self.resource(self.lines[sid]) for sid, at in self.over_since.items() if at >= ended], ""
        return [self.resource(line) for line in self.lines.values() if line.status == status], ""

    def must_answer(self) -> None:
        if self.away:
            raise gateway.Unreachable("Twilio cannot be reached.", sent=False)

    def resource(self, line: account.Line) -> dict[str, Any]:
        self.note_ends()
        over = self.over_since.get(line.sid)
        people = {"parent_call_sid": line.parent, "from": LINE, "to": line.number, "direction": "outbound-dial"}
        if line.called:
            people = {"from": line.ours, "to": line.number, "direction": "outbound-api"}
        elif not line.parent:
            people = {"from": line.number, "to": line.ours, "direction": "inbound"}
        if over:
            people |= {"end_time": format_datetime(over), "duration": "30" if line.status == "completed" else "0"}
        return {"sid": line.sid, "account_sid": ACCOUNT, "status": line.status, **people}


class Watcher:
    """Somebody before a desk, whose line may be cut. `seen`: the latest revision of each call that was shown."""

    def __init__(self, user: User) -> None:
        self.user, self.board, self.digest = user, Board(), ""
        self.page: Page | None = None
        self.seen: dict[str, int] = {}

    @property
    def shows(self) -> str:
        """Changes with what may be on the screen."""
        return self.digest if self.page is not None else ""

    def sits_down(self, hub: Hub) -> None:
        """With what was on the screen before: resumed, if the rights are still those; else told to look anew."""
        rights = rights_of(self.user)
        self.page = page = Page(hub, rights.audience, user_id=self.user.pk)
        page.board, page.desk.rights = self.board, rights
        if self.digest != rights.digest:
            page.open()
        else:
            page.sync()
        self.digest = rights.digest
        self.reads()

    def is_cut_off(self) -> None:
        if self.page is not None:
            self.page.hub.leave(self.page.desk)
            self.board, self.page = self.page.board, None

    def is_regarded(self) -> None:
        """The two seconds have passed in which a desk hears of other rights."""
        if self.page is not None:
            rights = rights_of(self.user)
            self.page.hub.regard(self.page.desk, rights)
            self.reads()
            self.digest = rights.digest
            if self.page.closed is not None:  # nothing is left to look at: the page wipes it
                self.page, self.board, self.digest = None, Board(), ""

    def reads(self) -> None:
        assert self.page is not None
        self.page.read()
        for pk, call in self.page.board.calls.items():
            assert call["revision"] >= self.seen.get(pk, 0), "a board went back"
            self.seen[pk] = call["revision"]


class House:
    """`deaths`: of the process. `ticked`: seconds in which it was at work."""

    def __init__(self, rest: Rest, clock: Standing) -> None:
        empty()
        clock.starts_over()
        failpoints.armed.clear()
        gateway.breaker.until, gateway.pace._next = 0.0, 0.0
        consults.asked.clear()
        listeners.asked.clear()
        self.rest, self.clock = rest, clock
        self.deaths, self.ticked = 0, 0.0
        self.hire()
        self.network = Network(Client())
        self.twilio = Exchange(self.network, self.restarts)
        rest.is_at(self.twilio)
        rest.asked.clear()
        rest.answers.clear()
        self.watchers = [Watcher(user) for user in self.people.values()]
        self.opens()

    def hire(self) -> None:
        self.billing, self.sales = (Team.objects.create(name=name) for name in ("Billing", "Sales"))
        Line.objects.create(address=LINE, name="Billing hotline", team=self.billing)
        there = Line.objects.create(address="+15550100200", name="Sales", team=self.sales, greeting=SALES)
        self.place = Destination.objects.create(name="Sales", kind=Destination.Kind.LINE, line=there)
        self.queue = Queue.objects.create(name="Billing", team=self.billing, wrap_up_seconds=0, greeting="Hello.")
        self.refunds = Queue.objects.create(name="Refunds", team=self.billing, skill="refunds")
        Line.objects.create(address=QUEUED, name="Queue", team=self.billing, flow=Line.Flow.QUEUE, queue=self.queue)
        states = {"ana": "available", "bo": "away", "cy": "available"}
        self.agents = {
            name: Agent.objects.create(name=name.title(), contact=f"client:{name}", state=state)
            for name, state in states.items()
        }
        for agent in self.agents.values():
            agent.teams.add(self.billing)
        self.rights = group("All verbs", "view_call", *ALL_VERBS)
        self.watching = group("Watcher", "view_call")
        self.people = {
            name: person(name, name.title(), surname) for name, surname in (("ben", "Okafor"), ("kim", "Duarte"))
        }
        self.people["sue"] = person("sue", "Sue", "Lindgren")  # of Sales: nothing here is hers
        for name, user in self.people.items():
            Phone.objects.create(user=user, address=f"client:{name}")
            team = self.sales if name == "sue" else self.billing
            Membership.objects.create(user=user, team=team, group=self.rights)
        self.held = {"ben": "all", "kim": "all", "sue": "elsewhere"}  # what they may do, and sue on Sales
        self.browsers = {}
        for name, user in self.people.items():
            self.browsers[name] = Client(headers={"Accept": "application/json"})
            self.browsers[name].force_login(user)

    def may(self, name: str, what: str) -> None:
        """What this supervisor may do on Billing from now on: all, to watch, nothing."""
        user, self.held[name] = self.people[name], what
        Membership.objects.filter(user=user).delete()
        if what != "nothing":
            rights = self.rights if what == "all" else self.watching
            Membership.objects.create(user=user, team=self.billing, group=rights)
        self.look()
        for watcher in self.watchers:
            if watcher.user == user:
                watcher.is_regarded()

    # The process -----------------------------------------------------------------------------------------------

    def opens(self) -> None:
        self.hub = Hub(Mirror(), lambda: self.clock.seconds)
        look(self.hub)
        self.compares = Reconciler(
            twilio=self.twilio,
            clock=lambda: self.clock.seconds,
            now=lambda: timezone.now(),
            wait=self.clock.goes_on,
            chance=self.clock.chance.random,
        )
        self.looks_for = Seats(self.compares)
        for watcher in self.watchers:
            if watcher.page is not None or not self.deaths:
                watcher.is_cut_off()
                watcher.sits_down(self.hub)

    def restarts(self) -> None:
        failpoints.armed.clear()
        connection.close()  # who dies keeps no connection
        self.deaths += 1
        self.opens()

    @contextmanager
    def dying_at(self, point: str):
        """Perhaps it gets there; then it is started again, and what it was doing is not done."""
        if point:
            failpoints.armed[point] = "raise"
        try:
            yield
        except failpoints.SimulatedCrash:
            self.restarts()
        finally:
            failpoints.armed.clear()

    def works(self, seconds: float) -> None:
        """Time goes by, and all go their rounds; those that ring agents and put right what is owed every other time."""
        for number in range(max(1, int(seconds / ROUND))):
            self.compare()
            if number % 2 == 0:
                self.care()

    def compare(self) -> None:
        """One round of who compares, and follows wishes up."""
        self.clock.goes_on(ROUND)
        self.ticked += ROUND
        self.compares.step()
        outcomes.follow_up(self.twilio.fetch_leg)

    def care(self) -> None:
        """One round of all others."""
        self.looks_for.step()
        consults.put_right()
        listeners.end_listening()
        tapes.keep_private()
        tapes.watch_pauses()
        while routing.look_around():
            pass

    def settles(self) -> None:
        """Twilio does and tells all that it has to, and everything arrives as it was sent."""
        while self.twilio.waiting or self.network.under_way:
            self.twilio.tells()
            if self.network.under_way:
                self.network.arrives(*self.network.under_way.pop(0))

    def look(self) -> None:
        look(self.hub)
        for watcher in self.watchers:
            if watcher.page is not None:
                watcher.reads()

    # People ----------------------------------------------------------------------------------------------------

    def wishes(self, who: str, call: Call, verb: str, form: dict[str, str]) -> Any:
        return self.browsers[who].post(f"/calls/{call.pk}/{verb}/", form)

    def sees(self, name: str) -> Team | None:
        """The team whose calls they see."""
        return {"elsewhere": self.sales, "nothing": None}.get(self.held[name], self.billing)

    def calls(self) -> list[Call]:
        return list(Call.objects.order_by("started_at", "pk"))

    def live_legs(self) -> list[str]:
        return [sid for sid, line in self.twilio.lines.items() if line.live]


def new_key() -> str:
    return str(uuid4())
