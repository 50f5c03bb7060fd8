"""204 is a promise: the report is on disk. Whatever happens to one report or one request happens to no other."""

import asyncio
import threading
import time
from urllib.parse import urlencode

import pytest
from django.db import DataError, OperationalError, connection
from django.test import AsyncRequestFactory

from calls import failpoints
from calls.intake import doors, record, statements, writer
from calls.intake.writer import Writer
from calls.models import Call, Leg, Report
from tests.conftest import ACCOUNT, LINE, sign
from tests.guards import patience
from tests.intake.scripts import SCRIPTS
from tests.intake.teller import Cast

pytestmark = pytest.mark.lane_b
FORM = "application/x-www-form-urlencoded"


def knock(sid, word="ringing", path="/twilio/status/"):
    """A signed request, as a view is given it."""
    form = {"AccountSid": ACCOUNT, "CallSid": sid, "CallStatus": word, "From": "+14155550123", "To": LINE}
    headers = {"X-Twilio-Signature": sign(path, form)}
    return AsyncRequestFactory().post(path, urlencode(form), content_type=FORM, headers=headers)


@pytest.fixture
def held_up():
    """The commit of every batch takes as long as this is held; nothing is on disk before."""
    failpoints.armed["intake.before_commit"] = 0.5
    yield
    failpoints.armed.clear()


@pytest.fixture
def own_writer(monkeypatch, rows):
    """A writer that nobody else uses."""
    made = Writer()
    monkeypatch.setattr(doors, "writer", made)
    yield made
    made.flush(seconds=5)


@pytest.mark.asyncio
async def test_204_comes_after_the_commit_and_not_before(own_writer, held_up):
    sid, began = "CA" + "1" * 32, time.monotonic()
    asked = asyncio.create_task(doors.status(knock(sid)))
    await asyncio.sleep(0.3)
    assert not asked.done()
    assert await asyncio.to_thread(on_disk) == 0
    assert (await asked).status_code == 204
    assert time.monotonic() - began >= 0.5
    assert await asyncio.to_thread(on_disk) == 1


def on_disk() -> int:
    try:
        return Report.objects.count()
    finally:
        connection.close()


@pytest.mark.asyncio
async def test_what_waits_behind_a_commit_is_committed_together(own_writer, held_up):
    """Twenty requests, two commits: the first one's, and one for all who came meanwhile."""
    began = time.monotonic()
    answers = await asyncio.gather(*(doors.status(knock(f"CA{number:032x}")) for number in range(20)))
    assert {answer.status_code for answer in answers} == {204}
    assert time.monotonic() - began < patience(1.9)
    assert await asyncio.to_thread(on_disk) == 20


@pytest.mark.asyncio
async def test_when_too_much_waits_twilio_is_asked_to_come_again(own_writer, held_up, monkeypatch):
    monkeypatch.setattr(writer, "MOST_WAITING", 3)
    first = asyncio.create_task(doors.status(knock("CA" + "0" * 32)))
    await asyncio.sleep(0.1)
    others = [asyncio.create_task(doors.status(knock(f"CA{number:032x}"))) for number in range(1, 6)]
    answers = [await asked for asked in (first, *others)]
    assert [answer.status_code for answer in answers] == [204] * 4 + [503] * 2
    assert answers[-1]["Retry-After"] == "1"
    assert await asyncio.to_thread(on_disk) == 4
    assert (await doors.status(knock("CA" + "5" * 32))).status_code == 204


@pytest.mark.asyncio
async def test_the_report_of_a_client_that_hung_up_is_kept(own_writer, held_up):
    before = asyncio.create_task(doors.status(knock("CA" + "1" * 32)))
    await asyncio.sleep(0.1)
    waiting = asyncio.create_task(doors.status(knock("CA" + "2" * 32)))
    await asyncio.sleep(0.1)
    for asked in (before, waiting):
        asked.cancel()
    await asyncio.gather(before, waiting, return_exceptions=True)
    assert await asyncio.to_thread(own_writer.flush, seconds=5)
    assert await asyncio.to_thread(on_disk) == 2
    assert (await doors.status(knock("CA" + "3" * 32))).status_code == 204


def test_flush_waits_for_the_last_commit_and_says_when_it_takes_too_long(own_writer, held_up):
    (said, *_) = SCRIPTS[0].told()
    own_writer.put(said.report)
    assert own_writer.flush(seconds=0.1) is False
    assert own_writer.flush(seconds=5) is True
    assert Report.objects.count() == 1


# One bad report ----------------------------------------------------------------------------------------------------

POISON = "+1666"


@pytest.fixture
def batch():
    """Five reports of five calls, the third of them from POISON."""
    told = [SCRIPTS[0].told(Cast(number))[0] for number in range(5)]
    told[2].params["From"] = POISON
    return [said.report for said in told]


