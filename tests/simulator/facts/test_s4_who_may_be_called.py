"""§4.1, §4.5, §4.6 and §3.3 of the facts: who may be called and from where, what it costs, and what is told besides.

Source: https://www.twilio.com/docs/voice/api/call-resource
"""

import pytest

from ..conftest import CALLER, NUMBER, STAY, dial, let_pass, refusal

CALLEE = "+14155550188"
FAR_AWAY = "+8821234567890"


class TestBarred:
    @pytest.mark.parametrize("code", [21203, 21211, 21214, 21215, 21216, 21217, 21219])
    def test_4_6_by_rest_it_is_refused_with_the_reason(self, twilio, client, code):
        twilio.post("/sim/settings", barred=[{"who": "+882*", "code": code}])
        asked = refusal(lambda: client.calls.create(to=FAR_AWAY, from_=NUMBER, twiml="<Response/>"))
        assert asked == (400, code)
        assert client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>").sid

    def test_4_6_a_participant_is_refused_as_a_call_is(self, twilio, client):
        twilio.post("/sim/settings", barred=[{"who": "+882*"}])
        asked = refusal(lambda: client.conferences("r").participants.create(to=FAR_AWAY, from_=NUMBER))
        assert asked == (400, 21215)

    @pytest.mark.parametrize(("code", "noted"), [(21215, 13227), (21216, 13225), (21214, 13224)])
    def test_4_6_a_dial_has_failed_and_the_debugger_says_why(self, twilio, application, code, noted):
        twilio.post("/sim/settings", barred=[{"who": "+882*", "code": code}])
        application.says("/voice/", dial(application, f"<Number>{FAR_AWAY}</Number>", callerId=NUMBER))
        twilio.ring(from_=CALLER, to=NUMBER)
        assert twilio.eventually(lambda: application.at("/after/"))[0]["DialCallStatus"] == "failed"
        assert twilio.truth()["notes"][0]["code"] == noted
        assert len(twilio.calls()) == 1


class TestPassedOn:
    @pytest.fixture
    def token(self, twilio, application):
        application.says("/voice/", STAY)
        twilio.ring(from_=CALLER, to=NUMBER)
        return twilio.eventually(lambda: application.at("/voice/"))[0]["CallToken"]

    def test_4_1_with_the_token_of_their_call_it_may_come_from_the_caller(self, twilio, client, token):
        assert client.calls.create(to=CALLEE, from_=CALLER, twiml="<Response/>", call_token=token).sid
        made = client.conferences("r").participants.create(to=CALLEE, from_=CALLER, call_token=token)
        assert CALLER in [call["from"] for call in twilio.calls() if call["sid"] == made.call_sid]

    def test_4_1_but_not_from_anybody_else(self, client, token):
        form = {"to": CALLEE, "from_": "+14155550999", "twiml": "<Response/>", "call_token": token}
        assert refusal(lambda: client.calls.create(**form)) == (400, 21210)

    def test_4_1_and_not_without_it(self, client, token):
        asked = refusal(lambda: client.calls.create(to=CALLEE, from_=CALLER, twiml="<Response/>", call_token="made up"))
        assert asked == (400, 21210)


class TestTold:
    def test_4_5_the_price_is_known_some_minutes_after_the_end_and_negative(self, twilio, client):
        made = client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response><Pause length='70'/></Response>")
        twilio.eventually(lambda: made.fetch().status == "completed")
        # Unless this machine has spent five minutes in between.
        assert made.fetch().price in (None, "-0.02800")
        let_pass(twilio, 300)
        assert (made.fetch().price, made.fetch().price_unit) == ("-0.02800", "USD")

    def test_3_3_a_call_that_had_to_queue_says_how_long(self, twilio, application, client):
        twilio.post("/sim/settings", calls_per_second=0.5)
        for _ in range(2):
            report = {
                "status_callback": f"{application.url}/status/",
                "status_callback_event": ["ringing", "completed"],
            }
            client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>", **report)
        twilio.eventually(lambda: len(application.at("/status/")) == 4)
        waited = [int(asked.params.get("QueueTime", 0)) for asked in application.at("/status/")]
        assert max(waited) > 500 and len([one for one in waited if one > 500]) == 2

    def test_3_3_the_attestation_is_told_while_it_rings_and_when_it_is_answered(self, twilio, application, client):
        events = ["initiated", "ringing", "answered", "completed"]
        report = {"status_callback": f"{application.url}/status/", "status_callback_event": events}
        client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>", **report)
        twilio.eventually(lambda: len(application.at("/status/")) == 4)
        told = {asked["CallStatus"]: asked.params.get("StirStatus") for asked in application.at("/status/")}
        assert told == {"initiated": None, "ringing": "A", "in-progress": "A", "completed": None}

    def test_3_5_the_action_of_a_sip_dial_has_the_sip_code(self, twilio, application):
        twilio.post("/sim/behaviour", rules=[{"who": "sip:*", "answer": "busy"}])
        application.says("/voice/", dial(application, "<Sip>sip:desk@pbx.example</Sip>"))
        twilio.ring(from_=CALLER, to=NUMBER)
        assert twilio.eventually(lambda: application.at("/after/"))[0]["DialSipResponseCode"] == "486"
