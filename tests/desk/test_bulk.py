"""What is wrong with a wish on many calls is told before anything is begun; whom one may not touch is on the list."""

from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from calls.control import perform
from calls.failpoints import SimulatedCrash, armed
from calls.floor import bulk as floor
from calls.models import Action, Announcement, Bulk, Call, Destination, Membership, Queue, Waiting
from tests.conftest import group


@pytest.fixture
def post(client):
    def posted(by, verb, about, /, **fields):
        client.force_login(by)
        form = {"key": str(uuid4()), "calls": ",".join(str(call.pk) for call in about), **fields}
        return client.post(f"/bulk/{verb}/", form, headers={"Accept": "application/json"})

    return posted


def works_off() -> None:
    while Bulk.objects.filter(stopped_at=None, finished_at=None).exists():
        floor.work_off()


@pytest.fixture
def kim(ben, billing, sales):
    """Ends calls of Billing, and watches those of Sales."""
    Membership.objects.create(user=ben, team=sales, group=group("Watcher", "view_call"))
    return ben


def test_whom_one_may_not_touch_is_listed_as_refused(client, post, kim, dana_call, sale, rest):
    begun = post(kim, "end", [dana_call, sale], count="2")
    assert begun.status_code == 202, begun.content
    works_off()
    told = client.get(f"/bulk/{begun.json()['id']}/", headers={"Accept": "application/json"}).json()
    assert (told["made"], told["refused"]) == (2, 1)
    (problem,) = told["problems"]
    assert problem["call"] == str(sale.pk) and "4155550199" not in problem["who"]
    assert problem["why"] == "You need the permission “Can end calls” on Sales. You have it on Billing."
    assert [action.call for action in Action.objects.all()] == [dana_call]
    assert problem["why"] in client.get(f"/bulk/{begun.json()['id']}/").content.decode()


def test_a_call_that_one_may_not_even_see_is_only_counted(client, post, ben, dana_call, sale, rest):
    begun = post(ben, "end", [sale, dana_call], count="2")
    works_off()
    told = client.get(f"/bulk/{begun.json()['id']}/", headers={"Accept": "application/json"}).json()
    assert told["problems"] == [{"call": "", "who": "A call that is not shown to you", "why": floor.NOT_THERE}]


