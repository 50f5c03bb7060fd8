"""Alarms of a floor: what is raised without anybody having configured anything, and what becomes of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.floor.alarms import Lookout
from calls.models import Alarm, Call, Queue, Team, Threshold, Waiting, publish

NOW = timezone.now().replace(microsecond=0)


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


@pytest.fixture
def queue(billing):
    return Queue.objects.create(name="Refunds", team=billing)


def call(team, queue="", **facts):
    made = Call.objects.create(team=team, queue=queue, **({"status": "waiting", "started_at": ago(60)} | facts))
    publish([made.pk])
    return made


def waits(queue, seconds):
    """A caller who came so long ago."""
    caller = call(queue.team, queue.name, started_at=ago(seconds))
    return Waiting.objects.create(call=caller, queue=queue, place=-seconds, entered_at=ago(seconds))


def raised():
    """What is open, as people say it: what, where, how bad."""
    return sorted((alarm.kind, alarm.where, alarm.severity) for alarm in Alarm.objects.filter(cleared_at=None))


def look(lookout=None, *, seconds=0):
    (lookout or Lookout()).look(NOW + timedelta(seconds=seconds))
    return raised()


@pytest.mark.lane_b
def test_every_queue_has_its_thresholds_before_anybody_configures_one(queue):
    first = waits(queue, 30)
    for seconds in (20, 10):
        waits(queue, seconds)
    assert look() == [("wait", "Refunds", "red"), ("waiting", "Refunds", "amber")]
    alarm = Alarm.objects.get(kind="wait")
    assert (alarm.call, alarm.team, alarm.began) == (first.call, queue.team, first.entered_at)
    assert (alarm.red_since, alarm.amber_since) == (ago(10), ago(16)), "the target is twenty seconds"
    assert Alarm.objects.get(kind="waiting").amber_since == ago(10), "when the third came"


def test_what_is_over_is_cleared_and_kept(queue):
    lookout, entry = Lookout(), waits(queue, 30)
    assert look(lookout) == [("wait", "Refunds", "red")]
    Waiting.objects.filter(pk=entry.pk).update(left_at=NOW)
    assert look(lookout, seconds=2) == []
    alarm = Alarm.objects.get()
    assert (alarm.cleared_at, alarm.value) == (NOW + timedelta(seconds=2), 32)


def test_a_restart_goes_on_where_it_was(queue):
    waits(queue, 18)
    look(seconds=1)
    assert look(seconds=1) == [("wait", "Refunds", "amber")]
    Alarm.objects.update(acked_at=NOW)
    assert look(seconds=6) == [("wait", "Refunds", "amber")]
    assert look(seconds=7) == [("wait", "Refunds", "red")]
    assert Alarm.objects.get().acked_at is None, "worse than what somebody has seen to"
    assert look(seconds=8) == [("wait", "Refunds", "red")]


def test_time_that_goes_by_is_not_written(queue):
    waits(queue, 60)
    lookout = Lookout()
    look(lookout)
    with CaptureQueriesContext(connection) as queries:
        look(lookout, seconds=1)
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_a_look_costs_the_same_however_much_there_is(queue, billing):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            Lookout().look(NOW)
        return len([query for query in queries if query["sql"].startswith("SELECT")])

    quiet = cost()
    for n in range(20):
        other = Queue.objects.create(name=f"Queue {n}", team=billing, target_seconds=n)
        for seconds in (5, 50):
            waits(other, seconds)
        call(billing, status="talking", status_since=ago(400))
    assert cost() == quiet <= 7


def test_a_threshold_of_the_queue_goes_before_its_teams_and_counts_with_the_next_look(queue, billing):
    lookout, other = Lookout(), Queue.objects.create(name="Disputes", team=billing)
    waits(queue, 30), waits(other, 30)
    assert look(lookout) == [("wait", "Disputes", "red"), ("wait", "Refunds", "red")]
    Threshold.objects.create(kind="wait", team=billing, limit=40)
    assert look(lookout) == [("wait", "Disputes", "amber"), ("wait", "Refunds", "amber")], "28 of 40 seconds"
    mine = Threshold.objects.create(kind="wait", team=billing, queue=queue, limit=25)
    assert look(lookout, seconds=5) == [("wait", "Disputes", "amber"), ("wait", "Refunds", "red")]
    Threshold.objects.filter(pk=mine.pk).update(on=False)
    assert look(lookout, seconds=6) == [("wait", "Disputes", "amber")]


def test_long_calls_are_told_by_the_longest_and_by_their_number(queue, billing, sales):
    call(billing, "Refunds", status="talking", status_since=ago(200))
    longest = call(billing, "Refunds", status="talking", status_since=ago(320))
    call(sales, status="held", status_since=ago(70))
    call(None, status="talking", status_since=ago(20), unverified_since=ago(100))
    call(billing, "Refunds", status="talking", status_since=ago(900), ended_at=NOW)
    assert look() == [("hold", "Sales", "amber"), ("talk", "Refunds", "red"), ("unverified", "no team", "red")]
    alarm = Alarm.objects.get(kind="talk")
    assert (alarm.call, alarm.number) == (longest, 2)


@pytest.mark.lane_b
@pytest.mark.parametrize(("late", "found"), [(0, []), (1, []), (2, ["amber"]), (4, ["red"])])
def test_a_service_level_is_of_the_last_half_hour(queue, late, found):
    """Ten callers, so many of them answered late or not at all; those of an hour ago do not count."""
    for n in range(10):
        answered = None if n < late else ago(90)
        caller = call(
            queue.team, queue.name, status="ended", started_at=ago(100), answered_at=answered, ended_at=ago(9)
        )
        Waiting.objects.create(call=caller, queue=queue, place=n, entered_at=ago(100), left_at=ago(90))
    old = call(queue.team, queue.name, status="ended", started_at=ago(4000), ended_at=ago(3900))
    Waiting.objects.create(call=old, queue=queue, place=0, entered_at=ago(4000), left_at=ago(3900))
    lookout = Lookout()
    look(lookout)
    assert [severity for *_, severity in look(lookout, seconds=5)] == found


def test_a_few_callers_make_no_service_level(queue):
    for n in range(4):
        caller = call(queue.team, queue.name, status="ended", started_at=ago(100), ended_at=ago(9))
        Waiting.objects.create(call=caller, queue=queue, place=n, entered_at=ago(100), left_at=ago(9))
    lookout = Lookout()
    look(lookout)
    assert look(lookout, seconds=5) == []


def test_a_queue_that_is_taken_away_takes_its_alarms_along(queue):
    waits(queue, 60)
    lookout = Lookout()
    look(lookout)
    Call.objects.update(ended_at=NOW)
    Queue.objects.all().delete()
    assert look(lookout) == []
    assert Team.objects.exists()
