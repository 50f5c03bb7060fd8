"""What the last batch knew of a call is kept: never instead of what somebody else has written since."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from calls.intake.kept import memory
from calls.intake.record import record
from calls.models import Board, Call, Leg
from tests.intake.rows import unlike_x
from tests.intake.scripts import SCRIPTS
from tests.intake.teller import Cast
from tests.intake.test_deliveries import told_whole

pytestmark = pytest.mark.lane_b


@pytest.fixture
def hands(rows, floor) -> Iterator[list[ThreadPoolExecutor]]:
    """Three writers, each with a connection and a memory of its own."""
    with ExitStack() as stack:
        made = [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(3)]
        yield made
        for hand in made:
            hand.submit(connections.close_all).result()


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_writers_who_take_turns_at_a_call_agree_on_it(hands, script):
    cast = Cast(7_100)
    for turn, said in enumerate(told_whole(script, cast)):
        hands[turn % 3].submit(record, [said.report]).result()
    assert unlike_x(script, cast) == []


def halfway(cast: Cast) -> tuple[list, list]:
    script = next(script for script in SCRIPTS if len(script.roles) == 2)
    story = [said.report for said in told_whole(script, cast)]
    return story[:3], story[3:4]


@pytest.mark.parametrize("who", ["another connection", "this connection"])
def test_what_somebody_else_wrote_of_a_call_stays(hands, who):
    before, after = halfway(Cast(7_200))
    change = Call.objects.filter(legs=before[0].call_sid).update
    hands[0].submit(record, before).result()
    if who == "this connection":
        hands[0].submit(change, queue="vip").result()
    else:
        change(queue="vip")
    hands[0].submit(record, after).result()
    assert Call.objects.get(legs=before[0].call_sid).queue == "vip"


def test_a_leg_that_somebody_else_put_into_the_call_is_seen(hands):
    cast = Cast(7_300)
    script = next(script for script in SCRIPTS if len(script.roles) == 2)
    story = [said.report for said in told_whole(script, cast)]
    mine = [report for report in story if report.call_sid == story[0].call_sid]
    hands[0].submit(record, mine[:1]).result()
    hands[1].submit(record, [report for report in story if report not in mine]).result()
    for report in mine[1:]:
        hands[0].submit(record, [report]).result()
    assert unlike_x(script, cast) == []


def test_a_batch_that_failed_has_lost_what_it_took(hands, monkeypatch):
    before, after = halfway(Cast(7_400))
    hands[0].submit(record, before).result()
    monkeypatch.setattr("calls.intake.record.append_audit", lambda *said, **at: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        hands[0].submit(record, after).result()
    assert hands[0].submit(memory.take_out, [before[0].call_sid]).result() == []


def test_what_nobody_has_touched_is_not_read_again(rows):
    before, after = halfway(Cast(7_500))
    record(before)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        record(after)
    read = [query["sql"] for query in asked if query["sql"].startswith("SELECT") and '"registers"' in query["sql"]]
    assert read == []
    assert Leg.objects.filter(call__legs=before[0].call_sid).count() == 2


def test_a_new_connection_does_not_trust_what_an_old_one_kept(rows):
    """Python gives the place of an object that has gone to the next one: by its address it would be taken for it."""
    before, after = halfway(Cast(7_600))
    record(before)
    call = Call.objects.get(legs=before[0].call_sid)
    _, _, written = memory._database or (None, None, 0)
    connection.close()
    Call.objects.filter(pk=call.pk).update(queue="vip")
    for _ in range(written - 1):  # until it has written as much as the old one had
        Board.objects.update(epoch="again")
    record(after)
    assert Call.objects.get(pk=call.pk).queue == "vip"


def test_a_call_that_was_deleted_meanwhile_begins_anew(hands):
    before, after = halfway(Cast(7_700))
    hands[0].submit(record, before).result()
    Call.objects.all().delete()
    hands[0].submit(record, after).result()
    assert Call.objects.filter(legs=after[0].call_sid).count() == 1
