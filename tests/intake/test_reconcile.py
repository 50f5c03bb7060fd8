"""Callbacks are lost, and nobody is left on the desk who has hung up."""

from datetime import timedelta

import pytest

from calls.intake.record import record
from calls.models import Board, Call, Leg, Report
from calls.twilio.reports import HISTORY, from_rest
from tests.guards import figure
from tests.intake.account import Account, Door, Line, Time, dana_talks, goes_on, state_of, steps
from tests.intake.teller import BEGAN, Said

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
