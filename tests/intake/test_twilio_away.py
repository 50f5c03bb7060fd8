"""Twilio's API fails, the desk says so, and asks no more often than it should."""

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError

from calls.intake.reconcile.pace import Pace
from calls.models import Board, Call, Sweep, twilio_down
from calls.twilio.gateway import Refused
from tests.intake.account import Hand, Line, dana_talks, goes_on
from tests.intake.teller import BEGAN


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
