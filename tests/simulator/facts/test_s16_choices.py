"""§16 of the facts: what is not verified is a choice, and each choice makes a difference."""

from dataclasses import fields

import pytest
import requests

from simulator.settings import Choices

from ..application import Reply
from ..conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN, dial, let_pass, refusal

CALLEE = "+14155550188"
DANA = "<Client {}>dana</Client>"

# Those that are shown beside the rule that they belong to.
ELSEWHERE = {
    "inbound_callback_is_progress",
    "loser_status",
    "abandoned_child_status",
    "cancel_in_progress",
    "redirect_ringing_outbound",
    "moved_leg_reports",
    "connect_action_on_redirect",
    "plain_websockets",
}


@pytest.fixture
def choose(twilio):
    return lambda **choices: twilio.post("/sim/settings", choices=choices)


def test_no_choice_is_without_a_test():
    here = {name.split("__")[1] for name in globals() if "__" in name and name.startswith("test_16_")}
    assert here | ELSEWHERE == {one.name for one in fields(Choices)} and not here & ELSEWHERE


@pytest.mark.parametrize("status", ["no-answer", "canceled"])
def test_16_4__abandoned_parent_status(twilio, application, choose, status):
    choose(abandoned_parent_status=status)
    application.says("/voice/", "<Pause length='600'/>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: application.at("/voice/"))
    twilio.hang_up(sid)
    assert twilio.eventually(lambda: application.at("/number/"))[0]["CallStatus"] == status


@pytest.mark.parametrize("status", ["canceled", "no-answer"])
def test_16_16__redirected_ringing_dial_status(twilio, application, client, choose, status):
    choose(redirected_ringing_dial_status=status)
    twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "no-answer"}])
    application.says("/voice/", dial(application, DANA, timeout="600"))
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: "ringing" in application.statuses())
    client.calls(sid).update(twiml=f"<Response>{STAY}</Response>")
    assert twilio.eventually(lambda: application.at("/after/"))[0]["DialCallStatus"] == status


@pytest.mark.parametrize("answer", ["21220", "200"])
def test_16_1__update_ended(twilio, application, client, choose, answer):
    choose(update_ended=answer)
    application.says("/voice/", "<Hangup/>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["over"])
    if answer == "200":
        assert client.calls(sid).update(status="completed").status == "completed"
    else:
        assert refusal(lambda: client.calls(sid).update(status="completed")) == (400, 21220)


@pytest.mark.parametrize("may", [True, False])
def test_16_2__redirect_ringing_inbound(twilio, application, client, choose, may):
    choose(redirect_ringing_inbound=may)
    application.says("/voice/", "<Pause length='600'/>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: application.at("/voice/"))
    if may:
        client.calls(sid).update(twiml=f"<Response>{STAY}</Response>")
        twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
    else:
        assert refusal(lambda: client.calls(sid).update(twiml="<Response/>")) == (400, 21220)


@pytest.mark.parametrize("asked", [True, False])
def test_16_15__action_after_hang_up(twilio, application, choose, talking, asked):
    choose(action_after_hang_up=asked)
    caller, _ = talking()
    twilio.hang_up(caller)
    twilio.eventually(lambda: "completed" in application.statuses())
    let_pass(twilio, 5)
    assert len(application.at("/after/")) == asked


@pytest.mark.parametrize("goes_on", [True, False])
def test_16_7__kicked_leg_continues(twilio, application, client, choose, goes_on):
    choose(kicked_leg_continues=goes_on)
    application.says("/voice/", "<Dial><Conference>r</Conference></Dial>" + STAY)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["conference_sid"])
    client.conferences.list()[0].participants(sid).delete()
    twilio.eventually(lambda: twilio.call(sid)["heard"] if goes_on else twilio.call(sid)["over"])


@pytest.mark.parametrize("kept_out", [True, False])
def test_16__wait_error_keeps_out(twilio, application, choose, kept_out):
    choose(wait_error_keeps_out=kept_out)
    application.does("/wait/", lambda asked: Reply(status=500))
    application.says("/voice/", "<Dial action='/after/'><Conference waitUrl='/wait/'>r</Conference></Dial>")
    application.says("/after/", STAY)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: application.at("/wait/"))
    if kept_out:
        twilio.eventually(lambda: application.at("/after/"))
    let_pass(twilio, 5)
    assert bool(twilio.call(sid)["conference_sid"]) is not kept_out


@pytest.mark.parametrize("first", [0, 1])
def test_16__conference_sequence_start(twilio, application, choose, first):
    choose(conference_sequence_start=first)
    events = f"statusCallback='{application.url}/conference/' statusCallbackEvent='join'"
    application.says("/voice/", f"<Dial><Conference {events}>r</Conference></Dial>")
    twilio.ring(from_=CALLER, to=NUMBER)
    assert twilio.eventually(lambda: application.at("/conference/"))[0]["SequenceNumber"] == str(first)


@pytest.mark.parametrize("result", ["queue-empty", "timeout"])
def test_16_5__queue_empty_result(twilio, application, client, choose, result):
    choose(queue_empty_result=result)
    client.queues.create(friendly_name="support")
    application.says("/voice/", "<Dial action='/after/' timeout='5'><Queue>support</Queue></Dial>")
    twilio.ring(from_=CALLER, to=NUMBER)
    assert twilio.eventually(lambda: application.at("/after/"))[0]["DequeueResult"] == result


@pytest.mark.parametrize("result", ["queue-not-found", "error"])
def test_16_5__queue_not_found_result(twilio, application, choose, result):
    choose(queue_not_found_result=result)
    application.says("/voice/", "<Dial action='/after/'><Queue>support</Queue></Dial>")
    twilio.ring(from_=CALLER, to=NUMBER)
    assert twilio.eventually(lambda: application.at("/after/"))[0]["DequeueResult"] == result


@pytest.mark.parametrize("status", [200, 201])
def test_16_9__forks_answer(twilio, choose, talking, status):
    choose(forks_answer=status)
    caller, _ = talking()
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Calls/{caller}/Siprec.json"
    assert requests.post(url, auth=(ACCOUNT, TOKEN), data={"Name": "r"}, timeout=5).status_code == status


@pytest.mark.parametrize(("what", "status"), [("clamped", 200), ("20007", 400)])
def test_16__page_size_too_large(twilio, choose, what, status):
    choose(page_size_too_large=what)
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json?PageSize=1001"
    assert requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5).status_code == status
