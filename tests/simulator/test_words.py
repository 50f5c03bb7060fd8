"""What the simulator says of itself, and does with what somebody got wrong: in words, and at once."""

import pytest
import requests

from simulator.from_json import WrongSetting, build
from simulator.scenario import Requests

from .conftest import CALLER, NUMBER, STAY


def test_of_two_calls_that_ring_ana_at_once_she_takes_one_and_the_other_is_busy(twilio, client):
    order = {"to": "client:ana", "from_": NUMBER, "twiml": f"<Response>{STAY}</Response>"}
    twilio.post("/sim/settings", timing={"dialling": [1, 1]})
    twilio.post("/sim/behaviour", rules=[{"who": "client:ana", "after": 20}])
    sids = [client.calls.create(**order).sid for _ in range(2)]
    states = {"in-progress", "busy"}
    twilio.eventually(lambda: {twilio.call(sid)["status"] for sid in sids} == states)
    assert all(twilio.call(sid)["ringing_at"] for sid in sids)


def test_a_body_that_is_no_json_is_told_so(twilio):
    answer = requests.post(f"{twilio.url}/sim/faults", data="lost=1", timeout=5)
    assert (answer.status_code, answer.json()) == (400, {"error": "The body must be JSON."})


def test_keys_that_there_are_not_are_refused_and_those_that_nobody_heard_say_so(twilio, application):
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    with pytest.raises(AssertionError, match="no 'x'"):
        twilio.key(sid, "1x")
    answer = twilio.post(f"/sim/calls/{sid}/digits", digits="1")
    assert answer == {"heard": False, "why": "Nobody was listening when 1 was pressed."}


def test_a_scenarios_request_that_the_rest_api_does_not_have_is_refused():
    with pytest.raises(WrongSetting, match="path: POST Call is none of the REST API's"):
        build(Requests, {"at": 1, "path": "Call"})


def test_who_waits_in_vain_reads_for_what_and_how_things_are(twilio, application):
    application.says("/voice/", "<Sing/>", STAY)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
    with pytest.raises(AssertionError) as vain:
        twilio.eventually(lambda: False, within=0.01, what="the end of the call")
    assert "the end of the call was not seen within 0.01 s" in str(vain.value)
    assert f"{sid} from {CALLER} to {NUMBER}: in-progress" in str(vain.value)
    assert f"12200 {sid}" in str(vain.value)


def test_of_a_callback_only_the_faults_that_took_effect_are_shown(twilio, application, client):
    client.incoming_phone_numbers.list()[0].update(status_callback=f"{application.url}/number/")
    application.says("/voice/", "<Reject/>")
    for faults, shown in (
        ({"lost": 1, "late": 1, "reordered": 1, "doubled": 1}, ["lost"]),
        ({"lost": 0, "late": 1, "reordered": 1, "doubled": 1}, ["late", "doubled"]),
    ):
        twilio.post("/sim/faults", callbacks=faults)
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (told,) = twilio.eventually(lambda sid=sid: twilio.webhooks("number-status", sid))
        assert told["faults"] == shown
