"""Twilio's library for Python against the simulator: what an application does with it, from end to end."""

import asyncio
from datetime import UTC, datetime

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from .conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN, refusal
from .documented import examples, here

CALLEE = "+14155550188"
NOBODY = "CA" + "0" * 32


@pytest.fixture
def caller(twilio, application):
    """Somebody who has called the number and hears the first words."""

    def ring(verbs: str = STAY) -> str:
        application.says("/voice/", verbs)
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
        return sid

    return ring


@pytest.mark.parametrize("example", examples("python"))
def test_the_documentations_examples_reach_it(twilio, example):
    made: dict[str, Client] = {}
    exec(here(example, twilio.url), made)  # noqa: S102 - the page is ours
    assert made["client"].queues.create(friendly_name="reached").max_size == 1000
    assert [asked["path"] for asked in twilio.asked()][-1].endswith("/Queues.json")


def test_a_call_is_made_with_many_parameters(twilio, application, client):
    application.says("/answered/", "<Say>Hello.</Say><Hangup/>")
    call = client.calls.create(
        to=CALLEE,
        from_=NUMBER,
        url=f"{application.url}/answered/",
        method="GET",
        fallback_url=f"{application.url}/fallback/",
        fallback_method="GET",
        status_callback=f"{application.url}/status/",
        status_callback_method="POST",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        send_digits="ww12#",
        timeout=30,
        time_limit=600,
        record=True,
        recording_channels="dual",
        recording_track="both",
        recording_status_callback=f"{application.url}/recording/",
        recording_status_callback_event=["in-progress", "completed"],
        trim="do-not-trim",
        call_reason="your appointment",
    )
    assert (call.status, call.direction, call.start_time) == ("queued", "outbound-api", None)
    assert isinstance(call.date_created, datetime)
    twilio.eventually(lambda: len(application.at("/recording/")) == 2)
    assert application.statuses() == ["initiated", "ringing", "in-progress", "completed"]
    assert [asked.method for asked in application.at("/answered/")] == ["GET"]
    (recording,) = call.recordings.list()
    assert (recording.channels, recording.source) == (2, "OutboundAPI")
    assert call.fetch().end_time is not None
    assert twilio.truth()["notes"] == []  # a parameter that is not known would be noted


def test_a_list_is_read_over_two_pages(twilio, client):
    made = [client.calls.create(to=f"+1415555020{place}", from_=NUMBER, twiml="<Response/>") for place in range(5)]
    sids = [call.sid for call in reversed(made)]
    assert [call.sid for call in client.calls.list(page_size=3)] == sids
    assert [call.sid for call in client.calls.stream(page_size=3, limit=4)] == sids[:4]
    first = client.calls.page(page_size=3)
    assert [call.sid for call in first] == sids[:3]
    second = first.next_page()
    assert [call.sid for call in second] == sids[3:]
    assert second.next_page() is None
    assert [call.sid for call in second.previous_page()] == sids[:3]
    assert client.calls.list(start_time_after=datetime(2100, 1, 1, tzinfo=UTC)) == []


def test_a_live_call_is_redirected_by_url_and_by_twiml_and_ended(twilio, application, client, caller):
    sid = caller()
    application.says("/other/", STAY)
    assert client.calls(sid).update(url=f"{application.url}/other/", method="GET").status == "in-progress"
    twilio.eventually(lambda: application.at("/other/"))
    application.says("/third/", STAY)
    client.calls(sid).update(twiml=f"<Response><Redirect>{application.url}/third/</Redirect></Response>")
    twilio.eventually(lambda: application.at("/third/"))
    client.calls(sid).update(status="completed")
    twilio.eventually(lambda: client.calls(sid).fetch().status == "completed")
    assert client.calls(sid).delete() is True


