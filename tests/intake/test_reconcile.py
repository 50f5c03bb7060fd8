"""Callbacks are lost and nobody is left on the desk who has hung up; Twilio's API fails and the desk says so."""

import threading
import time as wall
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from calls.intake.reconcile import threads
from calls.intake.reconcile.pace import Pace
from calls.intake.reconcile.sweep import Reconciler, Seconds, Unanswered
from calls.intake.reconcile.threads import Healer, Leader
from calls.intake.record import record
from calls.models import Board, Call, Leg, Report, Sweep, twilio_down
from calls.twilio.gateway import Refused
from calls.twilio.reports import HISTORY, from_rest
from tests.guards import figure, patience
from tests.intake.account import Account, Door, Hand, Line, Time, reconciler, steps
from tests.intake.scripts import BEGAN, Said

BOUND = 90  # seconds that somebody may be shown after they hung up


@pytest.fixture
def account(rows, line, ana, rng) -> Account:
    return Account(Time(), rng)


def ghosts(account: Account) -> list[float]:
    """How long ago the calls were over that we still show, in seconds."""
    live = set(Call.objects.live().values_list("pk", flat=True))
    callers = [leg for leg in account.lines.values() if leg.parent is None]
    shown = dict(Leg.objects.filter(sid__in=[leg.sid for leg in callers]).values_list("sid", "call"))
    return [
        account.time.at - leg.ended for leg in callers if shown.get(leg.sid) in live and leg.ended < account.time.at
    ]


@pytest.mark.load
@pytest.mark.parametrize("loss", [0.0, 0.5, 1.0], ids=["no callback lost", "every second lost", "all lost"])
def test_nobody_is_shown_for_longer_than_ninety_seconds_after_they_hung_up(account, loss):
    """200 calls; every fifth request to the API comes to nothing; two reconcilers who do not know of each other."""
    time, oldest = account.time, [0.0]
    account.errors = 0.2
    account.phones(figure(200, least=40), within=figure(400, least=100))
    doors = [Door(account), Door(account)]

    def look() -> None:
        while True:
            oldest.append(max(ghosts(account), default=0.0))
            time.wait(1)

    time.run(figure(400, least=100) + 320, lambda: account.deliver(loss), look, *map(steps, doors))
    assert max(oldest) <= BOUND
    assert Call.objects.live().count() == 0
    wrong = [sid for sid, *said in Leg.objects.values_list("sid", "status", "ended_at", "duration", "call__reopened_at")
             if said != truth(account, sid)]  # fmt: skip
    assert wrong == []
    assert Leg.objects.filter(healed=True).exists() == (loss > 0)
    for door in doors:
        assert most_in_a_second(door.asked) <= 4
        assert door.most <= 2
        assert door.hasty == []
    fetches, requests = sum(len(door.fetched) for door in doors), sum(len(door.asked) for door in doors)
    print(f"oldest ghost {max(oldest):.0f} s, {requests} requests, {fetches} of them for one leg")


def truth(account: Account, sid: str) -> list[object]:
    leg = account.lines[sid]
    return [leg.status(leg.ended), BEGAN + timedelta(seconds=leg.ended), leg.duration, None]


def most_in_a_second(asked: list[float]) -> int:
    return max(sum(start <= at < start + 0.999 for at in asked) for start in asked)


# One thing at a time -----------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(rows, line, ana, rng) -> Account:
    """Time goes on when somebody waits."""
    return Account(Hand(), rng)


@pytest.fixture
def door(quiet) -> Door:
    return Door(quiet)


@pytest.fixture
def compared(door) -> Reconciler:
    return reconciler(door)


def goes_on(compared: Reconciler, door: Door, seconds: float) -> None:
    """As the healer's thread does it."""
    time = door.account.time
    until = time.at + seconds
    while time.at < until:
        compared.step()
        time.wait(min(1.0, max(0.0, compared.due - time.at)))


def dana_talks(account: Account, *, talks: float = 600) -> tuple[Line, Line]:
    """Dana phones in and is put through to Ana, and all of it is reported."""
    caller, agent = account.phone(7, talks=talks)
    account.tells(caller.says(0, "ringing"), agent.says(0, "in-progress", 0), caller.says(0, "in-progress", 0))
    return caller, agent


