"""§3 of the facts: statuses, who reports what, and the points about legs.

Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values, …/docs/voice/twiml/dial
"""

import math

import pytest

from ..conftest import CALLER, NUMBER, STAY, dial, let_pass

CALLEE = "+14155550188"
DANA = "<Client {}>dana</Client>"


def test_3_1_a_child_is_never_queued(twilio, application, talking):
    twilio.post("/sim/settings", calls_per_second=0.01)
    talking()
    assert application.statuses()[0] == "initiated"


def test_3_1_a_pause_in_front_does_not_answer(twilio, application):
    application.says("/voice/", "<Pause length='20'/><Say>Hello.</Say>" + STAY)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: application.at("/voice/"))
    assert twilio.call(sid)["status"] == "ringing"
    twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")


def test_3_1_what_has_ended_never_changes_again(twilio, application, talking, client):
    caller, child = talking()
    twilio.hang_up(child)
    twilio.eventually(lambda: twilio.call(child)["over"])
    ended = client.calls(child).fetch()
    let_pass(twilio, 10)
    again = client.calls(child).fetch()
    assert (ended.status, ended.end_time) == (again.status, again.end_time)


def test_3_2_the_parents_callback_tells_nothing_of_its_children(twilio, application, client):
    application.says("/voice/", "<Dial><Client>dana</Client></Dial>")
    call = client.calls.create(
        to=CALLEE,
        from_=NUMBER,
        url=f"{application.url}/voice/",
        status_callback=f"{application.url}/status/",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    twilio.eventually(lambda: twilio.call(call.sid)["connected"])
    twilio.hang_up(call.sid)
    twilio.eventually(lambda: "completed" in application.statuses())
    assert {asked["CallSid"] for asked in application.at("/status/")} == {call.sid}


def test_3_2_a_leg_in_a_conference_by_twiml_has_no_call_events_but_the_numbers(twilio, application):
    application.says("/voice/", "<Dial><Conference>r</Conference></Dial>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["conference_sid"])
    twilio.hang_up(sid)
    twilio.eventually(lambda: application.at("/number/"))
    assert [asked.path for asked in application.asked] == ["/voice/", "/number/"]


def test_3_3_duration_is_in_minutes_begun_and_call_duration_in_seconds(twilio, application, client):
    twiml = "<Response><Say>Hello.</Say><Pause length='70'/></Response>"
    client.calls.create(to=CALLEE, from_=NUMBER, twiml=twiml, status_callback=f"{application.url}/status/")
    (report,) = twilio.eventually(lambda: application.at("/status/"))
    assert int(report["CallDuration"]) >= 70 and int(report["Duration"]) == math.ceil(int(report["CallDuration"]) / 60)


def test_3_3_only_the_last_report_has_a_duration_and_a_sip_code(twilio, application, talking):
    _, child = talking()
    twilio.hang_up(child)
    *earlier, last = twilio.eventually(lambda: len(application.at("/status/")) == 4 and application.at("/status/"))
    names = {"CallDuration", "Duration", "SipResponseCode"}
    assert names <= set(last.params) and not any(names & set(report.params) for report in earlier)


@pytest.mark.parametrize(
    ("attributes", "answer", "status", "bridged"),
    [
        ({}, "answers", "completed", "true"),
        ({}, "busy", "busy", "false"),
        ({"timeout": "5"}, "no-answer", "no-answer", "false"),
        ({}, "unreachable", "failed", "false"),
    ],
)
def test_3_5_the_action_says_how_the_dial_went(twilio, application, attributes, answer, status, bridged):
    twilio.post("/sim/behaviour", rules=[{"who": "client:*", "answer": answer, "talks": 3}])
    application.says("/voice/", dial(application, DANA, **attributes))
    application.says("/after/", STAY)
    twilio.ring(from_=CALLER, to=NUMBER)
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert (action["DialCallStatus"], action["DialBridged"], action["CallStatus"]) == (status, bridged, "in-progress")


def test_3_5_verbs_behind_a_dial_with_an_action_are_never_reached(twilio, application):
    twilio.post("/sim/behaviour", rules=[{"who": "client:*", "answer": "busy"}])
    application.says("/voice/", dial(application, DANA), "<Say>never</Say>")
    application.says("/after/", "<Say>instead</Say>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["over"])
    assert [one["text"] for one in twilio.call(sid)["heard"]] == ["instead"]


def test_3_5_of_several_only_one_is_named(twilio, application, client):
    twilio.post("/sim/behaviour", rules=[{"who": "client:dana", "after": 1, "talks": 2}, {"who": "*", "after": 90}])
    application.says("/voice/", dial(application, DANA, "<Client {}>ben</Client>"))
    application.says("/after/", STAY)
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    (dana,) = client.calls.list(parent_call_sid=caller, to="client:dana")
    assert action["DialCallSid"] == dana.sid


def test_3_5_a_conferences_action_says_answered_and_names_no_call(twilio, application, client):
    application.says("/voice/", "<Dial action='/after/'><Conference>r</Conference></Dial>")
    application.says("/after/", STAY)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["conference_sid"])
    client.conferences.list()[0].participants(sid).delete()
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert action["DialCallStatus"] == "answered"
    assert not {"DialCallSid", "DialCallDuration"} & set(action.params)


@pytest.mark.parametrize("choice", ["canceled", "no-answer"])
def test_3_6_how_a_losing_leg_ends_is_a_choice(twilio, application, client, choice):
    twilio.post("/sim/settings", choices={"loser_status": choice})
    twilio.post("/sim/behaviour", rules=[{"who": "client:dana", "after": 1}, {"who": "*", "after": 90}])
    application.says("/voice/", dial(application, DANA, "<Client {}>ben</Client>"))
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(caller)["connected"])
    (ben,) = client.calls.list(parent_call_sid=caller, to="client:ben")
    twilio.eventually(lambda: ben.fetch().status == choice)


@pytest.mark.parametrize("choice", ["canceled", "no-answer"])
def test_3_6_how_a_child_ends_whose_caller_hangs_up_is_a_choice(twilio, application, choice):
    twilio.post("/sim/settings", choices={"abandoned_child_status": choice})
    twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "no-answer"}])
    application.says("/voice/", dial(application, DANA, timeout="600"))
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: "ringing" in application.statuses())
    twilio.hang_up(caller)
    twilio.eventually(lambda: application.statuses()[-1] == choice)


def test_3_6_a_leg_moved_out_of_its_dial_keeps_its_sid_and_its_parents(twilio, application, talking, client):
    caller, child = talking()
    client.calls(child).update(twiml=f"<Response>{STAY}</Response>")
    twilio.eventually(lambda: twilio.call(child)["heard"])
    assert client.calls(child).fetch().parent_call_sid == caller
