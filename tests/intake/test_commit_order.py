"""Writers that commit in any order, roll back and collide: every board still ends as the database."""

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection

from calls.control import perform
from calls.control.verbs import end
from calls.intake.reconcile import provider
from calls.intake.reconcile.sweep import Reconciler
from calls.intake.record import record
from calls.models import Action, Agent, Board, Call, Leg, Line, Position, Presence, Report
from calls.twilio.gateway import Unreachable
from calls.twilio.reports import Report as Said
from tests.guards import SOAK, figure
from tests.intake.rows import Desk, unlike_x
from tests.intake.scripts import SCRIPTS, Script
from tests.intake.teller import ANA, BEGAN, LINE, Cast
from tests.intake.test_deliveries import shuffled, told_whole

WRITERS, DESKS, SUPERVISORS = 8, 3, 2
AT_ONCE = 12  # calls that are told at the same time


class RolledBack(OperationalError):
    pass


@dataclass
class Storm:
    """What is still to be delivered, a few calls at a time, and what came of it."""

    rng: random.Random
    tellings: list[tuple[Script, Cast]]
    waiting: deque[list[Said]] = field(default_factory=deque)
    commits: int = 0
    rollbacks: int = 0
    delivered: int = 0
    wishes: int = 0
    comparisons: int = 0
    errors: list[BaseException] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        for at in range(0, len(self.tellings), AT_ONCE):
            together = [
                said.report
                for script, cast in self.tellings[at : at + AT_ONCE]
                for said in shuffled(told_whole(script, cast), self.rng)
            ]
            self.rng.shuffle(together)
            while together:
                self.waiting.append([together.pop() for _ in range(min(len(together), self.rng.randint(1, 3)))])

    def writes(self) -> None:
        while self.waiting:
            try:
                batch = self.waiting.popleft()
            except IndexError:
                return
            try:
                record(batch)
            except RolledBack:
                self.rollbacks += 1
                self.waiting.appendleft(batch)
            else:
                self.commits += 1
                self.delivered += len(batch)

    def wishes_to_end(self, by: User) -> None:
        """A supervisor who ends calls; Twilio takes it, refuses it or does not answer."""
        while not self.over.is_set():
            time.sleep(self.rng.uniform(0, 0.1))
            live = list(Call.objects.live().values_list("pk", flat=True)[:AT_ONCE])
            if not live:
                continue
            action, _ = perform.request(
                self.rng.choice(live), by, "end", end, {}, key=uuid4(), shape="", stepped_up=False
            )
            if action is not None and perform.claim(action):
                self.wishes += 1
                time.sleep(self.rng.uniform(0, 0.02))
                state = self.rng.choice([Action.State.ACCEPTED, Action.State.FAILED, Action.State.UNKNOWN])
                perform.conclude(action, state, "", "")

    def compares(self) -> None:
        """The reconciler; now and then it believes that Twilio is away, and marks every live call."""
        compared = Reconciler(twilio=Hearsay(self.rng), wait=lambda seconds: None)
        while not self.over.is_set():
            time.sleep(self.rng.uniform(0, 0.05))
            compared.due = compared.clock()
            try:
                compared.step()
                self.comparisons += 1
                if self.rng.random() < 0.3:
                    now = compared.now()
                    provider.doubt(now, now)
            except RolledBack:
                self.rollbacks += 1

    def run(self, *workers) -> None:
        """Each in a thread and on a connection of its own; what one raises is kept."""

        def alone(work, *arguments):
            try:
                work(*arguments)
            except BaseException as error:  # noqa: BLE001
                self.errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=alone, args=worker) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads[:WRITERS]:
            thread.join()
        self.over.set()
        for thread in threads[WRITERS:]:
            thread.join()


@dataclass
class Hearsay:
    """Twilio's API: some of the live legs are listed, as ringing. What callbacks say of them is more."""

    rng: random.Random

    def list_legs(self, status: str = "", **how: object) -> tuple[list[dict[str, object]], str]:
        live = Leg.objects.filter(ended_at=None, unverified=False).values_list("sid", flat=True)
        listed = [{"sid": sid, "status": status} for sid in live if status == "ringing" and self.rng.random() < 0.5]
        return listed, ""

    def fetch_leg(self, sid: str, **how: object) -> dict[str, object]:
        raise Unreachable("Twilio cannot be reached.", sent=False)