def state_of(line: Line) -> tuple[str, bool]:
    return Leg.objects.values_list("status", "healed").get(sid=line.sid)


def test_a_call_that_nobody_told_us_of_is_on_the_desk_with_the_first_comparison(quiet, door, compared):
    caller, agent = quiet.phone(7)
    compared.step()
    call = Call.objects.live().get()
    assert (call.status, call.from_number, call.team.name) == ("talking", caller.number, "Billing")
    assert set(call.legs.values_list("sid", flat=True)) == {caller.sid, agent.sid}
    assert set(Report.objects.values_list("source", "verdict")) == {("rest", "heard")}


def test_two_thousand_people_who_talk_on_cost_no_rows(quiet, door, compared):
    for number in range(figure(1_000)):
        quiet.phone(number)
    compared.step()
    before, calls = (Report.objects.count(), Board.objects.get().revision), list(Call.objects.values())
    goes_on(compared, door, 300)
    assert compared.done["sweeps"] == 11
    assert (Report.objects.count(), Board.objects.get().revision) == before
    assert list(Call.objects.values()) == calls
    assert door.fetched == []


def test_a_lost_goodbye_is_healed_and_says_so_until_it_comes_after_all(quiet, door, compared):
    caller, agent = dana_talks(quiet, talks=40)
    goes_on(compared, door, 95)
    assert state_of(caller) == state_of(agent) == ("completed", True)
    call = Call.objects.get()
    assert (call.status, call.ended_at, call.outcome) == ("ended", BEGAN + timedelta(seconds=40), "completed")
    assert sorted(door.fetched) == sorted({caller.sid, agent.sid}) and door.hasty == []
    quiet.tells(agent.says(40, "completed", 3))
    assert (state_of(caller)[1], state_of(agent)[1]) == (True, False)


def test_of_another_applications_call_no_callback_was_lost(quiet, door, compared):
    """The comparison found it, and its end: nothing of it was ever to come here."""
    caller, agent = quiet.phone(7, talks=40)
    goes_on(compared, door, 95)
    assert Call.objects.get().status == "ended"
    assert state_of(caller) == state_of(agent) == ("completed", False)
    quiet.tells(caller.says(0, "ringing"))
    assert (state_of(caller)[1], state_of(agent)[1]) == (True, False), "it was ours: what asked for TwiML has an end"


def test_the_last_word_may_come_before_or_after_we_ask(quiet, door, compared):
    """The same was said, so the same is known."""
    caller, agent = dana_talks(quiet, talks=5)
    quiet.time.wait(5)
    quiet.tells(caller.says(5, "completed", 3))
    compared.take_in([caller.resource(6), agent.resource(6)], quiet.time.now())
    quiet.tells(agent.says(5, "completed", 3))
    assert state_of(caller) == state_of(agent) == ("completed", False)
    registers = Leg.objects.in_bulk([caller.sid, agent.sid])
    assert registers[agent.sid].heard.told_by != 0 and registers[caller.sid].heard.told_by == 1


def test_an_end_that_was_only_mentioned_gets_its_length_and_its_second(quiet, door, compared):
    """The request after a <Dial> says that the caller is gone; when, and after how long, only the callback says."""
    caller, agent = dana_talks(quiet, talks=40)
    goes_on(compared, door, 40)
    gone = caller.says(40, "completed")
    quiet.tells(agent.says(40, "completed", 3), Said("dial", 40, gone.params | {"DialCallStatus": "completed"}))
    assert Call.objects.get().status == "ended"
    assert Leg.objects.values_list("duration", "healed").get(sid=caller.sid) == (None, False)
    goes_on(compared, door, 60)
    assert door.fetched == [caller.sid] and door.hasty == []
    leg = Leg.objects.get(sid=caller.sid)
    assert (leg.duration, leg.ended_at, leg.healed) == (40, BEGAN + timedelta(seconds=40), False)


