"""Ending a call: wished, recorded, asked for once, and done only when a report says so."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from calls.control.perform import GRACE
from calls.models import Action, Audit, Call, Leg, Membership
from calls.twilio import gateway
from tests.conftest import LINE, group
from tests.control.conftest import breaks, call_resource, hang_up, slowly

pytestmark = pytest.mark.lane_b


def roles(call):
    return {leg.role: leg.pk for leg in call.legs.all()}


def history(call):
    return list(Audit.objects.filter(call_id=call.pk).values_list("what", flat=True))


def test_ben_ends_danas_call_and_it_is_confirmed_by_what_twilio_reports_later(wish, ben, dana_call, rest, twilio):
    response = wish(ben, dana_call)
    assert response.status_code == 202
    assert response.json()["state"] == "accepted"
    assert response.json()["message"] == "Twilio accepted it. Waiting for the effect."
    assert [effect["fate"] for effect in response.json()["effects"]] == ["goes", "goes"]
    dana_call.refresh_from_db()
    assert (dana_call.status, dana_call.ended_at) == ("talking", None)

    hang_up(twilio, dana_call)
    action = Action.objects.get()
    assert (action.state, str(action.pk)) == ("confirmed", response.json()["action"])
    dana_call.refresh_from_db()
    assert (dana_call.status, dana_call.ended_by) == ("ended", "supervisor")
    assert history(dana_call) == ["action.requested", "action.sending", "action.accepted", "action.confirmed"]


def test_one_leg_gone_is_not_the_whole_call_gone(wish, ben, dana_call, rest, twilio):
    wish(ben, dana_call)
    twilio.status(roles(dana_call)["agent"], "completed", 9)
    assert Action.objects.get().state == "accepted"


def test_the_parent_is_asked_and_its_child_goes_with_it(wish, ben, dana_call, rest):
    wish(ben, dana_call)
    assert rest.asked == [(roles(dana_call)["caller"], {"Status": "completed"})]
    assert rest.headers[0]["Authorization"].startswith("Basic ")


def test_a_callback_that_is_faster_than_the_answer_is_not_taken_back(wish, ben, dana_call, rest, twilio):
    def hangs_up_before_it_answers(sid, form):
        caller = threading.Thread(target=hang_up, args=(twilio, dana_call))
        caller.start()
        caller.join(timeout=20)
        return 200, call_resource(sid)

    rest.answers = [hangs_up_before_it_answers]
    response = wish(ben, dana_call)
    assert (response.status_code, response.json()["state"]) == (200, "confirmed")
    assert response.json()["message"] == "Done: the effect was reported."
    assert Action.objects.get().state == "confirmed"
    assert history(dana_call) == ["action.requested", "action.sending", "action.confirmed"], "and nothing after it"
    assert Call.objects.get(pk=dana_call.pk).status == "ended"


def test_what_twilio_answers_is_a_report_too(wish, ben, dana_call, rest):
    Leg.objects.filter(role="agent").update(ended_at=timezone.now(), status="completed")
    rest.says("completed")
    assert wish(ben, dana_call).json()["state"] == "confirmed"


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(400, 21220, "Call is not in-progress. Cannot redirect."), (404, 20404, "The requested resource was not found")],
)
def test_the_call_was_over_already(wish, ben, dana_call, rest, status, code, message):
    rest.refuses(status, code, message)
    rest.refuses(status, code, message)
    response = wish(ben, dana_call)
    assert len(rest.asked) == 2, "the caller, and then the agent, who might live on"
    assert (response.status_code, response.json()["state"]) == (409, "failed")
    assert response.json()["message"] == f"The call is no longer in progress ({code})."
    assert Action.objects.get().code == "call_ended"
    assert history(dana_call)[-1] == "action.failed"


def test_twilio_refuses_in_its_own_words_and_its_number_stays_hidden(wish, ben, dana_call, rest):
    rest.refuses(400, 21218, "Invalid thing at +14155550177.")
    response = wish(ben, dana_call)
    assert response.json()["message"] == "Twilio refused: Invalid thing at +1 ··· 0177 (21218)."
    assert Action.objects.get().code == "21218"


@pytest.mark.parametrize(
    "body",
    [
        "<html>no</html>",
        {"type": "https://x", "title": "Not allowed", "status": 403, "code": 20003, "detail": "Authenticate"},
        [],
    ],
)
def test_any_4xx_is_a_refusal_however_it_is_worded(wish, ben, dana_call, rest, body):
    rest.answers = [(403, body)]
    assert wish(ben, dana_call).json()["state"] == "failed"


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (503, "busy"), (302, ""), (200, "not JSON"), (200, []), breaks],
    ids=["500", "503", "redirect", "unreadable", "a list", "reset"],
)
def test_without_a_clear_answer_nobody_pretends_to_know(wish, ben, dana_call, rest, answer):
    rest.answers = [answer]
    response = wish(ben, dana_call)
    assert (response.status_code, response.json()["state"]) == (202, "unknown")
    assert "It may have happened: watch the legs." in response.json()["message"]
    assert len(rest.asked) == 1
    assert history(dana_call)[-1] == "action.unknown"


def test_an_unknown_end_is_confirmed_when_it_shows(wish, ben, dana_call, rest, twilio):
    rest.answers = [breaks]
    wish(ben, dana_call)
    hang_up(twilio, dana_call)
    assert Action.objects.get().state == "confirmed"


def test_twilio_does_not_answer_in_time(wish, ben, dana_call, rest, monkeypatch):
    monkeypatch.setattr(gateway, "DEADLINE", 0.2)
    rest.answers = [slowly(1)]
    assert wish(ben, dana_call).json()["state"] == "unknown"


def test_a_wish_that_never_had_its_turn_was_not_sent(wish, ben, dana_call, rest, monkeypatch):
    monkeypatch.setattr(gateway, "DEADLINE", 0.2)
    release = threading.Event()
    for _ in range(gateway.AT_ONCE):
        gateway._threads().submit(release.wait, 5)
    response = wish(ben, dana_call)
    release.set()
    assert (response.json()["state"], rest.asked) == ("failed", [])
    assert response.json()["message"] == "Twilio did not answer in time. Nothing was sent."


def test_nobody_is_there(wish, ben, dana_call):
    response = wish(ben, dana_call)  # TWILIO_API_URL of the tests: a port where nobody listens
    assert (response.status_code, response.json()["state"]) == (409, "failed")
    assert response.json()["message"] == "Twilio cannot be reached. Nothing was sent."
    assert Action.objects.get().code == "unreachable"


def test_an_answer_that_is_no_call_changes_nothing(wish, ben, dana_call, rest):
    rest.answers = [(200, {"status": "completed"})]
    assert wish(ben, dana_call).json()["state"] == "accepted"
    assert Call.objects.get(pk=dana_call.pk).status == "talking"


# Again, at once, too late -------------------------------------------------------------------------------------------


def test_the_same_key_twice_is_one_request_and_one_answer(wish, ben, dana_call, rest):
    key = str(uuid4())
    first, second = wish(ben, dana_call, key=key), wish(ben, dana_call, key=key)
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json() == second.json()
    assert (second.headers["Replayed"], "Replayed" in first.headers) == ("true", False)
    assert len(rest.asked) == Action.objects.count() == 1


def test_the_same_key_for_another_wish_is_not_accepted(wish, ben, dana_call, rest):
    key = str(uuid4())
    wish(ben, dana_call, key=key)
    response = wish(ben, dana_call, key=key, target="CA" + "0" * 32)
    assert response.status_code == 422
    assert response.json()["message"] == "This key was used for another wish. Open the dialog again."
    assert [entry.facts["code"] for entry in Audit.objects.filter(what="action.refused")] == ["key"]


def test_the_key_of_another_person_is_no_concern_of_mine(wish, ben, alice, dana_call, rest):
    key = str(uuid4())
    wish(ben, dana_call, key=key)
    assert wish(alice, dana_call, key=key).status_code == 409


@pytest.mark.parametrize("key", ["", "7", "../../x"])
def test_a_wish_without_a_key_is_not_sent(wish, ben, dana_call, rest, key):
    response = wish(ben, dana_call, key=key)
    assert response.status_code == 422
    assert response.json()["message"] == "The wish has no key: open the dialog again."
    assert rest.asked == []
    entry = Audit.objects.get(call_id=dana_call.pk)
    assert (entry.what, entry.user_id, entry.facts) == ("action.refused", ben.pk, {"verb": "end", "code": "key"})


def test_the_key_may_come_as_a_header(client, ben, dana_call, rest):
    client.force_login(ben)
    headers = {"Accept": "application/json", "Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    assert client.post(f"/calls/{dana_call.pk}/end/", headers=headers).status_code == 202


def test_the_second_supervisor_hears_who_was_first_and_when(wish, ben, alice, dana_call, rest):
    wish(ben, dana_call)
    Action.objects.update(requested_at=timezone.now() - timedelta(seconds=3))
    response = wish(alice, dana_call)
    assert response.status_code == 409
    assert response.json()["message"] == "Ben Okafor is already on it (end, 3 s ago)."
    assert len(rest.asked) == 1
    assert history(dana_call)[-1] == "action.refused"


def test_an_end_that_shows_no_effect_may_be_asked_for_again(wish, ben, alice, dana_call, rest):
    wish(ben, dana_call)
    Action.objects.update(accepted_at=timezone.now() - GRACE * 2)
    assert wish(alice, dana_call).status_code == 202
    assert sorted(Action.objects.values_list("by__username", "state")) == [("alice", "accepted"), ("ben", "overtaken")]
    assert len(rest.asked) == 2


def test_two_supervisors_in_the_same_moment(ben, alice, dana_call, rest):
    clients, codes = [Client(), Client()], []
    for client, user in zip(clients, (ben, alice), strict=True):
        client.force_login(user)
    together = threading.Barrier(2)

    def press(client):
        together.wait()
        form = {"key": str(uuid4())}
        codes.append(
            client.post(f"/calls/{dana_call.pk}/end/", form, headers={"Accept": "application/json"}).status_code
        )
        connections.close_all()

    threads = [threading.Thread(target=press, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(codes) == [202, 409]
    assert len(rest.asked) == Action.objects.count() == 1


def test_an_ended_call_cannot_be_ended(wish, ben, dana_call, rest, twilio):
    hang_up(twilio, dana_call)
    response = wish(ben, dana_call)
    assert response.status_code == 409
    assert response.json()["message"] == "The call has ended already."
    assert (rest.asked, Action.objects.count()) == ([], 0)
    assert history(dana_call) == ["action.refused"]


# Which word is sent -------------------------------------------------------------------------------------------------


def outbound(twilio, line, status):
    sid = twilio.sid()
    twilio.status(sid, status, 1, From=LINE, To="+14155550188", Direction="outbound-api")
    return Call.objects.get(legs__sid=sid), sid


@pytest.mark.parametrize(
    ("status", "sent"),
    [("queued", "canceled"), ("initiated", "canceled"), ("ringing", "canceled"), ("in-progress", "completed")],
)
def test_what_has_not_been_answered_is_canceled(wish, ben, line, twilio, rest, status, sent):
    call, sid = outbound(twilio, line, status)
    rest.says("canceled")
    wish(ben, call)
    assert rest.asked == [(sid, {"Status": sent})]


def test_a_caller_who_seems_to_ring_is_completed(wish, ben, line, ana, twilio, rest):
    """An inbound leg reports no progress: it may have been answered long since."""
    sid, _ = twilio.call_in()
    wish(ben, Call.objects.get(legs__sid=sid))
    assert rest.asked == [(sid, {"Status": "completed"})]


def test_answered_in_the_same_moment_canceled_does_nothing_and_completed_follows(wish, ben, line, twilio, rest):
    call, sid = outbound(twilio, line, "ringing")
    rest.says("in-progress")
    assert wish(ben, call).json()["state"] == "accepted"
    assert rest.asked == [(sid, {"Status": "canceled"}), (sid, {"Status": "completed"})]


def test_canceled_refused_for_its_state_is_followed_by_completed(wish, ben, line, twilio, rest):
    call, sid = outbound(twilio, line, "ringing")
    rest.refuses(400, 21220, "Call is not in the expected state")
    assert wish(ben, call).json()["state"] == "accepted"
    assert [form["Status"] for _, form in rest.asked] == ["canceled", "completed"]


def two_strangers(twilio, call):
    """Two legs of one call without a parent, as in a room."""
    for number in ("+14155550101", "+14155550102"):
        said = {"From": LINE, "To": number, "Direction": "outbound-api"}
        twilio.status(twilio.sid(), "in-progress", 1, f"?call={call.pk}&role=external", **said)


def test_a_leg_that_is_refused_does_not_save_the_others(wish, ben, dana_call, rest, twilio):
    two_strangers(twilio, dana_call)
    rest.refuses(400, 21218, "No")
    response = wish(ben, dana_call)
    assert len(rest.asked) == 3
    assert response.json()["state"] == "failed"
    assert response.json()["message"] == "Only a part of it was accepted. Twilio refused: No (21218)."


def test_a_child_whose_parent_is_gone_is_ended_by_itself(wish, ben, dana_call, rest):
    """The callback of the caller's end was lost; Ana's leg lives on and is what there is to end."""
    rest.refuses(400, 21220, "Call is not in-progress. Cannot redirect.")
    assert wish(ben, dana_call).json()["state"] == "accepted"
    assert [sid for sid, _ in rest.asked] == [dana_call.legs.get(role=role).sid for role in ("caller", "agent")]


def test_a_call_that_has_ended_is_not_ended_again_for_a_leg_nobody_confirmed(wish, ben, dana_call, rest, twilio):
    for leg in dana_call.legs.all():
        twilio.status(leg.sid, "completed", 7)
    twilio.status(twilio.sid(), "ringing", 1, f"?call={dana_call.pk}&role=agent", Direction="outbound-dial")
    response = wish(ben, dana_call)
    assert (response.status_code, response.json()["message"]) == (409, "The call has ended already.")
    assert rest.asked == []


def test_a_wrong_account_is_told_in_words_and_holds_nobody_up(wish, ben, dana_call, rest, settings):
    settings.TWILIO_ACCOUNT_SID = "AC" + "x" * 32
    response = wish(ben, dana_call)
    assert (response.status_code, response.json()["state"]) == (409, "failed")
    assert "settings are wrong" in response.json()["message"]


def test_a_leg_that_is_gone_is_no_failure_of_the_others(wish, ben, dana_call, rest, twilio):
    two_strangers(twilio, dana_call)
    rest.refuses(404, 20404, "Not found")
    assert wish(ben, dana_call).json()["state"] == "accepted"


# Who may ------------------------------------------------------------------------------------------------------------


def test_wes_may_only_watch(wish, wes, dana_call, rest):
    response = wish(wes, dana_call)
    assert response.status_code == 403
    assert response.json() == {
        "action": None,
        "state": "refused",
        "code": "forbidden",
        "effects": [],
        "message": "You need the permission “Can end calls” on Billing.",
    }
    assert (rest.asked, Action.objects.count()) == ([], 0)
    assert list(Audit.objects.values_list("what", "user_id", "facts")) == [
        ("action.refused", wes.pk, {"verb": "end", "code": "forbidden"})
    ]


def test_wes_is_told_where_he_may(wish, wes, sales, dana_call, rest):
    Membership.objects.create(user=wes, team=sales, group=group("Supervisor", "view_call", "end_call"))
    told = wish(wes, dana_call).json()["message"]
    assert told == "You need the permission “Can end calls” on Billing. You have it on Sales."


def test_sue_of_another_team_finds_no_such_call(wish, sue, dana_call, rest):
    response = wish(sue, dana_call)
    assert response.status_code == 404
    assert response.json()["message"] == "There is nothing here that you may see."
    assert (rest.asked, Audit.objects.count()) == ([], 0)


def test_a_plain_form_is_answered_by_the_page_and_the_sentence(client, wes, dana_call, rest):
    client.force_login(wes)
    response = client.post(f"/calls/{dana_call.pk}/end/", {"key": str(uuid4())})
    assert (response.status_code, response.headers["Location"]) == (302, f"/calls/{dana_call.pk}/")
    said = [str(message) for message in response.wsgi_request._messages]
    assert said == ["You need the permission “Can end calls” on Billing."]


def test_a_verb_that_there_is_not(wish, ben, dana_call, rest):
    assert wish(ben, dana_call, verb="destroy").status_code == 404
