"""§4.7, §4.6 and §8.2 of the facts: how many streams a call can have, and how one ends that the application closes."""

import requests

from ..conftest import ACCOUNT, NUMBER, STAY, TOKEN, refusal


def codes(twilio):
    return [note["code"] for note in twilio.truth()["notes"]]


def test_4_7_no_more_than_four_tracks_are_forked(twilio, live, sockets):
    call = live()
    call.streams.create(url=sockets.url, track="both_tracks", name="both")
    call.streams.create(url=sockets.url)
    call.streams.create(url=sockets.url)
    assert refusal(lambda: call.streams.create(url=sockets.url)) == (400, 31941)
    call.streams("both").update(status="stopped")
    call.streams.create(url=sockets.url, track="both_tracks")


def test_4_7_one_too_many_in_twiml_is_an_error_and_the_call_goes_on(twilio, application, live, sockets):
    stream = f'<Stream url="{sockets.url}" track="both_tracks" statusCallback="{application.url}/stream/"/>'
    live(f"<Start>{stream}{stream}{stream}</Start>{STAY}")
    twilio.eventually(lambda: "stream-error" in [asked["StreamEvent"] for asked in application.at("/stream/")])
    (error,) = [asked for asked in application.at("/stream/") if asked["StreamEvent"] == "stream-error"]
    assert error["StreamError"] == "31941" and codes(twilio) == [31941]


def test_3_7_a_detection_takes_one_of_the_four_while_it_listens(twilio, application, client, sockets):
    twilio.post("/sim/settings", timing={"machine_detected": [1000, 1000]})
    amd = {"machine_detection": "Enable", "machine_detection_timeout": 59, "async_amd": "true"}
    amd["async_amd_status_callback"] = f"{application.url}/amd/"
    made = client.calls.create(to="+14155550188", from_=NUMBER, twiml=f"<Response>{STAY}</Response>", **amd)
    twilio.eventually(lambda: made.fetch().status == "in-progress")
    for _ in range(3):
        client.calls(made.sid).streams.create(url=sockets.url)
    place = f"{twilio.url}{made.uri.removesuffix('.json')}/Streams.json"
    fourth = requests.post(place, auth=(ACCOUNT, TOKEN), data={"Url": sockets.url}, timeout=5)
    # A detection listens for a minute at most, which a slow machine may have spent by now.
    assert fourth.json().get("code") == 31941 or twilio.eventually(lambda: application.at("/amd/"))
    twilio.eventually(lambda: application.at("/amd/"))
    if fourth.status_code == 400:
        client.calls(made.sid).streams.create(url=sockets.url)


def test_4_6_a_track_that_there_is_not(twilio, live, sockets):
    live(f'<Start><Stream url="{sockets.url}" track="left"/></Start>{STAY}')
    twilio.eventually(lambda: codes(twilio) == [31941])


def test_4_6_a_fork_that_the_application_closes_is_an_error(twilio, application, live, sockets):
    live().streams.create(url=sockets.url, status_callback=f"{application.url}/stream/")
    twilio.eventually(lambda: sockets.of("start"))
    sockets.hang_up()
    twilio.eventually(lambda: len(application.at("/stream/")) == 2)
    started, ended = application.at("/stream/")
    assert (started["StreamEvent"], ended["StreamEvent"]) == ("stream-started", "stream-error")
    assert ended["StreamError"] == "31921" and codes(twilio) == [31921]


def test_8_2_a_connected_stream_that_the_application_closes_has_stopped(twilio, application, live, sockets):
    live(f'<Connect><Stream url="{sockets.url}" statusCallback="{application.url}/stream/"/></Connect>{STAY}')
    twilio.eventually(lambda: sockets.of("start"))
    sockets.hang_up()
    twilio.eventually(lambda: len(application.at("/stream/")) == 2)
    assert [asked["StreamEvent"] for asked in application.at("/stream/")] == ["stream-started", "stream-stopped"]
    assert codes(twilio) == []