def test_a_leg_that_twilio_does_not_know_is_asked_for_twice_and_lost(quiet, door, compared):
    caller, agent = dana_talks(quiet)
    del quiet.lines[agent.sid]
    goes_on(compared, door, 33)
    assert state_of(agent)[0] == "in-progress" and door.fetched == [agent.sid], "once may be a mistake"
    goes_on(compared, door, 8)
    assert state_of(agent) == ("failed", True) and door.fetched == [agent.sid] * 2
    assert Report.objects.get(body__lost="20404").leg_id == agent.sid
    assert Call.objects.live().exists(), "Dana is still there"
    # Whatever Twilio says of the end after all is stronger than our conclusion.
    quiet.tells(agent.says(70, "completed", 3))
    assert state_of(agent) == ("completed", False)


def test_an_ended_call_comes_back_only_when_twilio_confirms_the_leg_and_is_marked_so(quiet, door, compared):
    caller, agent = dana_talks(quiet, talks=10)
    compared.step()
    quiet.time.wait(10)
    quiet.tells(caller.says(10, "completed", 1), agent.says(10, "completed", 1))
    consult = Line(f"CA{99:032x}", caller, 11, 12, 500, caller.number)
    quiet.lines[consult.sid] = consult
    quiet.tells(consult.says(12, "in-progress", 0))
    call = Call.objects.get()
    assert (call.status, call.reopened_at) == ("ended", None) and Leg.objects.get(sid=consult.sid).unverified
    goes_on(compared, door, 2)
    call.refresh_from_db()
    assert door.fetched == [consult.sid], "at the next turn, not after two comparisons"
    assert call.ended_at is None and call.reopened_at is not None
    assert not Leg.objects.get(sid=consult.sid).unverified


def test_a_late_word_of_a_leg_that_is_over_does_not_bring_the_call_back(quiet, door, compared):
    caller, agent = dana_talks(quiet, talks=10)
    quiet.time.wait(10)
    quiet.tells(caller.says(10, "completed", 1), agent.says(10, "completed", 1))
    consult = Line(f"CA{99:032x}", caller, 2, 3, 9, caller.number)
    quiet.lines[consult.sid] = consult
    quiet.tells(consult.says(3, "in-progress", 0))
    goes_on(compared, door, 2)
    call = Call.objects.get()
    assert (call.status, call.reopened_at) == ("ended", None)
    assert state_of(consult) == ("completed", True)


def test_a_list_that_was_read_before_the_goodbye_came_brings_nobody_back(quiet, door, compared):
    caller, agent = dana_talks(quiet, talks=10)
    asked_at, old = quiet.time.now(), [caller.resource(0), agent.resource(0)]
    quiet.time.wait(10)
    quiet.tells(caller.says(10, "completed", 1), agent.says(10, "completed", 1))
    reports = Report.objects.count()
    compared.take_in(old, asked_at)
    assert Call.objects.get().status == "ended" and Report.objects.count() == reports


def test_when_very_many_hang_up_unheard_one_list_tells_of_all(quiet, door, compared):
    """After an outage of ours: at four requests a second two hundred legs would take a minute."""
    for number in range(100):
        quiet.phone(number, talks=20)
    compared.step()
    goes_on(compared, door, 75)
    assert Call.objects.live().count() == 0
    assert len(door.fetched) == 0 and len(door.asked) < 20


def test_an_event_of_yesterday_keeps_no_call_live(quiet, door, compared):
    """Nor does a leg that only others spoke of, and that Twilio has forgotten."""
    caller, agent = dana_talks(quiet)
    quiet.lines.clear()
    quiet.time.wait(24 * 3600)
    goes_on(compared, door, 90)
    assert Call.objects.live().count() == 0


def test_an_import_of_the_past_is_no_lost_callback(quiet):
    caller, agent = quiet.phone(7, talks=10)
    quiet.time.wait(20)
    record([from_rest(leg.resource(20), asked_at=quiet.time.now(), door=HISTORY) for leg in (caller, agent)])
    assert state_of(caller) == state_of(agent) == ("completed", False)


