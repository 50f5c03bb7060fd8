"""§0.1 of the facts: what is most often got wrong. Those that are not here are shown beside their own kind."""

from urllib.parse import quote

import pytest
import requests
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from ..conftest import ACCOUNT, CALLER, KEY, NUMBER, SECRET, STAY, TOKEN, dial, let_pass, refusal

CALLEE = "+14155550188"
ALL = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture
def reported(application, client):
    """A call by REST that reports all of its progress."""

    def create(**given):
        twiml = f"<Response>{STAY}</Response>"
        given = {"twiml": twiml, "status_callback_event": ALL, **given}
        return client.calls.create(to=CALLEE, from_=NUMBER, status_callback=f"{application.url}/status/", **given)

    return create


@pytest.fixture
def room(application, client):
    """A conference of two by TwiML, and the SIDs of their calls."""

    def enter(twilio, **attributes):
        given = " ".join(f"{name}='{value}'" for name, value in attributes.items())
        events = f"statusCallback='{application.url}/conference/' statusCallbackEvent='start end join leave'"
        application.says("/voice/", f"<Dial><Conference {events} {given}>r</Conference></Dial>")
        sids = []
        for caller in (CALLER, "+14155550124"):
            sids.append(twilio.ring(from_=caller, to=NUMBER)["sid"])
            twilio.eventually(lambda: twilio.call(sids[-1])["conference_sid"])
        return client.conferences.list(friendly_name="r")[0], sids

    return enter


def test_0_1_1_initiated_is_a_word_of_webhooks_only(twilio, application, client, reported):
    twilio.post("/sim/settings", timing={"dialling": [20, 20]})
    call = reported()
    twilio.eventually(lambda: application.statuses() == ["initiated"])
    assert call.fetch().status in ("queued", "ringing")
    assert [one.sid for one in client.calls.list(status="initiated")] == []


def test_0_1_2_the_event_answered_arrives_as_in_progress_and_no_event_is_named(twilio, application, reported):
    call = reported(status_callback_event=["answered"])
    (report,) = twilio.eventually(lambda: application.at("/status/"))
    assert report["CallStatus"] == "in-progress" and "StatusCallbackEvent" not in report.params
    call.update(status="completed")
    twilio.eventually(lambda: call.fetch().status == "completed")
    assert application.statuses() == ["in-progress"]


@pytest.mark.parametrize("status", ["busy", "failed", "no-answer", "completed"])
def test_0_1_2_the_event_completed_arrives_as_any_end(twilio, application, reported, status):
    answer = {"failed": "unreachable", "completed": "answers"}.get(status, status)
    twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": answer}])
    reported(status_callback_event=["completed"], twiml="<Response/>", timeout=5)
    (report,) = twilio.eventually(lambda: application.at("/status/"))
    assert report["CallStatus"] == status


def test_0_1_3_in_rest_events_are_repeated_in_twiml_one_string(twilio, application, reported, talking):
    reported()
    twilio.eventually(lambda: len(application.statuses()) == 3)
    application.asked.clear()
    talking()
    twilio.eventually(lambda: application.statuses() == ["initiated", "ringing", "in-progress"])


def test_0_1_4_an_update_cannot_change_which_events_are_reported(twilio, application, reported):
    call = reported(status_callback_event=["answered"])
    twilio.eventually(lambda: application.statuses())
    application.says("/new/", STAY)
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Calls/{call.sid}.json"
    data = {"Url": f"{application.url}/new/", "StatusCallbackEvent": "completed"}
    assert requests.post(url, auth=(ACCOUNT, TOKEN), data=data, timeout=5).status_code == 200
    twilio.eventually(lambda: application.at("/new/"))
    call.update(status="completed")
    twilio.eventually(lambda: call.fetch().status == "completed")
    let_pass(twilio, 5)
    assert application.statuses() == ["in-progress"]


def test_0_1_8_canceled_does_nothing_to_a_parent_whose_child_still_rings_and_completed_does(
    twilio, application, client
):
    twilio.post("/sim/behaviour", rules=[{"who": "client:*", "answer": "no-answer"}])
    application.says("/voice/", dial(application, "<Client {}>dana</Client>", timeout="600"))
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: "ringing" in application.statuses())
    assert client.calls(caller).fetch().status == "in-progress"
    client.calls(caller).update(status="canceled")
    let_pass(twilio, 5)
    assert client.calls(caller).fetch().status == "in-progress"
    client.calls(caller).update(status="completed")
    twilio.eventually(lambda: client.calls(caller).fetch().status == "completed")


def test_0_1_9_the_parent_is_completed_though_nobody_answered_the_child(twilio, application, client):
    twilio.post("/sim/behaviour", rules=[{"who": "client:*", "answer": "no-answer"}])
    application.says("/voice/", dial(application, "<Client {}>dana</Client>", timeout="5", action="/after/"))
    application.says("/after/", "<Hangup/>")
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    (report,) = twilio.eventually(lambda: application.at("/number/"))
    (child,) = client.calls.list(parent_call_sid=caller)
    assert (report["CallStatus"], child.status) == ("completed", "no-answer")


