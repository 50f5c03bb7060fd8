"""§3.7 of the facts: who or what has answered. Source: https://www.twilio.com/docs/voice/answering-machine-detection"""

from datetime import datetime

import pytest
import requests

from ..conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN, dial, let_pass

CALLEE = "+14155550188"


@pytest.fixture
def answers(twilio):
    """Everybody who is called is this kind of thing."""
    return lambda kind: twilio.post("/sim/behaviour", rules=[{"who": "*", "answered_by": kind}])


@pytest.fixture
def create(application, client):
    def call(**given):
        application.says("/answered/", STAY)
        return client.calls.create(to=CALLEE, from_=NUMBER, url=f"{application.url}/answered/", **given)

    return call


class TestSynchronous:
    @pytest.mark.parametrize(
        ("mode", "kind", "verdict"),
        [
            ("Enable", "human", "human"),
            ("Enable", "machine", "machine_start"),
            ("Enable", "machine_end_beep", "machine_start"),
            ("Enable", "fax", "fax"),
            ("Enable", "unknown", "unknown"),
            ("DetectMessageEnd", "human", "human"),
            ("DetectMessageEnd", "machine", "machine_end_beep"),
            ("DetectMessageEnd", "machine_end_silence", "machine_end_silence"),
            ("DetectMessageEnd", "machine_end_other", "machine_end_other"),
            ("DetectMessageEnd", "machine_start", "machine_end_beep"),
            ("DetectMessageEnd", "fax", "fax"),
        ],
    )
    def test_3_7_the_url_is_asked_after_the_verdict_and_with_it(
        self, twilio, application, answers, create, mode, kind, verdict
    ):
        answers(kind)
        call = create(machine_detection=mode)
        (asked,) = twilio.eventually(lambda: application.at("/answered/"))
        assert asked["AnsweredBy"] == verdict and int(asked["MachineDetectionDuration"]) >= 2000
        assert call.fetch().answered_by == verdict

    def test_3_7_the_callee_hears_nothing_until_then(self, twilio, application, create):
        twilio.post("/sim/settings", timing={"machine_detected": [50, 50]})
        call = create(machine_detection="Enable", machine_detection_timeout=59)
        (asked,) = twilio.eventually(lambda: twilio.webhooks("voice", call.sid))
        answered_at = datetime.fromisoformat(twilio.call(call.sid)["answered_at"])
        assert (datetime.fromisoformat(asked["at"]) - answered_at).total_seconds() >= 49.9

    def test_3_7_what_is_not_decided_in_time_is_unknown(self, twilio, application, create):
        twilio.post("/sim/settings", timing={"machine_detected": [50, 50]})
        create(machine_detection="Enable", machine_detection_timeout=3)
        (asked,) = twilio.eventually(lambda: application.at("/answered/"))
        assert (asked["AnsweredBy"], asked["MachineDetectionDuration"]) == ("unknown", "3000")

    def test_3_7_later_requests_do_not_repeat_it_but_the_last_report_does(self, twilio, application, create):
        call = create(machine_detection="Enable", status_callback=f"{application.url}/status/")
        twilio.eventually(lambda: application.at("/answered/"))
        call.update(status="completed")
        (report,) = twilio.eventually(lambda: application.at("/status/"))
        assert report["AnsweredBy"] == "human"

    def test_3_7_with_send_digits_there_is_no_detection(self, twilio, application, create):
        call = create(machine_detection="Enable", send_digits="12#")
        (asked,) = twilio.eventually(lambda: application.at("/answered/"))
        assert "AnsweredBy" not in asked.params
        assert [one["text"] for one in twilio.call(call.sid)["heard"]][0] == "12#"