# Twilio away -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hangs", [False, True], ids=["refuses", "hangs"])
def test_when_twilios_api_goes_away_the_calls_say_so_within_45_seconds_and_recover(quiet, door, compared, hangs):
    caller, agent = dana_talks(quiet)
    goes_on(compared, door, 31)
    quiet.away, quiet.hangs = True, hangs
    went = quiet.time.at
    while not Call.objects.exclude(unverified_since=None).exists():
        goes_on(compared, door, 1)
        assert quiet.time.at < went + 43, "the desk needs two seconds more"
    row, call = Sweep.objects.get(), Call.objects.get()
    assert row.failing_since == call.unverified_since and row.why.startswith("Twilio:")
    assert went <= (row.failing_since - BEGAN).total_seconds() <= went + 31
    # Somebody who phones in now is known to be there, until nothing was heard of them for too long.
    late, _ = quiet.phone(8)
    quiet.tells(late.says(quiet.time.at, "ringing"))
    goes_on(compared, door, 45)
    assert Call.objects.filter(unverified_since=None).get().from_number == late.number
    goes_on(compared, door, 120)
    assert Call.objects.filter(unverified_since=None).count() == 0
    marked = Board.objects.get().revision
    goes_on(compared, door, 60)
    assert Board.objects.get().revision == marked, "a mark is written once"
    quiet.away = False
    goes_on(compared, door, 40)
    assert Sweep.objects.values_list("failing_since", "why").get() == (None, "")
    assert Call.objects.live().filter(unverified_since=None).count() == 2
    assert Board.objects.get().revision <= marked + 3, "and taken away once"


def test_a_callback_shows_that_the_call_is_there_though_the_api_is_away(quiet, door, compared):
    caller, agent = dana_talks(quiet)
    compared.step()
    quiet.away = True
    goes_on(compared, door, 60)
    assert Call.objects.get().unverified_since is not None
    consult = Line(f"CA{99:032x}", caller, quiet.time.at, None, 500, caller.number)
    quiet.tells(consult.says(quiet.time.at, "ringing", 0))
    goes_on(compared, door, 40)
    assert Call.objects.get().unverified_since is None


def test_who_hung_up_while_the_api_was_away_stays_marked_until_they_are_healed(quiet, door, compared):
    dana_talks(quiet, talks=50)
    other, _ = quiet.phone(8)
    compared.step()
    quiet.away = True
    goes_on(compared, door, 60)
    assert Call.objects.live().exclude(unverified_since=None).count() == 2
    quiet.away = False
    while Call.objects.live().exclude(unverified_since=None).count() == 2:
        goes_on(compared, door, 1)
    assert Call.objects.live().exclude(unverified_since=None).get().from_number == "+14150000007"
    goes_on(compared, door, 60)
    assert Call.objects.live().get().from_number == other.number


def test_tries_that_fail_come_ever_more_rarely(quiet, door, compared):
    quiet.away = True
    goes_on(compared, door, 600)
    assert 30 < len(door.asked) < 90, "fifteen seconds apart on average, at most thirty"
    pauses = [later - earlier for earlier, later in zip(door.asked[8:], door.asked[9:], strict=False)]
    assert max(pauses) < 32


def test_too_many_requests_halves_the_pace_and_success_brings_it_back():
    clock = Hand()
    pace = Pace(clock.clock, clock.wait, lambda: 0.0)

    def gap() -> float:
        pace.turn()
        at = clock.at
        pace.turn()
        return round(clock.at - at, 3)

    assert gap() == 0.25
    pace.failed(too_many=True)
    assert gap() == 0.5
    pace.failed(too_many=True)
    assert gap() == 1.0
    for _ in range(20):
        pace.answered()
    assert gap() == 0.25


def test_a_failure_is_waited_out_with_full_jitter_up_to_thirty_seconds():
    clock = Hand()
    pace, waited = Pace(clock.clock, clock.wait, lambda: 1.0), []
    for _ in range(7):
        pace.failed(too_many=False)
        at = clock.at
        pace.turn()
        waited.append(round(clock.at - at))
    assert waited == [1, 2, 4, 8, 16, 30, 30]


def test_wrong_credentials_are_a_trouble_of_the_same_kind(quiet, door, compared, monkeypatch):
    dana_talks(quiet)

    def refuses(*asked, **how):
        quiet.time.wait(0.1)
        raise Refused(20003, 401, "Authenticate")

    monkeypatch.setattr(door, "list_legs", refuses)
    goes_on(compared, door, 20)
    assert Sweep.objects.get().why == "Authenticate"
    assert Call.objects.get().unverified_since is not None


