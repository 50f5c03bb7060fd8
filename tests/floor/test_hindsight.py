"""How often a threshold would have been passed, before anybody is woken by it."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.floor.hindsight import Hindsight, would_have
from calls.models import Call, Queue, Threshold, Waiting

NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def queue(billing):
    return Queue.objects.create(name="Refunds", team=billing)


def waited(queue, ago, seconds, *, answered=True):
    """Somebody who came so many seconds ago and waited so long; then somebody answered, or they hung up."""
    came = NOW - timedelta(seconds=ago)
    gone = came + timedelta(seconds=seconds)
    call = Call.objects.create(
        team=queue.team, queue=queue.name, status="ended", started_at=came, answered_at=gone if answered else None,
        ended_at=gone + timedelta(seconds=60 if answered else 0),
    )  # fmt: skip
    return Waiting.objects.create(call=call, queue=queue, place=-ago, entered_at=came, left_at=gone)


def seconds(found):
    return found.raised, found.red, round(found.longest.total_seconds() / 10) * 10


@pytest.mark.lane_b
def test_of_three_who_waited_long_two_were_over_the_limit_and_one_came_near(queue):
    for ago, long in ((20_000, 200), (15_000, 100), (10_000, 130), (5_000, 20)):
        waited(queue, ago, long)
    limit = Threshold(kind="wait", team=queue.team, queue=queue, limit=120, amber_share=70)
    assert seconds(would_have(limit, NOW)) == (3, 2, 110), "the longest: told after 89 seconds, until it was 200"
    assert Threshold.objects.count() == 0
    assert would_have(Threshold(kind="wait", team=queue.team, queue=queue, limit=300), NOW) == Hindsight(
        0, 0, timedelta()
    )
    off = Threshold(kind="wait", team=queue.team, queue=queue, limit=120, on=False)
    assert would_have(off, NOW).raised == 0


def test_three_at_once_are_three(queue):
    for ago in (3000, 2990, 2980):
        waited(queue, ago, 60)
    assert seconds(would_have(Threshold(kind="waiting", team=queue.team, limit=3, amber_share=100), NOW)) == (1, 1, 40)
    assert would_have(Threshold(kind="waiting", team=queue.team, limit=4, amber_share=100), NOW).raised == 0


def test_a_teams_threshold_is_not_asked_of_a_queue_with_one_of_its_own(queue, sales):
    waited(queue, 3000, 200)
    Threshold.objects.create(kind="wait", team=queue.team, queue=queue, limit=1000)
    assert would_have(Threshold(kind="wait", team=queue.team, limit=120), NOW).raised == 0
    assert would_have(Threshold(kind="wait", team=sales, limit=120), NOW).raised == 0


def test_a_bad_half_hour_is_one_alarm_until_it_is_over(queue):
    for n in range(6):
        waited(queue, 20_000 - 60 * n, 100, answered=n % 2)
    assert seconds(would_have(Threshold(kind="service", team=queue.team), NOW))[:2] == (1, 1)


@pytest.mark.parametrize("kind", ["hold", "talk", "unverified"])
def test_what_is_not_kept_is_not_guessed(queue, kind):
    assert would_have(Threshold(kind=kind, team=queue.team, limit=60), NOW) is None


def test_a_day_with_many_callers_is_looked_at_in_a_moment(queue, django_assert_num_queries):
    dice = random.Random(7)
    moments = [NOW - timedelta(seconds=dice.random() * 86_000) for _ in range(1500)]
    calls = [Call(team=queue.team, queue=queue.name, status="ended", started_at=moment) for moment in moments]
    Call.objects.bulk_create(calls)
    rows = []
    for call in calls:
        left = call.started_at + timedelta(seconds=dice.random() * 90)
        rows.append(Waiting(call=call, queue=queue, place=0, entered_at=call.started_at, left_at=left))
    Waiting.objects.bulk_create(rows)
    with django_assert_num_queries(3):
        assert would_have(Threshold(kind="waiting", team=queue.team), NOW).raised > 0