class TestAsynchronous:
    def test_3_7_the_url_is_asked_at_once_and_the_verdict_is_told_elsewhere(self, twilio, application, answers, create):
        answers("machine")
        url = f"{application.url}/amd/"
        call = create(machine_detection="Enable", async_amd="true", async_amd_status_callback=url)
        (verdict,) = twilio.eventually(lambda: application.at("/amd/"))
        (asked,) = twilio.eventually(lambda: application.at("/answered/"))
        assert "AnsweredBy" not in asked.params
        assert {"CallSid", "AccountSid", "AnsweredBy", "MachineDetectionDuration"} == set(verdict.params)
        assert (verdict["CallSid"], verdict["AnsweredBy"]) == (call.sid, "machine_start")

    def test_3_7_a_call_that_ends_first_is_never_decided(self, twilio, application, create):
        twilio.post("/sim/settings", timing={"machine_detected": [20, 20]})
        url = f"{application.url}/amd/"
        call = create(machine_detection="Enable", async_amd="true", async_amd_status_callback=url)
        twilio.eventually(lambda: application.at("/answered/"))
        call.update(status="completed")
        twilio.eventually(lambda: call.fetch().status == "completed")
        let_pass(twilio, 30)
        assert application.at("/amd/") == [] and call.fetch().answered_by is None

    def test_3_7_without_a_callback_it_is_a_warning(self, twilio, create):
        create(machine_detection="Enable", async_amd="true")
        assert 21262 in [note["code"] for note in twilio.truth()["notes"]]

    def test_3_7_a_participants_verdict_goes_to_amd_status_callback(self, twilio, application, client, answers):
        answers("machine")
        client.conferences("r").participants.create(
            to=CALLEE, from_=NUMBER, machine_detection="Enable", amd_status_callback=f"{application.url}/amd/"
        )
        (verdict,) = twilio.eventually(lambda: application.at("/amd/"))
        assert verdict["AnsweredBy"] == "machine_start"

    def test_3_7_a_nouns_verdict_goes_to_its_own_callback(self, twilio, application, client, answers):
        answers("fax")
        noun = "<Number machineDetection='Enable' amdStatusCallback='/amd/'>+14155550188</Number>"
        application.says("/voice/", dial(application, noun))
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (verdict,) = twilio.eventually(lambda: application.at("/amd/"))
        assert verdict["AnsweredBy"] == "fax"
        assert client.calls(verdict["CallSid"]).fetch().parent_call_sid == caller

    def test_3_7_a_noun_without_a_callback_is_a_warning(self, twilio, application):
        noun = "<Number machineDetection='Enable'>+14155550188</Number>"
        application.says("/voice/", dial(application, noun))
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(caller)["connected"])
        assert 21262 in [note["code"] for note in twilio.truth()["notes"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"MachineDetection": "Sometimes"},
        {"MachineDetectionTimeout": "2"},
        {"MachineDetectionTimeout": "60"},
        {"MachineDetectionSpeechThreshold": "999"},
        {"MachineDetectionSpeechEndThreshold": "5001"},
        {"MachineDetectionSilenceTimeout": "abc"},
    ],
)
def test_3_7_a_setting_out_of_range_is_refused(twilio, wrong):
    data = {"To": CALLEE, "From": NUMBER, "Twiml": "<Response/>", "MachineDetection": "Enable", **wrong}
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    answer = requests.post(url, auth=(ACCOUNT, TOKEN), data=data, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, 21234)


@pytest.mark.parametrize(("path", "name"), [("Calls", "AmdStatusCallback"), ("Conferences/r/Participants", "AsyncAmd")])
def test_3_7_what_belongs_to_the_other_resource_is_a_warning(twilio, path, name):
    data = {"To": CALLEE, "From": NUMBER, "MachineDetection": "Enable", name: "http://a.example/"}
    data |= {"Twiml": "<Response/>"} if path == "Calls" else {"AmdStatusCallback": "http://127.0.0.1:9/"}
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/{path}.json"
    assert requests.post(url, auth=(ACCOUNT, TOKEN), data=data, timeout=5).status_code == 201
    assert 21263 in [note["code"] for note in twilio.truth()["notes"]]
