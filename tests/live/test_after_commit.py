"""Who is told that the board moved is told when it has, and not before; and if that fails it harms nobody."""

import pytest
from django.db import connection, transaction

from calls.live import hint
from calls.models import Board, Report, publish

pytestmark = pytest.mark.lane_b


@pytest.fixture
def told(monkeypatch):
    """(The revision that was told, whether a transaction was still open then)."""
    heard = []
    monkeypatch.setattr(hint, "publish", lambda revision: heard.append((revision, connection.in_atomic_block)))
    return heard


def test_the_desks_hear_of_a_change_when_it_can_be_read(dana_call, told):
    with transaction.atomic():
        hint.publish_on_commit(publish([dana_call.pk]))
    assert told == [(Board.objects.get().revision, False)]


def test_what_came_to_nothing_is_not_told(dana_call, told):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        hint.publish_on_commit(publish([dana_call.pk]))
        _ = 1 / 0
    assert told == []


def test_a_hint_that_cannot_be_given_costs_no_callback(twilio, dana_call, monkeypatch):
    """The report is on disk by then: Twilio is answered, and has no reason to come again."""

    def fails(revision):
        raise ConnectionError("nobody to tell")

    monkeypatch.setattr(hint, "publish", fails)
    caller = dana_call.legs.get(role="caller").pk
    assert twilio.status(caller, "completed", 5, CallDuration="30").status_code == 204
    assert Report.objects.filter(leg=caller).order_by("-pk").first().deliveries == 1
    assert dana_call.legs.get(pk=caller).status == "completed"