@pytest.mark.parametrize(
    ("verb", "fields", "status"),
    [
        ("end", {}, 422),
        ("end", {"count": "two"}, 422),
        ("end", {"count": "²"}, 422),
        ("end", {"count": "2"}, 409),
        ("end", {"count": "1", "key": "x"}, 422),
        ("end", {"count": "1", "calls": "x"}, 404),
        ("end", {"count": "1", "calls": ""}, 409),
        ("end", {"count": "1", "calls": "", "queue": "7"}, 404),
        ("announce", {"count": "1", "text": "Soon."}, 403),
        ("hold", {"count": "1"}, 404),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_begun(post, ben, dana_call, verb, fields, status):
    assert post(ben, verb, [dana_call], **fields).status_code == status
    assert not Bulk.objects.exists()


def test_an_announcement_without_words_is_none(post, ben, billing, dana_call):
    Membership.objects.create(user=ben, team=billing, group=group("Speaker", "view_call", "announce_call"))
    answer = post(ben, "announce", [dana_call], count="1")
    assert (answer.status_code, answer.json()["message"]) == (422, "Choose an announcement, or type what is said.")


def test_one_call_that_breaks_the_desk_stops_no_other(client, post, alice, dana_call, sale, rest, monkeypatch):
    wish, broken = perform.wish, [dana_call.pk]

    def breaks(call, *args, **kwargs):
        if call in broken:
            raise RuntimeError
        return wish(call, *args, **kwargs)

    monkeypatch.setattr(perform, "wish", breaks)
    begun = post(alice, "end", [dana_call, sale], count="2").json()
    works_off()
    told = client.get(f"/bulk/{begun['id']}/", headers={"Accept": "application/json"}).json()
    assert (told["made"], [one["why"] for one in told["problems"]]) == (2, [floor.TROUBLE])


def test_while_the_database_is_away_it_waits_and_then_asks_the_same_call(post, alice, dana_call, rest, monkeypatch):
    post(alice, "end", [dana_call], count="1")

    def away(*args, **kwargs):
        raise OperationalError

    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr(perform, "wish", away)
        floor.work_off()
    assert Bulk.objects.get().made == 0
    works_off()
    assert Action.objects.get().call == dana_call


def test_who_is_put_out_ends_nothing_any_more(post, ben, dana_call, rest):
    post(ben, "end", [dana_call], count="1")
    ben.is_active = False
    ben.save()
    works_off()
    assert list(Bulk.objects.get().refused.values()) == [floor.NOT_THERE]
    assert not Action.objects.exists()


def test_while_twilio_does_not_answer_it_waits_and_says_so(client, post, ben, dana_call, rest, monkeypatch):
    begun = post(ben, "end", [dana_call], count="1").json()
    monkeypatch.setattr("calls.control.policy.twilio_down", timezone.now)
    assert floor.work_off() == floor.IDLE
    told = client.get(f"/bulk/{begun['id']}/", headers={"Accept": "application/json"}).json()
    assert told["made"] == 0 and told["sentence"].startswith("It waits. Twilio's API has not answered since")


def test_what_was_recorded_by_who_died_is_sent_by_the_next(post, ben, dana_call, rest, monkeypatch):
    post(ben, "end", [dana_call], count="1")
    with monkeypatch.context() as patched, pytest.raises(SimulatedCrash):
        patched.setitem(armed, "action.after_requested", "raise")
        floor.work_off()
    assert (Bulk.objects.get().made, Action.objects.get().state, rest.asked) == (0, "requested", [])
    works_off()
    assert Bulk.objects.get().made == 1
    assert Action.objects.get().state == "accepted" and len(rest.asked) == 1


def test_who_dies_before_it_is_written_down_asks_for_nothing_twice(post, ben, dana_call, rest, monkeypatch):
    post(ben, "end", [dana_call], count="1")
    with monkeypatch.context() as patched, pytest.raises(SimulatedCrash):
        patched.setitem(armed, "bulk.after_wish", "raise")
        floor.work_off()
    assert Bulk.objects.get().made == 0
    works_off()
    assert (Bulk.objects.get().made, Bulk.objects.get().refused) == (1, {})
    assert Action.objects.count() == len(rest.asked) == 1


def test_nobody_is_asked_for_once_it_is_stopped(post, client, ben, dana_call, sale, rest):
    pk = post(ben, "end", [dana_call, sale], count="2").json()["id"]
    bulk = Bulk.objects.get()
    client.post(f"/bulk/{pk}/stop/")
    floor.make(bulk, dana_call.pk)
    assert not Action.objects.exists()
    told = client.get(f"/bulk/{pk}/", headers={"Accept": "application/json"}).json()
    assert (told["over"], told["sentence"]) == (True, "Stopped by Ben Okafor: 2 calls were left alone.")


# All of a queue -----------------------------------------------------------------------------------------------------


@pytest.fixture
def waits(ben, billing, dana_call):
    """dana_call stands in a queue of Billing, and Ben ends all who do."""
    queue = Queue.objects.create(name="Fees", team=billing)
    entry = Waiting.objects.create(call=dana_call, queue=queue, place=1.0, entered_at=timezone.now())
    Waiting.objects.filter(pk=entry.pk).update(left_at=None)
    return queue


def test_who_talks_to_somebody_before_it_is_their_turn_is_left_alone(post, ben, dana_call, waits, rest):
    assert post(ben, "end", [], queue=str(waits.pk), count="1").status_code == 202
    Waiting.objects.filter(call=dana_call).update(left_at=timezone.now())
    works_off()
    assert Bulk.objects.get().refused == {str(dana_call.pk): "This call does not wait in Fees any more."}
    assert not Action.objects.exists() and rest.asked == []


def test_who_waits_no_more_because_of_it_was_not_left_alone(post, ben, dana_call, waits, rest, monkeypatch):
    post(ben, "end", [], queue=str(waits.pk), count="1")
    with monkeypatch.context() as patched, pytest.raises(SimulatedCrash):
        patched.setitem(armed, "bulk.after_wish", "raise")
        floor.work_off()
    Waiting.objects.filter(call=dana_call).update(left_at=timezone.now())
    works_off()
    assert (Bulk.objects.get().refused, Action.objects.count(), len(rest.asked)) == ({}, 1, 1)


# Of a list: who was alone when it was sent ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["waiting", "ringing", "in-menu", "with-bot"])
def test_who_is_answered_before_it_is_their_turn_is_left_alone(client, post, ben, dana_call, rest, status):
    Call.objects.filter(pk=dana_call.pk).update(status=status)
    begun = post(ben, "end", [dana_call], count="1").json()
    Call.objects.filter(pk=dana_call.pk).update(status="talking")
    works_off()
    told = client.get(f"/bulk/{begun['id']}/", headers={"Accept": "application/json"}).json()
    (problem,) = told["problems"]
    assert (problem["call"], problem["why"]) == (str(dana_call.pk), "Left alone: somebody talks to them by now.")
    assert not Action.objects.exists() and rest.asked == []


@pytest.mark.parametrize(("then", "by_then"), [("talking", "talking"), ("talking", "held"), ("ringing", "waiting")])
def test_who_talked_already_or_is_alone_still_is_meant(post, ben, dana_call, rest, then, by_then):
    Call.objects.filter(pk=dana_call.pk).update(status=then)
    post(ben, "end", [dana_call], count="1")
    Call.objects.filter(pk=dana_call.pk).update(status=by_then)
    works_off()
    assert (Bulk.objects.get().refused, Action.objects.count()) == ({}, 1)


# A list that somebody else has sent -----------------------------------------------------------------------------------


@pytest.fixture
def look(client):
    def looked(by, path):
        client.force_login(by)
        return client.get(path, headers={"Accept": "application/json"})

    return looked


def stops(client, by, pk):
    client.force_login(by)
    return client.post(f"/bulk/{pk}/stop/", headers={"Accept": "application/json"})


def test_who_may_do_the_same_on_all_of_its_calls_sees_it_and_stops_it(client, post, look, alice, ben, dana_call, rest):
    pk = post(alice, "end", [dana_call], count="1").json()["id"]
    told = look(ben, f"/bulk/{pk}/").json()
    assert (told["by"], told["mine"], told["may_stop"], told["partly"], told["total"]) == (
        "Alice Moreau", False, True, False, 1,
    )  # fmt: skip
    assert "Stop</button>" in client.get(f"/bulk/{pk}/").content.decode()
    stopped = stops(client, ben, pk).json()
    assert (stopped["stopped"], stopped["sentence"]) == (True, "Stopped by Ben Okafor: 1 call was left alone.")
    works_off()
    assert not Action.objects.exists()


def test_who_lacks_rights_on_some_of_its_calls_sees_it_as_far_as_their_teams_and_stops_nothing(
    client, post, look, alice, ben, dana_call, sale, rest
):
    pk = post(alice, "end", [sale, dana_call], count="2").json()["id"]
    Bulk.objects.update(made=1, refused={str(sale.pk): "It is over."})
    told = look(ben, f"/bulk/{pk}/").json()
    assert (told["total"], told["made"], told["refused"], told["problems"]) == (1, 0, 0, [])
    assert (told["partly"], told["may_stop"], told["sentence"]) == (True, False, "At most 4 calls a second: 1 to go.")
    page = client.get(f"/bulk/{pk}/").content.decode()
    assert "of teams that you do not watch" in page and "Stop</button>" not in page and "It is over." not in page
    refused = stops(client, ben, pk)
    assert refused.status_code == 403
    assert refused.json()["message"] == "Only Alice Moreau, or who may do the same on all of its calls, can stop it."
    assert Bulk.objects.get().runs
    whole = look(alice, f"/bulk/{pk}/").json()
    assert (whole["total"], whole["refused"], whole["partly"], whole["may_stop"]) == (2, 1, False, True)


def test_who_only_watches_sees_it_and_of_another_team_it_is_not_there(
    client, post, look, ben, wes, sue, dana_call, rest
):
    pk = post(ben, "end", [dana_call], count="1").json()["id"]
    assert (look(wes, f"/bulk/{pk}/").json()["may_stop"], stops(client, wes, pk).status_code) == (False, 403)
    assert (look(sue, f"/bulk/{pk}/").status_code, stops(client, sue, pk).status_code) == (404, 404)


def test_the_desk_is_told_of_the_one_that_somebody_else_has_under_way(post, look, alice, ben, sue, dana_call, rest):
    assert look(ben, "/bulk/now/").json() == {"bulk": None}
    pk = post(alice, "end", [dana_call], count="1").json()["id"]
    assert look(ben, "/bulk/now/").json()["bulk"]["id"] == pk
    for other in (alice, sue):
        assert look(other, "/bulk/now/").json() == {"bulk": None}, "one's own, and that of another team"
    works_off()
    assert look(ben, "/bulk/now/").json() == {"bulk": None}


# What there is to choose --------------------------------------------------------------------------------------------


@pytest.fixture
def choices(client):
    def told(by, verb):
        client.force_login(by)
        return client.get(f"/bulk/{verb}/", headers={"Accept": "application/json"}).json()

    return told


@pytest.fixture
def speaker(ben, billing, sales):
    """Announces and redirects in Billing; in Sales only watches."""
    Membership.objects.create(user=ben, team=sales, group=group("Watcher", "view_call"))
    Membership.objects.create(
        user=ben, team=billing, group=group("Speaker", "view_call", "announce_call", "redirect_call")
    )
    return ben


def test_what_may_be_heard_is_told_with_the_teams_it_is_for(choices, speaker, billing, sales):
    Announcement.objects.all().delete()
    for name, teams in (("For all", []), ("Fees", [billing]), ("Both", [billing, sales]), ("Offers", [sales])):
        Announcement.objects.create(name=name, text="Soon.").teams.set(teams)
    told = choices(speaker, "announce")
    assert {one["name"]: one["teams"] for one in told["announcements"]} == {
        "For all": [],
        "Fees": [billing.pk],
        "Both": [billing.pk],
    }
    assert (told["rate"], told["most"], len(told["languages"]) > 1) == (floor.RATE, floor.MOST, True)


def test_where_they_may_be_sent_are_lines_and_other_applications(choices, speaker, billing, sales):
    Destination.objects.all().delete()
    flow = {"kind": Destination.Kind.FLOW, "url": "https://flows.example/"}
    for name, facts, teams in (("Survey", flow, [billing]), ("Offers", flow, [sales]), ("Desk", {}, [])):
        Destination.objects.create(name=name, **facts).teams.set(teams)
    assert [one["name"] for one in choices(speaker, "redirect")["destinations"]] == ["Survey"]


def test_who_may_end_nothing_is_told_which_permission_is_missing(choices, wes):
    assert (
        choices(wes, "end")["message"] == "You need the permission “Can end calls”: you have it on none of your teams."
    )


def test_what_is_there_for_one_team_is_refused_on_the_calls_of_the_other(client, post, alice, dana_call, sale, rest):
    alice.groups.add(group("Voice of all", "announce_call"))
    fees = Announcement.objects.create(name="Fees", text="Soon.")
    fees.teams.add(dana_call.team)
    for about in ([dana_call, sale], [sale, dana_call]):
        begun = post(alice, "announce", about, count="2", announcement=str(fees.pk))
        assert begun.status_code == 202, begun.json()
        works_off()
        told = client.get(f"/bulk/{begun.json()['id']}/", headers={"Accept": "application/json"}).json()
        why = {one["call"]: one["why"] for one in told["problems"]}
        assert why[str(sale.pk)] == "There is no such announcement for calls of this team."
    nowhere = post(alice, "announce", [sale], count="1", announcement=str(fees.pk))
    assert nowhere.status_code == 422


# What it would do ---------------------------------------------------------------------------------------------------


def looks(client, by, verb, about, **fields):
    client.force_login(by)
    return client.post(f"/bulk/{verb}/plan/", {"calls": ",".join(str(call.pk) for call in about), **fields}).json()


def test_before_it_is_sent_is_told_whom_it_hangs_up_and_where_it_is_refused(
    client, ben, billing, sales, dana_call, sale
):
    Membership.objects.create(user=ben, team=sales, group=group("Watcher", "view_call"))
    told = looks(client, ben, "end", [dana_call, sale])
    assert told["ends"] == {str(dana_call.pk): ["Ana Pereira", "Caller"]}
    assert told["refused"] == {
        str(sale.pk): "You need the permission “Can end calls” on Sales. You have it on Billing."
    }
    assert not Bulk.objects.exists() and not Action.objects.exists()


def test_a_plan_tells_nothing_of_calls_that_one_may_not_see(client, ben, dana_call, sale):
    told = looks(client, ben, "end", [sale])
    assert (told["refused"], told["ends"]) == ({}, {})
    client.force_login(ben)
    assert client.post("/bulk/end/plan/", {"calls": "x"}).status_code == 404


def test_an_announcement_says_which_conversations_it_ends(client, speaker, dana_call):
    told = looks(client, speaker, "announce", [dana_call], text="…")
    assert told["ends"] == {str(dana_call.pk): ["Ana Pereira"]}


def test_whose_bulk_is_under_way_finds_it_on_the_desk_when_it_is_loaded_again(
    client, post, ben, alice, dana_call, rest
):
    begun = post(ben, "end", [dana_call], count="1").json()["id"]
    assert f'data-bulk="{begun}"' in client.get("/").content.decode()
    client.force_login(alice)
    assert "data-bulk" not in client.get("/").content.decode()
    works_off()
    client.force_login(ben)
    assert "data-bulk" not in client.get("/").content.decode()
