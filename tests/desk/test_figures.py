"""The floor in figures: what is counted, who is told, and a wallboard's address that can be taken back."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.desk.figures import figures
from calls.floor.figures import BUCKETS, Entry, first_bucket, read, rows_since, tally
from calls.models import Agent, Call, Kind, Leg, Line, Queue, Threshold, Waiting, WallboardLink
from tests.flows.test_queue import Waiter

NOON = datetime(2026, 11, 22, 12, 3, tzinfo=UTC)
TARGET = {1: timedelta(seconds=20)}
NOTHING = [0] * BUCKETS


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def entry(came: float, left=None, ended=None, by="caller", answered=None, alone=None) -> Entry:
    """Seconds from noon (and three minutes)."""
    return Entry(1, at(came), *(None if s is None else at(s) for s in (left, ended)), by,
                 *(None if s is None else at(s) for s in (answered, alone)))  # fmt: skip


# What is counted -----------------------------------------------------------------------------------------------------

COUNTED = [
    ("waits", entry(-90), (1, -90, 0, 0, 0)),
    ("waits again after their agent has gone", entry(-900, answered=-890, alone=-40), (1, -40, 1, 0, 0)),
    ("answered in time", entry(-60, left=-39, answered=-40), (0, None, 1, 0, 0)),
    ("answered late", entry(-60, left=-38, answered=-39), (0, None, 0, 1, 0)),
    ("hung up", entry(-60, left=-19, ended=-20), (0, None, 0, 0, 1)),
    ("hung up, and routing has not looked yet", entry(-60, ended=-1), (0, None, 0, 0, 1)),
    ("talked, then hung up", entry(-60, left=-49, ended=-20, answered=-50), (0, None, 1, 0, 0)),
    ("ended by a supervisor", entry(-60, left=-19, ended=-20, by="supervisor"), (0, None, 0, 0, 0)),
    ("sent elsewhere, where they hung up", entry(-60, left=-40, ended=-20), (0, None, 0, 0, 0)),
    ("answered more than half an hour ago", entry(-2000, left=-5, answered=-1900), (0, None, 0, 0, 0)),
]


@pytest.mark.parametrize(("who", "expected"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_what_somebody_in_a_queue_counts_as(who, expected):
    queue = tally([who], TARGET, first_bucket(NOON))[1]
    oldest = None if expected[1] is None else at(expected[1])
    sums = tuple(sum(bars) for bars in (queue.in_target, queue.late, queue.gave_up))
    assert (queue.waiting, queue.oldest, *sums) == (expected[0], oldest, *expected[2:])


def test_the_half_hour_ends_with_the_five_minutes_of_the_clock_that_it_is():
    assert first_bucket(NOON) == datetime(2026, 11, 22, 11, 35, tzinfo=UTC)
    calls = [entry(-2000, left=s, answered=s) for s in (-179, -181, -28 * 60, -28 * 60 - 1, 2)]
    assert tally(calls, TARGET, first_bucket(NOON))[1].late == [1, 0, 0, 0, 1, 2], "ahead of our clock: it is now"


def test_any_crowd_is_counted_once_and_in_any_order(request):
    seed = random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)
    crowd = [dice.choice(COUNTED) for _ in range(dice.randrange(1, 60))]
    queue = tally([who for _, who, _ in crowd], TARGET, first_bucket(NOON))[1]
    wanted = [sum(row[2][column] for row in crowd) for column in (0, 2, 3, 4)]
    assert [queue.waiting, sum(queue.in_target), sum(queue.late), sum(queue.gave_up)] == wanted
    shown = sum(wanted[1:])
    assert queue.level == (100 * wanted[1] // shown if shown else None)


@pytest.mark.lane_b
def test_history_is_not_read(rows, billing):
    """As many questions for many as for few, and of what is over nothing comes back."""
    now = timezone.now()
    queue = Queue.objects.create(name="Fees", team=billing)

    def somebody(ago: float) -> None:
        came = now - timedelta(seconds=ago)
        call = Call.objects.create(team=billing, started_at=came, ended_at=came + timedelta(seconds=9))
        Waiting.objects.create(call=call, queue=queue, place=1, entered_at=came, left_at=call.ended_at)

    asked = []
    for ago in (60, *range(7200, 7230)):
        with CaptureQueriesContext(connection) as queries:
            assert sum(read(now).queues[0]["gave_up"]) == (0 if not asked else 1)
        asked.append(len(queries))
        somebody(ago)
    assert len(set(asked)) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is in the tables")
def test_nor_is_it_walked_through(rows):
    """Each step goes by an index, of who waits or has left lately."""
    steps = rows_since(NOON).explain()
    assert "calls_waiting USING INDEX who_left_lately" in steps, steps
    assert "SCAN" not in steps, steps


# Who is told ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def fees(billing, line) -> Queue:
    made = Queue.objects.create(name="Fees", team=billing, skill="French")
    Line.objects.update(flow=Line.Flow.QUEUE, queue=made)
    return made


def told(who, path="/desk/figures/"):
    client = Client()
    if who:
        client.force_login(who)
    return client.get(path, headers={"Accept-Encoding": "identity"})


@pytest.mark.lane_b
def test_ben_sees_who_waits_who_gave_up_and_who_is_free(twilio, ben, fees, ana, sales):
    Agent.objects.create(name="Luc Petit", contact="client:luc", skills="french", state="away").teams.add(fees.team)
    Queue.objects.create(name="Offers", team=sales)
    waits, gone = Waiter(twilio).enters(), Waiter(twilio, "+14155550178").enters()
    twilio.status(gone.sid, "completed", From=gone.number)
    Waiting.objects.filter(pk=gone.place.pk).update(left_at=timezone.now())
    figures.forget()
    answer = told(ben)
    (queue,) = answer.json()["queues"]
    assert (queue["name"], queue["waiting"], sum(queue["gave_up"]), queue["level"]) == ("Fees", 1, 1, 0)
    assert (
        queue["oldest"]
        == f"{waits.place.entered_at:%Y-%m-%dT%H:%M:%S.}{waits.place.entered_at.microsecond // 1000:03}Z"
    )
    assert (queue["staff"]["available"], queue["staff"]["away"]) == (0, 1), "Ana speaks no French"
    assert [agent["name"] for agent in answer.json()["agents"]] == ["Ana Pereira", "Luc Petit"]
    assert "4155550" not in answer.content.decode()
    again = Client()
    again.force_login(ben)
    assert again.get("/desk/figures/", headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_what_is_too_much_is_what_alarms_are_raised_for(ben, fees):
    Threshold.objects.create(team=fees.team, queue=fees, kind=Kind.WAITING, limit=10, amber_share=50)
    Threshold.objects.create(team=fees.team, queue=fees, kind=Kind.WAIT, on=False)
    figures.forget()
    (queue,) = told(ben).json()["queues"]
    assert queue["marks"] == {"waiting": [5.0, 10.0], "service": [89.6, 60]}


def test_the_call_of_an_agent_is_named_where_it_may_be_seen(ben, sue, dana_call, ana, sales):
    ana.teams.add(sales)
    shown = {who: told(who).json()["agents"][0] for who in (ben, sue)}
    assert (shown[ben]["call"], shown[ben]["rings"]) == (str(dana_call.pk), False)
    assert (shown[sue]["name"], shown[sue]["call"]) == ("Ana Pereira", None), "she serves Sales as well"
    Leg.objects.filter(agent=ana).update(ended_at=timezone.now())
    figures.forget()
    assert told(ben).json()["agents"][0]["call"] is None


def test_however_many_look_it_is_counted_once(ben, wes, fees):
    first = told(ben)
    Queue.objects.update(name="Renamed")
    assert told(wes).content == first.content, "within two seconds"


# A wallboard's address -----------------------------------------------------------------------------------------------


@pytest.fixture
def made(world, sales):
    """Stan makes an address for the wall of Sales. Returns its path."""
    page = world.client("stan").post(
        "/admin/calls/wallboardlink/add/", {"name": "By the door", "teams": [sales.pk]}, follow=True
    )
    return re.search(r"(/wallboard/[\w-]{43}/)", page.content.decode()).group(1)


def test_whoever_has_the_address_sees_the_figures_of_its_teams_and_nobodys_name(made):
    assert b"By the door" in told(None, made).content
    figures_told = told(None, f"{made}now/").json()
    assert [queue["name"] for queue in figures_told["queues"]] == ["Sales queue"]
    assert "agents" not in figures_told and figures_told["staff"]["offline"] == 1


def test_the_address_is_told_once_and_kept_nowhere(world, made):
    stan, link = world.client("stan"), WallboardLink.objects.get(name="By the door")
    token = made.split("/")[2]
    assert token not in str(list(WallboardLink.objects.values()))
    assert token not in stan.get(f"/admin/calls/wallboardlink/{link.pk}/change/").content.decode()
    assert link.made_by.username == "stan"


def test_stan_takes_it_back(world, made, alice):
    link = WallboardLink.objects.get(name="By the door")
    revoke = {"action": "revoke", "_selected_action": [link.pk]}
    theirs = WallboardLink.objects.get(name="Claims wall")
    world.client("stan").post("/admin/calls/wallboardlink/", {**revoke, "_selected_action": [link.pk, theirs.pk]})
    assert [told(None, path).status_code for path in (made, f"{made}now/")] == [404, 404]
    assert told(None, f"/wallboard/{world.ids['token']}/now/").status_code == 200, "another team’s is not his"