def test_a_conference_added_to_held_muted_coached_kicked_from_and_ended(twilio, application, client, caller):
    sid = caller("<Dial><Conference>room 1</Conference></Dial>")
    agent = client.conferences("room 1").participants.create(
        to="client:dana", from_=NUMBER, label="agent", beep="onEnter", early_media=True, timeout=20
    )
    room = twilio.eventually(lambda: client.conferences.list(status="in-progress"))[0]
    here = client.conferences(room.sid)
    assert {one.call_sid for one in here.participants.list(page_size=1)} == {sid, agent.call_sid}
    assert here.participants(sid).update(hold=True, hold_url=f"{application.url}/music/").hold is True
    coach = {"to": "client:sup", "from_": NUMBER, "coaching": True}
    assert refusal(lambda: here.participants.create(**coach, call_sid_to_coach=sid)) == (400, 16027)
    assert refusal(lambda: here.participants.create(**coach, call_sid_to_coach=NOBODY)) == (400, 16028)
    assert here.participants.create(**coach, call_sid_to_coach=agent.call_sid).coaching is True
    assert here.participants("agent").update(muted=True).muted is True
    assert [one.call_sid for one in here.participants.list(muted=True)] == [agent.call_sid]
    here.update(announce_url=f"{application.url}/news/")
    assert here.participants("agent").delete() is True
    assert refusal(lambda: here.participants("agent").fetch()) == (404, 20404)
    here.update(status="completed")
    assert here.fetch().reason_conference_ended == "conference-ended-via-api"
    assert refusal(lambda: here.participants.create(to="client:dana", from_=NUMBER)) == (404, 16022)


def test_a_queue_and_its_members(twilio, application, client, caller):
    queue = client.queues.create(friendly_name="support", max_size=5)
    application.says("/wait/", STAY)
    sid = caller(f'<Enqueue waitUrl="{application.url}/wait/">support</Enqueue>')
    (member,) = twilio.eventually(lambda: client.queues(queue.sid).members.list())
    assert (member.call_sid, member.position) == (sid, 1)
    application.says("/out/", STAY)
    client.queues(queue.sid).members("Front").update(url=f"{application.url}/out/")
    twilio.eventually(lambda: application.at("/out/"))
    assert refusal(lambda: client.queues(queue.sid).members("Front").fetch()) == (404, 20404)
    assert queue.delete() is True


def test_a_recording_started_paused_resumed_and_stopped(client, caller):
    sid = caller()
    made = client.calls(sid).recordings.create(recording_channels="dual")
    current = client.calls(sid).recordings("Twilio.CURRENT")
    paused = current.update(status="paused", pause_behavior="skip")
    assert (paused.sid, paused.status) == (made.sid, "paused")
    assert current.update(status="in-progress").status == "in-progress"
    client.calls(sid).recordings.create()
    assert refusal(lambda: current.update(status="stopped")) == (400, 16108)
    client.calls(sid).recordings(made.sid).update(status="stopped")
    assert refusal(lambda: client.calls(sid).recordings(made.sid).update(status="paused")) == (400, 21220)
    assert len(client.recordings.list(call_sid=sid)) == 2


def test_refusals_have_twilios_status_and_code(twilio, client):
    stranger = Client(ACCOUNT, "not-the-token")
    stranger.api.base_url = twilio.url
    assert refusal(lambda: stranger.queues.create(friendly_name="mine")) == (401, 20003)
    assert refusal(lambda: client.calls(NOBODY).fetch()) == (404, 20404)
    assert refusal(lambda: client.calls.create(to="nobody", from_=NUMBER, twiml="<Response/>")) == (400, 21211)
    twilio.post("/sim/faults", rest=[{"what": "429", "times": 1}])
    assert refusal(lambda: client.queues.create(friendly_name="support")) == (429, 20429)
    assert client.queues.create(friendly_name="support").friendly_name == "support"
    # A list that is refused is an exception without status and code: so is this library.
    with pytest.raises(TwilioException) as refused:
        stranger.calls.list()
    assert not isinstance(refused.value, TwilioRestException)


def test_the_asynchronous_client_drives_it_too(twilio, client):
    for place in range(3):
        client.queues.create(friendly_name=f"queue {place}")

    async def ask():
        http = AsyncTwilioHttpClient(timeout=5)
        asynchronous = Client(ACCOUNT, TOKEN, http_client=http)
        asynchronous.api.base_url = twilio.url
        try:
            with pytest.raises(TwilioRestException) as refused:
                await asynchronous.calls(NOBODY).update_async(status="completed")
            return await asynchronous.queues.list_async(page_size=2), refused.value.code
        finally:
            await http.close()

    queues, code = asyncio.run(ask())
    assert ([one.friendly_name for one in queues], code) == (["queue 2", "queue 1", "queue 0"], 20404)