@pytest.fixture
def poisoned(monkeypatch):
    """`poisoned(where, error)`: whoever touches the poison there gets the error."""

    def poison(where, error):
        module, name = {
            "statements": (record, "statements"),
            "hear": (record, "hear"),
            "become": (Leg, "become"),
            "settle": (record, "settle"),
            "write": (record, "raw"),
        }[where]
        healthy = getattr(module, name)

        def sick(*args, **kwargs):
            if POISON in repr(args):
                raise error
            return healthy(*args, **kwargs)

        monkeypatch.setattr(module, name, sick)

    return poison


@pytest.mark.parametrize("where", ["statements", "hear", "become", "settle"])
def test_a_report_that_cannot_be_understood_is_kept_raw_and_harms_no_other(own_writer, batch, poisoned, where):
    poisoned(where, ZeroDivisionError("nobody foresaw this"))
    answers = [done.result(10) for done in [own_writer.put(report) for report in batch]]
    assert [answer.verdict for answer in answers] == ["heard", "heard", "failed", "heard", "heard"]
    assert Report.objects.get(verdict="failed").body["From"] == POISON
    assert Call.objects.filter(from_number__startswith="+1415").count() == 4


def test_a_failed_report_is_heard_when_it_comes_again_and_we_have_learned(own_writer, batch, poisoned, monkeypatch):
    with monkeypatch.context():
        poisoned("statements", ZeroDivisionError("nobody foresaw this"))
        assert own_writer.put(batch[2]).result(10).verdict == "failed"
        monkeypatch.setattr(record, "statements", statements.statements)
    assert own_writer.put(batch[2]).result(10).verdict == "heard"
    assert Report.objects.values_list("verdict", "deliveries").get() == ("heard", 2)
    assert Leg.objects.get().from_number == POISON


def test_values_that_the_database_cannot_hold_are_kept_raw(own_writer, batch, poisoned):
    poisoned("become", DataError("value too long"))
    answers = [done.result(10) for done in [own_writer.put(report) for report in batch]]
    assert [answer.verdict for answer in answers] == ["heard", "heard", "failed", "heard", "heard"]


def test_a_database_error_of_one_report_is_no_others(own_writer, batch, poisoned):
    """That one is asked for again (503): it was not its content."""
    poisoned("become", OperationalError("disk I/O error"))
    done = [own_writer.put(report) for report in batch]
    with pytest.raises(OperationalError):
        done[2].result(10)
    assert [done[at].result(10).verdict for at in (0, 1, 3, 4)] == ["heard"] * 4
    assert Report.objects.count() == 4


@pytest.mark.asyncio
async def test_while_the_database_is_away_twilio_is_asked_to_come_again(own_writer, monkeypatch):
    """And not one after the other, each after its own time-out."""
    attempts = []

    def away(reports):
        if not attempts:
            time.sleep(0.5)  # meanwhile all the others come
        attempts.append(len(reports))
        raise OperationalError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(writer, "record", away)
        answers = await asyncio.gather(*(doors.status(knock(f"CA{number:032x}")) for number in range(30)))
        assert {answer.status_code for answer in answers} == {503}
        assert len(attempts) < 30
    assert (await doors.status(knock("CA" + "5" * 32))).status_code == 204


def test_who_never_gets_a_look_at_still_water_is_asked_to_come_again(own_writer, batch, monkeypatch):
    """Calls that are merged under our hands, five times in a row: no fault of the report's, so not a failed one."""

    def stirred(self):
        raise record.Again

    with monkeypatch.context() as patched:
        patched.setattr(record.Batch, "run", stirred)
        with pytest.raises(OperationalError):
            own_writer.put(batch[0]).result(10)
    assert Report.objects.count() == 0
    assert own_writer.put(batch[0]).result(10).verdict == "heard"


def test_a_writer_whose_commit_crashed_works_on(own_writer, batch):
    failpoints.armed["intake.after_insert"] = "raise"
    try:
        with pytest.raises(failpoints.SimulatedCrash):
            own_writer.put(batch[0]).result(10)
    finally:
        failpoints.armed.clear()
    assert Report.objects.count() == 0
    assert own_writer.put(batch[0]).result(10).verdict == "heard"


def test_a_writer_of_a_thread_that_died_is_started_again(own_writer, batch):
    own_writer.put(batch[0]).result(10)
    own_writer._thread = threading.Thread(target=print)
    assert own_writer.put(batch[1]).result(10).verdict == "heard"


@pytest.mark.asyncio
async def test_what_came_in_the_turn_of_the_stop_is_committed_without_waiting_for_the_clock(own_writer):
    """Whoever stops the server holds up the loop that would have rung for it."""
    asked = asyncio.create_task(doors.status(knock("CA" + "9" * 32)))
    while not own_writer._waiting:  # noqa: ASYNC110  just so many turns of the loop and no more
        await asyncio.sleep(0)
    began = time.monotonic()
    assert own_writer.flush(seconds=5)
    assert time.monotonic() - began < patience(2)
    assert (await asked).status_code == 204
