"""The account's past comes in page by page, each leg once, however often it is stopped."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from calls.models import Board, Call, Import, Leg, Report
from calls.twilio.gateway import Refused, Unreachable
from tests.intake.account import Account, Hand
from tests.intake.teller import BEGAN


@dataclass
class Past:
    """Twilio's list of what was: seven legs a page, newest first."""

    account: Account
    trouble: list[BaseException | None] = field(default_factory=list)  # of the next requests
    asked: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    size: int = 7

    def list_legs(self, *, since: datetime, before: datetime, cursor: str = "") -> tuple[list[dict[str, Any]], str]:
        self.asked.append(cursor)
        self.at.append(time.monotonic())
        if self.trouble and (trouble := self.trouble.pop(0)) is not None:
            raise trouble
        first, last = ((at - BEGAN).total_seconds() for at in (since, before))
        legs = sorted(
            (leg for leg in self.account.lines.values() if first <= leg.began < last), key=lambda leg: -leg.began
        )
        start = int(cursor or 0)
        page = [leg.resource(10_000) | {"price": "-0.00850"} for leg in legs[start : start + self.size]]
        return page, str(start + self.size) if start + self.size < len(legs) else ""


@pytest.fixture
def past(rows, line, ana, monkeypatch):
    account = Account(Hand(), Random(7))
    account.phones(20, within=3_000)
    past = Past(account)
    monkeypatch.setattr("calls.twilio.gateway.list_legs", past.list_legs)
    return past


def bring(since: str = "2026-10-02", *more: str) -> None:
    call_command("import_calls", "--since", since, "--before", "2026-10-03", "--pace", "0", *more)


def test_forty_legs_are_twenty_calls_with_their_ends_and_prices(past, capsys):
    bring()
    assert (Leg.objects.count(), Call.objects.count(), Call.objects.live().count()) == (40, 20, 0)
    assert set(Call.objects.values_list("team__name", "line__name")) == {("Billing", "Billing hotline")}
    for leg in Leg.objects.select_related("call"):
        known = past.account.lines[leg.sid]
        assert (leg.status, leg.duration, str(leg.price)) == (known.status(10_000), known.duration, "-0.00850")
        assert leg.ended_at == BEGAN + timedelta(seconds=known.ended) and not leg.healed
        assert leg.parent_id == (known.parent.sid if known.parent else None)
    assert set(Report.objects.values_list("door", "source", "deliveries")) == {("import", "rest", 1)}
    assert len(past.asked) == 6 and Import.objects.get().done_at is not None
    assert "40 legs read: 40 new" in capsys.readouterr().out


def test_at_no_page_does_anything_of_the_past_look_alive(past, monkeypatch):
    """Newest first means children first: they wait for the page of their parent."""
    seen, size = [], past.size

    def looked(**how):
        seen.append((Call.objects.live().count(), Leg.objects.filter(ended_at=None).count()))
        return past.list_legs(**how)

    monkeypatch.setattr("calls.twilio.gateway.list_legs", looked)
    for past.size in (1, 2, 3, size):
        Leg.objects.all().delete()
        Call.objects.all().delete()
        bring()
        assert Leg.objects.count() == 40
    assert set(seen) == {(0, 0)}


def test_a_parent_that_began_before_the_span_is_fetched(past, monkeypatch):
    agent = next(leg for leg in past.account.lines.values() if leg.parent)
    fetched = []
    monkeypatch.setattr(
        "calls.twilio.gateway.fetch_leg", lambda sid: fetched.append(sid) or past.account.lines[sid].resource(10_000)
    )
    bring((BEGAN + timedelta(seconds=agent.began - 1)).isoformat())
    assert fetched == [agent.parent.sid]
    assert Leg.objects.get(pk=agent.sid).parent_id == agent.parent.sid and Call.objects.live().count() == 0


def test_only_what_began_in_the_span_comes_in(past):
    bring("2026-10-02T14:25:00+00:00")
    began = [past.account.lines[sid].began for sid in Leg.objects.values_list("sid", flat=True)]
    assert began and min(began) >= 25 * 60
    assert Import.objects.get().since == datetime(2026, 10, 2, 14, 25, tzinfo=UTC)


def test_a_day_begins_at_midnight_where_the_floor_is(past, settings):
    settings.TIME_ZONE = "America/New_York"
    bring()
    assert Import.objects.get().since == datetime(2026, 10, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("killed")], ids=["Ctrl-C", "a crash"])
