"""<Dial> with people: who is rung, what is reported of them, and how the caller goes on."""

import pytest

from ..conftest import CALLER, NUMBER, dial

DANA = "<Client {}>dana</Client>"


def behaves(twilio, who="client:*", **manner):
    twilio.post("/sim/behaviour", add={"who": who, **manner})


def test_3_3_a_child_reports_each_event_in_order_and_counts_them(twilio, application, talking):
    caller, child = talking()
    twilio.hang_up(child)
    twilio.eventually(lambda: "completed" in application.statuses())
    reports = application.at("/status/")
    assert [report["CallStatus"] for report in reports] == ["initiated", "ringing", "in-progress", "completed"]
    assert [report["SequenceNumber"] for report in reports] == ["0", "1", "2", "3"]
    for report in reports:
        assert (report["CallSid"], report["ParentCallSid"]) == (child, caller)
        assert (report["From"], report["To"], report["Direction"]) == (CALLER, "client:dana", "outbound-dial")
        assert report["CallbackSource"] == "call-progress-events" and report["Timestamp"].endswith("+0000")
        assert "FromCountry" in report.params and "ToCountry" not in report.params
    last = reports[-1]
    assert last["SipResponseCode"] == "200"
    assert int(last["CallDuration"]) == twilio.call(child)["duration"]
    assert "CallDuration" not in reports[2].params


def test_3_5_after_the_callee_hangs_up_the_action_says_how_it_went(twilio, application, talking):
    caller, child = talking()
    twilio.hang_up(child)
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert (action["CallSid"], action["CallStatus"], action["DialCallSid"]) == (caller, "in-progress", child)
    assert (action["DialCallStatus"], action["DialBridged"]) == ("completed", "true")
    assert int(action["DialCallDuration"]) == twilio.call(child)["duration"]


def test_3_5_when_the_caller_hangs_up_the_action_is_still_asked_and_the_child_ends(twilio, application, talking):
    caller, child = talking()
    application.says("/after/", "<Say>nobody hears this</Say>")
    twilio.hang_up(caller)
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert action["CallStatus"] == "completed"
    twilio.eventually(lambda: application.statuses(sid=child)[-1:] == ["completed"])
    assert twilio.call(caller)["heard"] == []


@pytest.mark.parametrize(
    ("answer", "status", "sip", "events"),
    [
        ("busy", "busy", "486", ["initiated", "busy"]),
        ("rejects", "busy", "603", ["initiated", "ringing", "busy"]),
        ("no-answer", "no-answer", "487", ["initiated", "ringing", "no-answer"]),
        ("unreachable", "failed", "404", ["initiated", "failed"]),
    ],
)
def test_3_1_a_callee_who_does_not_come(twilio, application, answer, status, sip, events):
    behaves(twilio, answer=answer)
    application.says("/voice/", dial(application, DANA, timeout="10"))
    application.says("/after/", "<Hangup/>")
    twilio.ring(from_=CALLER, to=NUMBER)
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert (action["DialCallStatus"], action["DialBridged"]) == (status, "false")
    twilio.eventually(lambda: application.statuses() == events)
    assert application.at("/status/")[-1]["SipResponseCode"] == sip
    assert application.at("/status/")[-1]["CallDuration"] == "0"
    # The caller was answered by Twilio, so their own call is complete although nobody came.
    assert twilio.eventually(lambda: application.at("/number/"))[0]["CallStatus"] == "completed"


def test_0_1_10_only_what_was_asked_for_is_reported_and_counted(twilio, application):
    behaves(twilio, answer="busy")
    noun = f"<Client statusCallback='{application.url}/status/'>dana</Client>"
    application.says("/voice/", f"<Dial>{noun}</Dial>")
    twilio.ring(from_=CALLER, to=NUMBER)
    (report,) = twilio.eventually(lambda: application.at("/status/"))
    assert (report["CallStatus"], report["SequenceNumber"]) == ("busy", "0")


