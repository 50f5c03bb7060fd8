"""The caller's number, in full for who may see it, and their calls before this one."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from calls.models import Audit, Call, Membership
from tests.conftest import group


def knock(who, method, path):
    client = Client(headers={"accept": "application/json"})
    client.force_login(who)
    return getattr(client, method)(path)


def test_alice_has_the_number_shown_and_that_is_written_down(alice, dana_call):
    answer = knock(alice, "post", f"/calls/{dana_call.pk}/reveal/")
    assert answer.json() == {"caller": dana_call.from_number}
    entry = Audit.objects.get(what="number.revealed")
    assert (entry.user_id, entry.call_id, entry.facts) == (alice.pk, dana_call.pk, {})


def test_ben_may_not_and_is_told_why(ben, dana_call):
    answer = knock(ben, "post", f"/calls/{dana_call.pk}/reveal/")
    wanted = "You need the permission “Can see telephone numbers” on Billing."
    assert (answer.status_code, answer.json()["message"]) == (403, wanted)
    assert not Audit.objects.filter(what="number.revealed").exists()
    assert knock(ben, "get", f"/calls/{dana_call.pk}/earlier/").json()["reveal"] is False


def test_where_numbers_are_shown_anyhow_nobody_need_ask(alice, billing, dana_call):
    assert knock(alice, "get", f"/calls/{dana_call.pk}/earlier/").json()["reveal"] is True
    billing.show_numbers = True
    billing.save()
    assert knock(alice, "get", f"/calls/{dana_call.pk}/earlier/").json()["reveal"] is False


def called(dana_call, hours, **more):
    facts = {"team": dana_call.team, "from_number": dana_call.from_number, "direction": "inbound", "status": "ended"}
    at = timezone.now() - timedelta(hours=hours)
    return Call.objects.create(started_at=at, ended_at=at, outcome="missed", **facts | more)


def earlier(who, call):
    return [one["id"] for one in knock(who, "get", f"/calls/{call.pk}/earlier/").json()["calls"]]


def test_ben_sees_that_they_called_and_were_called_today_the_newest_first(ben, dana_call):
    first, back = (
        called(dana_call, 20),
        called(dana_call, 2, from_number="+15550100100", to_number=dana_call.from_number, direction="outbound-api"),
    )
    called(dana_call, 25)
    called(dana_call, 1, from_number="+14155550188")
    assert earlier(ben, dana_call) == [str(back.pk), str(first.pk)]


def test_of_another_team_only_who_watches_it(ben, alice, sales, dana_call):
    theirs = called(dana_call, 1, team=sales)
    assert (earlier(ben, dana_call), earlier(alice, dana_call)) == ([], [str(theirs.pk)])
    Membership.objects.create(user=ben, team=sales, group=group("Watcher", "view_call"))
    assert earlier(ben, dana_call) == [str(theirs.pk)]


@pytest.mark.parametrize("number", ["", "anonymous", "+266696687"])
def test_who_withholds_their_number_has_no_earlier_calls(ben, dana_call, number):
    Call.objects.filter(pk=dana_call.pk).update(from_number=number)
    called(dana_call, 1, from_number=number)
    assert earlier(ben, dana_call) == []


def test_no_number_is_in_what_is_told(ben, dana_call):
    called(dana_call, 1)
    assert b"0177" not in knock(ben, "get", f"/calls/{dana_call.pk}/earlier/").content