def test_a_mark_that_was_left_behind_forbids_nothing_for_ever(rows):
    """The process that could take it away is gone."""
    now = BEGAN + timedelta(hours=1)
    Sweep.objects.create(pk=1, failing_since=BEGAN, tried_at=now - timedelta(seconds=40))
    with time_machine.travel(now, tick=False) as clock:
        assert twilio_down() == BEGAN
        clock.shift(90)
        assert twilio_down() is None


def test_a_database_that_fails_is_no_trouble_of_twilios(quiet, door, compared, monkeypatch):
    quiet.phone(7)

    def fails(reports):
        raise OperationalError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr("calls.intake.reconcile.sweep.record", fails)
        with pytest.raises(OperationalError):
            compared.step()
    assert not Sweep.objects.exclude(failing_since=None).exists()
    goes_on(compared, door, 31)
    assert Call.objects.live().count() == 1


# The threads -------------------------------------------------------------------------------------------------------


@pytest.mark.lane_b
def test_the_healer_works_beside_the_server_and_ends_when_it_is_told(rows, line, ana, rng, monkeypatch):
    """In real time: it compares at once and again in its turn, and follows up wishes every second."""
    followed = []
    monkeypatch.setattr(threads, "follow_up", lambda: followed.append(wall.monotonic()))
    account = Account(Hand(), rng)
    caller, _ = account.phone(7)
    healer, door = Healer(), Door(account)
    for _ in range(2):
        healer.ensure_started(twilio=door, seconds=Seconds(interval=2.0))
    assert sum(thread.name in ("reconciler", "outcomes") for thread in threading.enumerate()) == 2
    eventually(lambda: Call.objects.live().count() == 1)
    eventually(lambda: len(followed) >= 2, within=3)
    asked = len(door.asked)
    eventually(lambda: len(door.asked) >= asked + 3, within=3)
    began = wall.monotonic()
    healer.stop()
    assert wall.monotonic() - began < patience(2)
    assert not any(thread.name in ("reconciler", "outcomes") for thread in threading.enumerate())


def test_the_healer_goes_on_after_trouble(rows, rng, monkeypatch):
    monkeypatch.setattr(threads, "TROUBLE", 0.05)
    tries = []

    def fails() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("the database is away")

    monkeypatch.setattr(threads, "follow_up", fails)
    healer = Healer()
    healer.ensure_started(twilio=Door(Account(Hand(), rng)))
    eventually(lambda: len(tries) >= 3, within=4)
    healer.stop()


def eventually(true, within: float = 5.0) -> None:
    until = wall.monotonic() + patience(within)
    while not true():
        assert wall.monotonic() < until, "It did not come about in time."
        wall.sleep(0.02)


@pytest.mark.lane_b(only=True)
def test_of_all_processes_one_compares_and_another_takes_over(rows):
    """The lock goes with the connection of who held it."""
    ours, theirs = Leader(), Leader()
    told: dict[str, bool] = {}
    go_on, over = threading.Event(), threading.Event()

    def another() -> None:
        told["first"] = theirs.is_us()
        told["again"] = theirs.is_us()
        go_on.set()
        over.wait(10)
        connection.close()

    thread = threading.Thread(target=another)
    thread.start()
    go_on.wait(10)
    assert told == {"first": True, "again": True}
    assert not ours.is_us()
    over.set()
    thread.join()
    eventually(ours.is_us)
    connection.close()


def test_the_command_compares_once_and_tells(rows, line, ana, rng, monkeypatch, capsys):
    account = Account(Hand(), rng)
    account.phone(7)
    door = Door(account)
    monkeypatch.setattr("calls.intake.reconcile.sweep.gateway.list_legs", door.list_legs)
    monkeypatch.setattr("calls.intake.reconcile.sweep.gateway.fetch_leg", door.fetch_leg)
    call_command("reconcile", "--once")
    assert "6 requests, 0 of them for one leg; 2 answers recorded." in capsys.readouterr().out

    def away(*asked):
        raise Unanswered("Twilio cannot be reached.", account.time.now())

    monkeypatch.setattr(Reconciler, "ask", away)
    with pytest.raises(CommandError, match="does not answer"):
        call_command("reconcile", "--once")