def test_3_5_without_an_action_the_next_verb_follows(twilio, application):
    behaves(twilio, answer="busy")
    application.says("/voice/", "<Dial><Client>dana</Client></Dial><Say>sorry</Say>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["over"])
    assert [heard["text"] for heard in twilio.call(sid)["heard"]] == ["sorry"]


def test_somebody_on_a_call_is_busy_for_the_next_caller(twilio, application, talking):
    talking()
    application.says("/after/", "<Hangup/>")
    twilio.ring(from_="+14155550199", to=NUMBER)
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert (action["From"], action["DialCallStatus"]) == ("+14155550199", "busy")


def test_3_6_of_several_the_first_to_answer_gets_the_call_and_the_rest_stop_ringing(twilio, application, client):
    behaves(twilio, who="client:slow", after=20)
    behaves(twilio, who="sip:quick@pbx.example", after=1)
    application.says(
        "/voice/",
        dial(
            application,
            "<Client {}>slow</Client>",
            "<Sip {}>quick@pbx.example</Sip>",
            "<Number {}>+14155550188</Number>",
        ),
    )
    behaves(twilio, who="+1*", answer="busy")
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(caller)["connected"])
    twilio.eventually(lambda: len([c for c in twilio.calls() if c["over"]]) == 2)
    children = {call.to: call.status for call in client.calls.list(parent_call_sid=caller)}
    assert children == {"client:slow": "canceled", "sip:quick@pbx.example": "in-progress", "+14155550188": "busy"}


def test_7_one_after_the_other_if_the_dial_says_so(twilio, application):
    behaves(twilio, who="client:first", answer="busy")
    application.says(
        "/voice/", dial(application, "<Client {}>first</Client>", "<Client {}>second</Client>", sequential="true")
    )
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(caller)["connected"])
    _, first, second = twilio.calls()
    assert first["to"] == "client:first" and first["ended_at"] <= second["created_at"]


class TestAnswerOnBridge:
    def test_3_6_the_caller_hears_it_ring_until_somebody_answers(self, twilio, application):
        behaves(twilio, after=30)
        application.says("/voice/", dial(application, DANA, answerOnBridge="true"))
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: "ringing" in application.statuses())
        assert twilio.call(caller)["status"] == "ringing"
        twilio.eventually(lambda: twilio.call(caller)["connected"])
        assert twilio.call(caller)["status"] == "in-progress"

    def test_3_6_if_nobody_does_the_callers_call_ends_as_the_childs_did(self, twilio, application):
        behaves(twilio, answer="busy")
        application.says("/voice/", dial(application, DANA, answerOnBridge="true"))
        application.says("/after/", "<Hangup/>")
        twilio.ring(from_=CALLER, to=NUMBER)
        (report,) = twilio.eventually(lambda: application.at("/number/"))
        assert (report["CallStatus"], report["CallDuration"]) == ("busy", "0")


class TestWhisper:
    def test_7_the_callee_hears_it_before_the_bridge(self, twilio, application):
        application.says("/voice/", dial(application, "<Number {} url='/whisper/'>+14155550188</Number>"))
        application.says("/whisper/", "<Say>a call from billing</Say>")
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(caller)["connected"])
        (asked,) = application.at("/whisper/")
        assert (asked["ParentCallSid"], asked["CallStatus"]) == (caller, "in-progress")
        assert [heard["text"] for heard in twilio.call(asked["CallSid"])["heard"]] == ["a call from billing"]

    def test_7_hanging_up_there_declines_the_call(self, twilio, application):
        application.says("/voice/", dial(application, "<Number {} url='/whisper/'>+14155550188</Number>"))
        application.says("/whisper/", "<Hangup/>")
        application.says("/after/", "<Hangup/>")
        twilio.ring(from_=CALLER, to=NUMBER)
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert action["DialBridged"] == "false"


def test_7_a_number_is_not_called_from_a_number_that_is_not_ours(twilio, application):
    application.says("/voice/", dial(application, "<Number {}>+14155550188</Number>", callerId="+19998887777"))
    application.says("/after/", "<Hangup/>")
    twilio.ring(from_=CALLER, to=NUMBER)
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert action["DialCallStatus"] == "failed"
    assert [note["code"] for note in twilio.truth()["notes"]] == [13214]


def test_7_a_dial_ends_at_its_time_limit(twilio, application):
    application.says("/voice/", dial(application, DANA, timeLimit="5"))
    twilio.ring(from_=CALLER, to=NUMBER)
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert action["DialCallStatus"] == "completed" and int(action["DialCallDuration"]) >= 4
