"""Old board and frames are the new board, on real rows: every report at every door, every state of a wish."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import transaction
from django.urls import get_resolver

from calls.intake.reconcile import provider
from calls.intake.reconcile.sweep import Reconciler
from calls.intake.record import record
from calls.live.hub import Hub
from calls.live.mirror import Mirror
from calls.live.tail import read
from calls.models import Action, Agent, Call, Line, Team, append_audit, publish
from calls.twilio.reports import HISTORY, from_rest, lost
from tests.conftest import person
from tests.guards import figure
from tests.live.floor import Clock, Page
from tests.live.reducer import whole
from tests.live.traffic import REPORTS, Traffic

NUMBERS = ["+15550100100", "+15550100200", "+15550100300"]  # Billing's, Sales', and nobody's
STATES = Action.State.values


@pytest.fixture
def floor(rows, rng):
    """Two teams, a line each, and calls in all sorts of states."""
    billing, sales = Team.objects.create(name="Billing"), Team.objects.create(name="Sales")
    Line.objects.create(address=NUMBERS[0], name="Billing hotline", team=billing)
    Line.objects.create(address=NUMBERS[1], name="Sales hotline", team=sales)
    Agent.objects.create(name="Ana", contact="client:ana")
    traffic = Traffic(rng, NUMBERS, at_once=8)
    for _ in range(4):
        record([traffic.next().arriving(datetime.now(UTC)) for _ in range(12)])
    return traffic, (billing.pk, sales.pk)


@pytest.fixture
def stage(floor):
    """Pages of several audiences at a hub that only ever hears what changed."""
    _, (billing, sales) = floor
    hub = Hub(Mirror(), Clock())
    look(hub)
    audiences = [
        frozenset({(billing, False)}),
        frozenset({(billing, True)}),
        frozenset({(billing, True), (sales, False)}),
        frozenset({(None, False), (billing, False), (sales, False)}),
        frozenset({(None, True), (billing, True), (sales, True)}),
    ]
    return hub, [Page(hub, audience).open() for audience in audiences]


def look(hub: Hub) -> None:
    """What the tail does at a tick."""
    seen = read(hub.mirror.epoch, hub.mirror.revision)
    if seen.anew:
        hub.mirror.start(seen.epoch, seen.revision, seen.cards)
        hub.start_over()
    else:
        hub.tell(hub.mirror.apply(seen.revision, seen.cards))


def the_boards_are_true(hub: Hub, pages: list[Page]) -> None:
    look(hub)
    now = read("", 0)
    anew = Mirror()
    anew.start(now.epoch, now.revision, now.cards)
    other = Hub(anew, Clock())
    for page in pages:
        page.read()
        audience = page.desk.rights.audience
        assert page.board.calls == Page(other, audience).open().board.calls
    assert {card.id for card in now.cards} == set(Call.objects.live().values_list("pk", flat=True))


@pytest.mark.parametrize(("door", "word"), REPORTS, ids=" ".join)
def test_after_any_report_each_board_is_what_the_rows_say(floor, stage, rng, door, word):
    traffic, _ = floor
    hub, pages = stage
    for _ in range(figure(18)):
        talk = rng.choice([talk for talk in traffic.talks if not talk.over] if rng.random() < 0.8 else traffic.talks)
        record([traffic.report(door, word, talk)])
        the_boards_are_true(hub, pages)
        record([traffic.next().arriving(datetime.now(UTC))])


@pytest.mark.parametrize("state", STATES)
def test_after_any_step_of_a_wish_each_board_is_what_the_rows_say(floor, stage, rng, state):
    traffic, _ = floor
    hub, pages = stage
    alice = person("alice", "Alice", "Moreau")
    for _ in range(figure(18)):
        calls = list(Call.objects.live().exclude(actions__exclusive=True, actions__state__in=STATES[:3]))
        call = rng.choice(calls or list(Call.objects.all()))
        action = Action(call=call, by=alice, verb="end", target="call", key=uuid4(), requested_at=datetime.now(UTC))
        action.exclusive = rng.random() < 0.5 and not call.actions.filter(exclusive=True).exists()
        with transaction.atomic():
            append_audit([action.become(state, at=datetime.now(UTC), message="")], at=datetime.now(UTC))
            action.save(force_insert=True)
            publish([call.pk], shape=[call.pk])
        the_boards_are_true(hub, pages)
        shown = {one["id"]: one["state"] for held in pages[-1].board.calls.values() for one in held["actions"]}
        assert call.ended_at is not None or shown[str(action.pk)] == state
        record([traffic.next().arriving(datetime.now(UTC))])


@pytest.mark.lane_b
def test_two_calls_that_turn_out_to_be_one_leave_one_row_on_each_board(floor, stage, rng):
    traffic, _ = floor
    hub, pages = stage
    for _ in range(figure(100)):
        record([traffic.begins().arriving(datetime.now(UTC)), traffic.begins().arriving(datetime.now(UTC))])
        the_boards_are_true(hub, pages)
        record([traffic.are_one(*traffic.talks[-2:]).arriving(datetime.now(UTC))])
        assert Call.objects.exclude(merged_into=None).exists()
        the_boards_are_true(hub, pages)


@pytest.mark.lane_b
def test_a_call_that_changes_team_leaves_one_board_and_comes_to_the_other(floor, stage, rng):
    hub, pages = stage
    for _ in range(figure(100)):
        call = rng.choice(list(Call.objects.live()))
        with transaction.atomic():
            Call.objects.filter(pk=call.pk).update(team=rng.choice([None, *Team.objects.all()]))
            publish([call.pk], shape=[call.pk])
        the_boards_are_true(hub, pages)


HEALED = {
    "a leg is lost": lambda traffic, leg, call: record([lost(leg.sid, asked_at=datetime.now(UTC))]),
    "a list names it": lambda traffic, leg, call: compared(traffic, leg, "in-progress"),
    "it is over, says the list": lambda traffic, leg, call: compared(traffic, leg, "completed"),
    "Twilio is away": lambda traffic, leg, call: provider.doubt(datetime.now(UTC), datetime.now(UTC)),
    "Twilio is back": lambda traffic, leg, call: provider.trust([leg.sid]),
    "somebody had it verified": lambda traffic, leg, call: provider.vouch(call.pk),
    "it was over long ago": lambda traffic, leg, call: record([of_the_past(traffic)]),
}


def compared(traffic, leg, status: str) -> None:
    resource = {"sid": leg.sid, "status": status, "from": leg.from_number, "to": leg.to_number, "duration": "7"}
    Reconciler().take_in([resource], datetime.now(UTC))


def of_the_past(traffic):
    """An import: nobody has ever heard of this call, and it is over."""
    ended = format_datetime(datetime.now(UTC) - timedelta(days=3))
    resource = {"sid": traffic.sid("CA"), "status": "completed", "from": "+14155550177", "to": NUMBERS[0]}
    return from_rest(resource | {"end_time": ended, "direction": "inbound"}, asked_at=datetime.now(UTC), door=HISTORY)


@pytest.mark.parametrize("what", HEALED)
def test_after_any_healing_each_board_is_what_the_rows_say(floor, stage, rng, what):
    traffic, _ = floor
    hub, pages = stage
    for _ in range(figure(18)):
        call = rng.choice(list(Call.objects.live()))
        if what == "Twilio is back" or what == "somebody had it verified":
            provider.doubt(datetime.now(UTC), datetime.now(UTC))
        HEALED[what](traffic, call.legs.first(), call)
        the_boards_are_true(hub, pages)
        record([traffic.next().arriving(datetime.now(UTC)) for _ in range(3)])
    if what == "it was over long ago":
        assert [call for page in pages for heard in page.heard for call in heard.get("calls", ()) if old(call)] == []


def old(call) -> bool:
    ended_at = whole(call)["ended_at"]
    return bool(ended_at) and datetime.fromisoformat(ended_at) < datetime.now(UTC) - timedelta(days=1)


def test_every_door_of_ours_is_among_the_reports():
    ours = get_resolver().reverse_dict
    doors = {name.removeprefix("twilio-") for name in ours if isinstance(name, str) and name.startswith("twilio-")}
    doors.remove("audio")  # where Twilio says nothing: it fetches what it plays
    assert doors | {"rest"} == {door for door, _ in REPORTS}, "a new door: add what it says to tests/live/traffic.py"


@pytest.mark.lane_b
def test_after_a_restore_from_backup_every_desk_reads_anew_and_is_right(floor, stage, rng):
    traffic, _ = floor
    hub, pages = stage
    for page in pages:
        page.read()
    record([traffic.next().arriving(datetime.now(UTC)) for _ in range(30)])
    call_command("new_epoch", verbosity=0)
    look(hub)
    for page in pages:
        assert [message["op"] for message in page.read()] == ["reload"]
        assert page.heard[-1]["why"] == "epoch"
    the_boards_are_true(hub, pages)


@pytest.mark.lane_b
def test_a_call_that_moves_on_between_the_tails_two_queries_comes_late_and_never_wrong(floor, stage, rng, monkeypatch):
    """First the revision, then the calls: what is newer than the revision belongs to the next read."""
    traffic, _ = floor
    hub, pages = stage
    for _ in range(figure(50)):
        record([traffic.next().arriving(datetime.now(UTC)) for _ in range(3)])
        more = [traffic.next().arriving(datetime.now(UTC)) for _ in range(3)]
        monkeypatch.setattr("calls.live.tail.crash", lambda point, more=more: record(more))
        look(hub)
        for page in pages:
            page.read()
            assert page.board.revision <= hub.mirror.revision
        monkeypatch.undo()
        the_boards_are_true(hub, pages)