@pytest.fixture
def slow_commits(monkeypatch, rng):
    """Everybody dawdles with the locks in hand, and every tenth transaction comes to nothing."""
    chance = random.Random(rng.random())

    def dawdle(point: str) -> None:
        if point in ("intake.after_insert", "intake.before_commit"):
            time.sleep(chance.uniform(0, 0.004))
        if point == "intake.before_commit" and chance.random() < 0.1:
            raise RolledBack

    monkeypatch.setattr("calls.intake.record.crash", dawdle)


def follow(desk: Desk, over: threading.Event, chance: random.Random) -> None:
    while not over.is_set():
        desk.follow()
        time.sleep(chance.uniform(0, 0.2))


@pytest.mark.load
@pytest.mark.lane_b(only=True)
@pytest.mark.timeout(900)
def test_no_board_ends_unlike_the_database_whatever_the_order_of_commits(rows, billing, alice, ben, slow_commits, rng):
    """8 writers × 400 transactions with rollbacks, beside supervisors and a reconciler; three boards that follow."""
    Line.objects.create(address=LINE, name="Billing hotline", team=billing)
    Agent.objects.create(name="Ana Pereira", contact=ANA)
    tellings = [
        (rng.choice(SCRIPTS), Cast(number, began=BEGAN + timedelta(minutes=number)))
        for number in range(figure(900, least=90))
    ]
    storm = Storm(rng, tellings)
    desks = [Desk() for _ in range(DESKS)]
    before, began = deadlocks(), time.monotonic()
    storm.run(
        *((storm.writes,) for _ in range(WRITERS)),
        *((storm.wishes_to_end, (alice, ben)[number % 2]) for number in range(SUPERVISORS)),
        (storm.compares,),
        *((follow, desk, storm.over, random.Random(rng.random())) for desk in desks),
    )
    took = time.monotonic() - began
    assert storm.errors == []
    assert [what for desk in desks for what in desk.unlike_rows()] == []
    assert deadlocks() == before
    assert storm.commits >= (WRITERS * 400 if SOAK else WRITERS * 40)
    assert storm.rollbacks > storm.commits * 0.05
    assert storm.wishes > 0
    assert storm.comparisons > 0 and Report.objects.filter(source="rest").exists()
    wrong = [what for script, cast in tellings for what in unlike_x(script, cast)]
    assert [what for what in wrong if "ended_by" not in what] == []  # some were ended by a supervisor
    told = Report.objects.exclude(source="rest").values_list("deliveries", flat=True)
    assert sum(told) == storm.delivered
    assert Position.objects.filter(revision__gt=Board.objects.get().revision).count() == 0
    print(
        f"{storm.commits} commits, {storm.rollbacks} rolled back, {storm.wishes} wishes, "
        f"{storm.comparisons} comparisons in {took:.0f} s, {DESKS} boards = database, {deadlocks() - before} deadlocks"
    )


@pytest.mark.lane_b(only=True)
def test_who_hangs_up_while_they_enter_the_room_is_not_in_it(rows, monkeypatch):
    """The end waits for the leg that the entrance holds, and must then see a room it did not know when it looked."""
    script, cast = next((script, Cast(1)) for script in SCRIPTS if script.number == 14)
    entrance, end = (said.report for said in script.told(cast))
    entering, hung_up = threading.Event(), []

    def commits_slowly(point: str) -> None:
        if point == "intake.before_commit" and not entering.is_set():
            entering.set()
            time.sleep(0.5)

    def hangs_up() -> None:
        entering.wait()
        hung_up.extend(record([end]))
        connection.close()

    monkeypatch.setattr("calls.intake.record.crash", commits_slowly)
    thread = threading.Thread(target=hangs_up)
    thread.start()
    record([entrance])
    thread.join()
    assert hung_up[0].verdict == "heard"
    assert Presence.objects.values_list("present", "leg__status").get() == (False, "completed")


def deadlocks() -> int:
    """As PostgreSQL counts them; its workers report when they go."""
    connection.close()
    time.sleep(1.2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
