"""§10 of the facts, what of it is seen from here: a Voice SDK client in a browser connects to its TwiML application.

Source: https://www.twilio.com/docs/voice/sdks
"""

import pytest

from ..conftest import NUMBER, STAY, refusal


@pytest.fixture
def desk(application, client):
    application.says("/desk/", STAY)
    return client.applications.create(
        friendly_name="Desk", voice_url=f"{application.url}/desk/", status_callback=f"{application.url}/desk-status/"
    )


def test_10_the_applications_voice_url_is_asked_from_the_client_with_its_parameters(twilio, application, desk):
    parameters = {"room": "call-1", "mode": "listen"}
    sid = twilio.ring(from_="client:dana", application=desk.sid, parameters=parameters)["sid"]
    (asked,) = twilio.eventually(lambda: application.at("/desk/"))
    assert (asked["CallSid"], asked["From"], asked["Direction"]) == (sid, "client:dana", "inbound")
    assert (asked["room"], asked["mode"]) == ("call-1", "listen")
    assert not [name for name in asked.params if name.startswith("From") and name != "From"]
    twilio.hang_up(sid)
    assert twilio.eventually(lambda: application.at("/desk-status/"))[0]["CallStatus"] == "completed"


def test_10_a_client_can_listen_in_on_a_conference(twilio, application, client, desk):
    application.says("/voice/", "<Dial><Conference>r</Conference></Dial>")
    caller = twilio.ring(from_="+14155550123", to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(caller)["conference_sid"])
    noun = "<Conference muted='true' beep='false' startConferenceOnEnter='false'>r</Conference>"
    application.says("/desk/", f"<Dial>{noun}</Dial>")
    sid = twilio.ring(from_="client:sup", application=desk.sid)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["conference_sid"])
    (room,) = client.conferences.list()
    assert room.participants(sid).fetch().muted and not twilio.call(caller)["connected"]


def test_4_7_who_would_wait_for_more_than_a_day_is_not_taken(twilio, client):
    twilio.post("/sim/settings", calls_per_second=0.00002)
    calls = [client.calls.create(to="client:a", from_="client:b", twiml="<Response/>") for _ in range(2)]
    twilio.eventually(lambda: calls[0].fetch().status == "completed")
    refused = refusal(lambda: client.calls.create(to="client:a", from_="client:b", twiml="<Response/>"))
    assert refused == (429, 22005)