def test_it_goes_on_where_it_was_stopped(past, capsys, stop):
    past.trouble = [None, None, stop]
    with pytest.raises((SystemExit, RuntimeError)):
        bring()
    assert 10 <= Leg.objects.count() <= 14
    assert Call.objects.live().count() == 0, "a child that was put in without its parent would look alive"
    if isinstance(stop, KeyboardInterrupt):
        assert "Stopped after 14 legs. Run the same command again" in capsys.readouterr().out
    bring()
    assert (
        past.asked[:3] == ["", "7", "14"]
        and past.asked[3] in ("7", "14")
        and past.asked[-4:] == ["14", "21", "28", "35"]
    )
    assert (Leg.objects.count(), Import.objects.count()) == (40, 1)
    assert set(Report.objects.values_list("deliveries", flat=True)) == {1}


def test_a_second_import_of_the_same_days_finds_nothing_new(past, capsys):
    bring()
    before = (Report.objects.count(), Board.objects.get().revision)
    bring()
    assert (Report.objects.count(), Board.objects.get().revision) == before
    assert "40 legs read: 0 new, 0 of which more is known now, 40 known" in capsys.readouterr().out


def test_what_callbacks_told_gets_its_price_and_nothing_else(past):
    caller, agent = list(past.account.lines.values())[:2]
    past.account.time.at = 5_000
    past.account.tells(caller.says(caller.began, "ringing"), caller.says(caller.ended, "completed", 1))
    past.account.tells(agent.says(agent.ended, agent.status(1e9), 2))
    before = Leg.objects.in_bulk()
    bring()
    for sid, leg in before.items():
        now = Leg.objects.get(pk=sid)
        assert str(now.price) == "-0.00850" and now.call_id == leg.call_id and not now.healed
        assert (now.status, now.ended_at, now.role) == (leg.status, leg.ended_at, leg.role)


def test_no_desk_sees_thousands_of_old_calls_flash_by(past):
    from calls.live.tail import read

    bring()
    cards = read("", 0).cards, read(Board.objects.get().epoch, 0).cards
    assert cards[0] == [] and len(cards[1]) == 20
    assert {(card.off, card.masked, card.full) for card in cards[1]} == {(True, None, None)}


def test_twilio_in_trouble_is_asked_again_and_a_forgotten_place_is_begun_anew(past, monkeypatch):
    monkeypatch.setattr("calls.intake.reconcile.pace.MOST", 0.01)
    away = Unreachable("Twilio answered 503.", sent=True)
    past.trouble = [None, away, Refused(20429, 429, "Too many"), None, Refused(20001, 400, "Invalid PageToken")]
    bring()
    assert past.asked == ["", "7", "7", "7", "14", "", "7", "14", "21", "28", "35"]
    assert Leg.objects.count() == 40


def test_a_place_that_twilio_has_forgotten_is_not_where_it_goes_on(past):
    """A child waits on the first page for its parent: that page is the place."""
    past.size = 1
    span = {"since": datetime(2026, 10, 2, tzinfo=UTC), "before": datetime(2026, 10, 3, tzinfo=UTC)}
    run = Import.objects.create(cursor="21", **span)
    past.trouble = [Refused(20001, 400, "Invalid PageToken"), None, RuntimeError("killed")]
    with pytest.raises(RuntimeError, match="killed"):
        bring()
    run.refresh_from_db()
    assert (past.asked, run.cursor, Leg.objects.count()) == (["21", "", "1"], "", 0)
    bring()
    assert (past.asked[3], Leg.objects.count(), Import.objects.count()) == ("", 40, 1)


def test_when_twilio_stays_away_it_says_so_and_keeps_its_place(past, monkeypatch):
    monkeypatch.setattr("calls.intake.reconcile.pace.MOST", 0.01)
    past.trouble = [None, *[Unreachable("Twilio cannot be reached.", sent=False)] * 6]
    with pytest.raises(CommandError, match="Twilio cannot be reached. 7 legs were read. Run the same command again"):
        bring()
    assert Import.objects.get().cursor in ("", "7")


def test_pages_keep_their_distance(past):
    call_command("import_calls", "--since", "2026-10-02", "--before", "2026-10-03", "--pace", "0.1")
    assert min(later - earlier for earlier, later in zip(past.at, past.at[1:], strict=False)) >= 0.099


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01"])
def test_what_is_no_date_is_refused_in_words(past, since):
    with pytest.raises(CommandError, match="is neither a day"):
        bring(since)


def test_a_span_that_ends_before_it_begins_is_refused(past):
    with pytest.raises(CommandError, match="later than"):
        bring("2026-10-04")
