"""Somebody calls one of the account's numbers."""

import math
import re

import pytest

from ..application import Reply
from ..conftest import ACCOUNT, CALLER, NUMBER


def test_2_1_the_voice_url_is_asked_while_it_rings_and_with_all_that_twilio_tells(twilio, application):
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    (asked,) = twilio.eventually(lambda: application.at("/voice/"))
    assert asked.method == "POST"
    assert re.fullmatch(r"CA[0-9a-f]{32}", sid)
    expected = {
        "CallSid": sid,
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": CALLER,
        "Caller": CALLER,
        "To": NUMBER,
        "Called": NUMBER,
        "FromCountry": "US",
        "FromCity": "",
    }
    assert expected.items() <= asked.params.items()
    assert "ParentCallSid" not in asked.params and "SequenceNumber" not in asked.params
    assert asked.headers["user-agent"] == "TwilioProxy/1.1"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", asked.headers["i-twilio-idempotency-token"])


def test_3_2_a_number_is_reported_once_at_the_end_and_without_a_place_in_an_order(twilio, application):
    application.says("/voice/", "<Say>one two three four five</Say>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    (report,) = twilio.eventually(lambda: application.at("/number/"))
    assert (report["CallSid"], report["CallStatus"]) == (sid, "completed")
    seconds = int(report["CallDuration"])
    assert seconds >= 1 and int(report["Duration"]) == math.ceil(seconds / 60)
    assert not {"SequenceNumber", "Timestamp", "CallbackSource"} & set(report.params)


def test_3_3_a_number_may_also_report_as_other_legs_do(twilio, application):
    twilio.post("/sim/settings", choices={"inbound_callback_is_progress": True})
    application.says("/voice/", "<Hangup/>")
    twilio.ring(from_=CALLER, to=NUMBER)
    (report,) = twilio.eventually(lambda: application.at("/number/"))
    assert (report["SequenceNumber"], report["CallbackSource"]) == ("0", "call-progress-events")


@pytest.mark.parametrize(
    ("verbs", "status"),
    [
        ("<Reject/>", "no-answer"),
        ("<Reject reason='busy'/>", "busy"),
        ("<Hangup/>", "completed"),
        ("", "completed"),
        ("<Nonsense/>", "completed"),
        ("<Play>/hello.mp3</Play><Reject/>", "completed"),
    ],
)
def test_3_1_how_a_call_ends_that_nobody_takes(twilio, application, verbs, status):
    application.says("/voice/", verbs)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: application.at("/number/"))
    assert twilio.call(sid)["status"] == application.at("/number/")[0]["CallStatus"] == status


def test_2_2_a_redirect_leads_on_and_relative_urls_are_the_documents_own(twilio, application):
    application.says("/voice/", "<Redirect>sub/next/?step=2</Redirect><Say>never</Say>")
    application.says("/voice/sub/next/", "<Say>here</Say>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["over"])
    (asked,) = application.at("/voice/sub/next/")
    # Nothing has answered the caller yet: a redirect as the first verb lets it ring on.
    assert (asked.query, asked["CallStatus"]) == ("step=2", "ringing")
    assert [heard["text"] for heard in twilio.call(sid)["heard"]] == ["here"]


def test_a_caller_who_has_said_their_piece_hangs_up(twilio, application):
    sid = twilio.ring(from_=CALLER, to=NUMBER, hang_up_after=5)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["over"])
    assert twilio.call(sid)["ended_by"] == "caller"


def test_3_1_a_caller_who_leaves_before_anything_answered_was_not_served(twilio, application):
    application.does("/voice/", lambda asked: Reply("<Response><Say>too late</Say></Response>", after=0.3))
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: application.at("/voice/"))
    twilio.hang_up(sid)
    (report,) = twilio.eventually(lambda: application.at("/number/"))
    assert (report["CallStatus"], report["CallDuration"]) == ("no-answer", "0")


class TestGather:
    def test_the_caller_keys_what_their_script_says(self, twilio, application):
        application.says("/voice/", "<Gather numDigits='1' action='/menu/'><Say>press one</Say></Gather>")
        application.says("/menu/", "<Hangup/>")
        twilio.ring(from_=CALLER, to=NUMBER, digits=["2"])
        (asked,) = twilio.eventually(lambda: application.at("/menu/"))
        assert (asked["Digits"], asked["CallStatus"]) == ("2", "in-progress")

    def test_2_1_keys_pressed_at_the_door_are_heard_up_to_the_finish_key(self, twilio, application):
        application.says("/voice/", "<Gather action='/menu/' timeout='600'/>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.key(sid, "4"))
        twilio.key(sid, "2#9")
        (asked,) = twilio.eventually(lambda: application.at("/menu/"))
        assert (asked["Digits"], asked["FinishedOnKey"]) == ("42", "#")

    def test_who_keys_nothing_goes_on_to_the_next_verb(self, twilio, application):
        application.says("/voice/", "<Gather action='/menu/'/><Redirect>/nothing/</Redirect>")
        application.says("/nothing/")
        twilio.ring(from_=CALLER, to=NUMBER)
        twilio.eventually(lambda: application.at("/nothing/"))
        assert application.at("/menu/") == []

    def test_keys_are_not_heard_where_nobody_asked(self, twilio, application):
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        assert twilio.key(sid, "1") is False


def test_3_2_a_noun_that_asks_for_no_callback_gets_none(twilio, application):
    application.says("/voice/", "<Dial><Client>dana</Client></Dial>")
    twilio.post("/sim/behaviour", rules=[{"who": "client:*", "after": 1, "talks": 3}])
    twilio.ring(from_=CALLER, to=NUMBER)
    twilio.eventually(lambda: application.at("/number/"))
    assert [asked.path for asked in application.asked] == ["/voice/", "/number/"]


def test_2_1_a_call_by_sip_says_so(twilio, application):
    twilio.ring(from_="sip:desk@pbx.example", to=NUMBER)
    (asked,) = twilio.eventually(lambda: application.at("/voice/"))
    assert (asked["From"], asked["SipDomain"]) == ("sip:desk@pbx.example", "pbx.example")
    assert asked["SipCallId"] and "StirVerstat" not in asked.params and "FromCity" not in asked.params