def test_0_1_12_the_fragment_is_neither_sent_nor_signed(twilio, application, reported):
    call = reported(status_callback_event=["completed"], twiml="<Response/>")
    twilio.eventually(lambda: call.fetch().status == "completed")
    application.says("/voice/", f"<Redirect>{application.url}/next/?a=1#rc=2&amp;rp=5xx</Redirect>")
    application.says("/next/", STAY)
    twilio.ring(from_=CALLER, to=NUMBER)
    (asked,) = twilio.eventually(lambda: application.at("/next/"))
    assert asked.query == "a=1"
    signature = asked.headers["x-twilio-signature"]
    validate = RequestValidator(TOKEN).validate
    assert validate(f"{application.url}/next/?a=1", asked.params, signature)
    assert not validate(f"{application.url}/next/?a=1#rc=2&rp=5xx", asked.params, signature)


def test_0_1_13_it_is_the_accounts_token_that_signs_also_what_a_key_has_set_off(twilio, application):
    client = Client(KEY, SECRET, ACCOUNT)
    client.api.base_url = twilio.url
    application.says("/voice/", STAY)
    client.calls.create(to=CALLEE, from_=NUMBER, url=f"{application.url}/voice/")
    (asked,) = twilio.eventually(lambda: application.at("/voice/"))
    signature = asked.headers["x-twilio-signature"]
    assert RequestValidator(TOKEN).validate(f"{application.url}/voice/", asked.params, signature)
    assert not RequestValidator(SECRET).validate(f"{application.url}/voice/", asked.params, signature)


def test_0_1_16_hold_music_is_asked_by_get_and_an_announcement_by_post(twilio, application, room):
    conference, (caller, _) = room(twilio)
    participant = conference.participants(caller)
    participant.update(hold=True, hold_url=f"{application.url}/music/")
    participant.update(announce_url=f"{application.url}/announcement/")
    twilio.eventually(lambda: application.at("/music/") and application.at("/announcement/"))
    assert (application.at("/music/")[0].method, application.at("/announcement/")[0].method) == ("GET", "POST")


def test_0_1_17_a_participant_has_no_status_that_could_be_set(twilio, room):
    conference, (caller, _) = room(twilio)
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Conferences/{conference.sid}/Participants/{caller}.json"
    answer = requests.post(url, auth=(ACCOUNT, TOKEN), data={"Status": "completed"}, timeout=5)
    assert (answer.status_code, answer.json()["status"]) == (200, "connected")
    assert not twilio.call(caller)["over"]


@pytest.mark.parametrize("label", ["agent", "agent one", "wörter & more?", "50%"])
def test_0_1_18_a_participant_is_found_by_its_label_percent_encoded(twilio, client, room, label):
    conference, _ = room(twilio)
    added = conference.participants.create(to=CALLEE, from_=NUMBER, label=label)
    found = client.conferences(conference.sid).participants(quote(label, safe="")).fetch()
    assert (found.call_sid, found.label) == (added.call_sid, label)


def test_0_1_21_the_reason_has_underscores_in_a_leave_and_hyphens_at_the_end(twilio, application, room):
    conference, _ = room(twilio)
    conference.update(status="completed")
    leave, *_, end = twilio.eventually(
        lambda: (
            "conference-end" in application.events()
            and [
                one for one in application.at("/conference/") if one["StatusCallbackEvent"].endswith(("leave", "-end"))
            ]
        )
    )
    assert leave["ReasonParticipantLeft"] == "conference_ended_via_api"
    assert end["ReasonConferenceEnded"] == "conference-ended-via-api" == conference.fetch().reason_conference_ended


def test_0_1_25_a_live_participants_label_and_start_cannot_be_changed(twilio, room):
    conference, (caller, _) = room(twilio, participantLabel="caller", startConferenceOnEnter="true")
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Conferences/{conference.sid}/Participants/{caller}.json"
    data = {"Label": "other", "StartConferenceOnEnter": "false", "EndConferenceOnExit": "true"}
    after = requests.post(url, auth=(ACCOUNT, TOKEN), data=data, timeout=5).json()
    assert (after["label"], after["start_conference_on_enter"]) == ("caller", True)
    assert after["end_conference_on_exit"] is True


def test_0_1_22_async_amd_is_no_parameter_of_participants(twilio, room):
    conference, _ = room(twilio)
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Conferences/{conference.sid}/Participants.json"
    data = {"To": CALLEE, "From": NUMBER, "AsyncAmd": "true"}
    assert requests.post(url, auth=(ACCOUNT, TOKEN), data=data, timeout=5).status_code == 201
    assert {20001, 21263} <= {note["code"] for note in twilio.truth()["notes"]}


def test_0_1_23_inline_twiml_of_4000_characters_is_still_fine(twilio, talking, client):
    caller, _ = talking()
    frame = "<Response><Say></Say></Response>"
    long = f"<Response><Say>{'a' * (4000 - len(frame))}</Say></Response>"
    client.calls(caller).update(twiml=long)
    assert refusal(lambda: client.calls(caller).update(twiml=f"{long} ")) == (400, 32018)
