"""Where somebody stands in a queue, and since when they wait: on the queue’s page and on the call’s."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Line, Queue, Visit, Waiting
from tests.conftest import group
from tests.desk.test_call_page import read
from tests.flows.test_queue import Waiter


@pytest.fixture
def ben(ben):
    group("Supervisor", "view_call", "pull_call")
    return ben


@pytest.fixture
def fees(billing, line) -> Queue:
    made = Queue.objects.create(name="Fees", team=billing)
    Line.objects.update(flow=Line.Flow.QUEUE, queue=made)
    return made


def clock(at) -> str:
    """As a page shows it."""
    return f"{at:%H:%M:%S}</time>"


def test_the_calls_page_says_which_one_they_are_of_how_many(client, twilio, ben, fees):
    callers = [Waiter(twilio, f"+1415555017{number}").enters() for number in range(3)]
    page = read(client, ben, f"/calls/{callers[1].call.pk}/")
    assert "Fees</a>, number 2 of 3, there since" in page
    assert clock(callers[1].place.entered_at) in page and "waiting since" not in page


def test_whom_somebody_has_moved_has_waited_for_longer_than_they_are_there(client, twilio, ben, billing, fees):
    caller = Waiter(twilio).enters()
    came = timezone.now() - timedelta(minutes=7)
    Visit.objects.update(at=came)
    Waiting.objects.update(entered_at=came)
    other = Queue.objects.create(name="Other", team=billing)
    client.force_login(ben)
    moved = client.post(f"/calls/{caller.call.pk}/move/", {"key": "0" * 32, "queue": str(other.pk)})
    assert moved.status_code in (200, 202, 302), moved.content
    entry = caller.place
    assert entry.queue == other and entry.entered_at - came > timedelta(minutes=6)
    for path in (f"/calls/{caller.call.pk}/", f"/queues/{other.pk}/"):
        page = read(client, ben, path)
        assert clock(entry.entered_at) in page
        assert "waiting since" in page and clock(came) in page


def test_the_palette_gets_the_queues_of_bens_teams_and_no_others(client, ben, sales, fees):
    Queue.objects.create(name="Offers", team=sales)
    client.force_login(ben)
    told = client.get("/queues/", headers={"Accept": "application/json"}).json()
    assert told == {"queues": [{"id": fees.pk, "name": "Fees", "team": "Billing", "waiting": 0}]}
