"""§9 of the facts: recordings, of calls and conferences, by REST and by TwiML.

Source: https://www.twilio.com/docs/voice/api/recording, …/docs/voice/twiml/dial#record
"""

import io
import wave

import pytest
import requests

from ..conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN, dial, let_pass, refusal

CURRENT = "Twilio.CURRENT"


@pytest.fixture
def live(twilio, client):
    """A call made by REST that has been answered; returns its resource."""
    call = client.calls.create(to="+14155550188", from_=NUMBER, twiml=f"<Response>{STAY}</Response>")
    twilio.eventually(lambda: call.fetch().status == "in-progress")
    return call


def of(application, event="completed"):
    return [asked for asked in application.at("/recording/") if asked["RecordingStatus"] == event]


class TestOfALiveCall:
    def test_9_start_is_201_and_says_by_what_it_was_started(self, twilio, live):
        recording = live.recordings.create()
        assert recording.sid.startswith("RE") and recording.status == "in-progress"
        assert (recording.source, recording.channels, recording.track) == ("StartCallRecordingAPI", 1, "both")
        assert recording.duration is None

    def test_9_dual_is_two_channels_and_a_track_can_be_chosen(self, twilio, live):
        recording = live.recordings.create(recording_channels="dual", recording_track="inbound")
        assert (recording.channels, recording.track) == (2, "inbound")

    def test_9_a_call_that_still_rings_or_is_over_cannot_be_recorded(self, twilio, client):
        twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "no-answer"}])
        call = client.calls.create(to="+14155550188", from_=NUMBER, twiml=f"<Response>{STAY}</Response>")
        assert refusal(lambda: call.recordings.create()) == (400, 21220)
        call.update(status="completed")
        twilio.eventually(lambda: call.fetch().status == "canceled")
        assert refusal(lambda: call.recordings.create()) == (400, 21220)

    def test_9_current_is_the_one_that_runs(self, twilio, live):
        recording = live.recordings.create()
        assert live.recordings(CURRENT).fetch().sid == recording.sid
        paused = live.recordings(CURRENT).update(status="paused")
        assert (paused.sid, paused.status) == (recording.sid, "paused")
        assert live.recordings(CURRENT).update(status="in-progress").status == "in-progress"
        assert live.recordings(CURRENT).update(status="stopped").status == "stopped"
        assert refusal(lambda: live.recordings(CURRENT).fetch()) == (404, 20404)

    def test_9_current_is_ambiguous_if_several_run(self, twilio, live):
        first = live.recordings.create()
        live.recordings.create()
        assert refusal(lambda: live.recordings(CURRENT).update(status="paused")) == (400, 16108)
        assert live.recordings(first.sid).update(status="paused").status == "paused"

    @pytest.mark.parametrize(("behavior", "shorter"), [("skip", True), ("silence", False), (None, False)])
    def test_9_a_pause_is_left_out_with_skip_and_is_silence_otherwise(self, twilio, live, behavior, shorter):
        recording = live.recordings.create()
        given = {"pause_behavior": behavior} if behavior else {}
        live.recordings(recording.sid).update(status="paused", **given)
        let_pass(twilio, 60)
        live.recordings(recording.sid).update(status="in-progress")
        live.recordings(recording.sid).update(status="stopped")
        assert (int(recording.fetch().duration) < 60) == shorter

    def test_9_what_is_stopped_stays_stopped(self, twilio, live):
        recording = live.recordings.create()
        live.recordings(recording.sid).update(status="stopped")
        assert refusal(lambda: live.recordings(recording.sid).update(status="paused")) == (400, 21220)

    def test_9_a_status_that_is_none_is_refused(self, twilio, live):
        live.recordings.create()
        assert refusal(lambda: live.recordings(CURRENT).update(status="completed")) == (400, 20001)

    def test_9_only_completed_is_reported_unless_more_is_asked_for(self, twilio, application, live):
        live.recordings.create(recording_status_callback=f"{application.url}/recording/")
        let_pass(twilio, 3)
        live.update(status="completed")
        (asked,) = twilio.eventually(lambda: of(application))
        assert len(application.at("/recording/")) == 1
        assert asked["CallSid"] == live.sid and asked["RecordingUrl"].endswith(asked["RecordingSid"])
        assert (asked["RecordingSource"], asked["RecordingChannels"]) == ("StartCallRecordingAPI", "1")
        assert int(asked["RecordingDuration"]) >= 3 and asked["RecordingStartTime"].endswith("+0000")
        assert asked["RecordingTrack"] == "both" and asked["AccountSid"] == ACCOUNT

    def test_9_in_progress_can_be_reported_too(self, twilio, application, live):
        url = f"{application.url}/recording/"
        live.recordings.create(recording_status_callback=url, recording_status_callback_event=["in-progress"])
        assert "SequenceNumber" not in twilio.eventually(lambda: of(application, "in-progress"))[0].params

    def test_9_it_is_ready_only_some_time_after_the_call(self, twilio, application, client, live):
        twilio.post("/sim/settings", timing={"recording_ready": 30})
        recording = live.recordings.create(recording_status_callback=f"{application.url}/recording/")
        let_pass(twilio, 2)
        live.update(status="completed")
        twilio.eventually(lambda: live.fetch().status == "completed")
        assert client.recordings(recording.sid).fetch().status == "processing"
        twilio.eventually(lambda: of(application))
        assert client.recordings(recording.sid).fetch().status == "completed"


class TestOfTheAccount:
    def test_9_lists_by_call_and_of_the_account(self, twilio, client, live):
        recording = live.recordings.create()
        assert [one.sid for one in live.recordings.list()] == [recording.sid]
        assert [one.sid for one in client.recordings.list(call_sid=live.sid)] == [recording.sid]
        assert client.recordings.list(call_sid="CA" + "0" * 32) == []
        assert client.recordings(recording.sid).fetch().call_sid == live.sid

    def test_9_one_that_runs_cannot_be_deleted_one_that_is_over_can(self, twilio, client, live):
        recording = live.recordings.create()
        assert refusal(lambda: client.recordings(recording.sid).delete())[1] == 20009
        live.recordings(recording.sid).update(status="stopped")
        assert client.recordings(recording.sid).delete()
        assert refusal(lambda: client.recordings(recording.sid).fetch()) == (404, 20404)

    def test_9_its_sound_can_be_fetched_at_its_url_when_it_is_ready(self, twilio, client, live):
        recording = live.recordings.create()
        let_pass(twilio, 3)
        live.recordings(recording.sid).update(status="stopped")
        twilio.eventually(lambda: client.recordings(recording.sid).fetch().status == "completed")
        whole = client.recordings(recording.sid).fetch()
        answer = requests.get(f"{whole.media_url}.wav", auth=(ACCOUNT, TOKEN), timeout=5)
        with wave.open(io.BytesIO(answer.content)) as sound:
            assert round(sound.getnframes() / sound.getframerate()) == int(whole.duration)


class TestOfOthers:
    def test_9_record_true_records_the_call_and_its_last_report_says_where(self, twilio, application, client):
        call = client.calls.create(
            to="+14155550188",
            from_=NUMBER,
            twiml="<Response><Pause length='5'/></Response>",
            record=True,
            recording_channels="dual",
            recording_status_callback=f"{application.url}/recording/",
            status_callback=f"{application.url}/status/",
        )
        (report,) = twilio.eventually(lambda: application.at("/status/"))
        (recorded,) = twilio.eventually(lambda: of(application))
        assert report["RecordingSid"] == recorded["RecordingSid"] and int(report["RecordingDuration"]) >= 5
        assert (recorded["RecordingSource"], recorded["RecordingChannels"]) == ("OutboundAPI", "2")
        assert recorded["CallSid"] == call.sid

    @pytest.mark.parametrize(
        ("record", "channels"),
        [
            ("record-from-answer", "1"),
            ("record-from-answer-dual", "2"),
            ("record-from-ringing", "1"),
            ("record-from-ringing-dual", "2"),
        ],
    )
    def test_9_a_dials_recording_is_the_parents(self, twilio, application, client, record, channels):
        given = {"record": record, "recordingStatusCallback": "/recording/"}
        application.says("/voice/", dial(application, "<Client {}>dana</Client>", **given))
        application.says("/after/", STAY)
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(caller)["connected"])
        let_pass(twilio, 2)
        (child,) = client.calls.list(parent_call_sid=caller)
        twilio.hang_up(child.sid)
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        (recorded,) = twilio.eventually(lambda: of(application))
        assert recorded["CallSid"] == caller and action["RecordingUrl"] == recorded["RecordingUrl"]
        assert (recorded["RecordingSource"], recorded["RecordingChannels"]) == ("DialVerb", channels)

    def test_9_a_dial_is_not_recorded_unless_it_says_so(self, twilio, client, talking):
        talking()
        assert client.recordings.list() == []

    def test_9_a_conference_is_recorded_from_its_start(self, twilio, application, client):
        noun = "<Conference record='record-from-start' recordingStatusCallback='/recording/'>r</Conference>"
        application.says("/voice/", f"<Dial>{noun}</Dial>")
        first = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(first)["conference_sid"])
        assert client.recordings.list() == []
        twilio.ring(from_="+14155550124", to=NUMBER)
        (recording,) = twilio.eventually(lambda: client.recordings.list())
        (room,) = client.conferences.list()
        assert (recording.conference_sid, recording.source) == (room.sid, "Conference")
        assert [one.sid for one in client.recordings.list(conference_sid=room.sid)] == [recording.sid]
        let_pass(twilio, 2)
        room.update(status="completed")
        assert twilio.eventually(lambda: of(application))[0]["ConferenceSid"] == room.sid

    def test_9_a_conferences_recording_is_paused_by_current(self, twilio, application, client):
        application.says("/voice/", "<Dial><Conference record='record-from-start'>r</Conference></Dial>")
        for caller in (CALLER, "+14155550124"):
            twilio.ring(from_=caller, to=NUMBER)
        twilio.eventually(lambda: client.recordings.list())
        (room,) = client.conferences.list()
        assert room.recordings(CURRENT).update(status="paused", pause_behavior="skip").status == "paused"
        assert [one.status for one in room.recordings.list()] == ["paused"]

    def test_9_start_recording_in_twiml_records_from_there_on(self, twilio, application, client):
        application.says(
            "/voice/", f"<Start><Recording recordingStatusCallback='/recording/' channels='mono'/></Start>{STAY}"
        )
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (recording,) = twilio.eventually(lambda: client.recordings.list())
        assert (recording.call_sid, recording.status, recording.channels) == (sid, "in-progress", 1)
        let_pass(twilio, 2)
        twilio.hang_up(sid)
        twilio.eventually(lambda: of(application))

    def test_9_stop_recording_in_twiml_ends_it_by_its_name(self, twilio, application, client):
        application.says(
            "/voice/",
            "<Start><Recording name='a'/></Start><Start><Recording name='b'/></Start>",
            f"<Say>Hello.</Say><Stop><Recording name='a'/></Stop>{STAY}",
        )
        twilio.ring(from_=CALLER, to=NUMBER)
        twilio.eventually(lambda: len([one for one in client.recordings.list() if one.status == "in-progress"]) == 1)
        assert len(client.recordings.list()) == 2

    def test_9_a_recording_of_nothing_is_absent(self, twilio, application):
        events = "recordingStatusCallback='/recording/' recordingStatusCallbackEvent='completed absent'"
        application.says("/voice/", f"<Record timeout='1' {events}/>{STAY}")
        twilio.ring(from_=CALLER, to=NUMBER, message=0)
        (asked,) = twilio.eventually(lambda: of(application, "absent"))
        assert asked["RecordingErrorCode"] in ("16101", "16102")


def test_9_what_was_deleted_is_absent_and_only_seen_if_asked_for(twilio, application, client):
    application.says("/voice/", STAY)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
    made = client.calls(sid).recordings.create()
    client.calls(sid).recordings(made.sid).update(status="stopped")
    client.recordings(made.sid).delete()
    assert client.recordings.list() == []
    assert refusal(lambda: client.recordings(made.sid).fetch()) == (404, 20404)
    assert refusal(lambda: client.calls(sid).recordings(made.sid).fetch()) == (404, 20404)
    assert [one.status for one in client.recordings.list(include_soft_deleted=True)] == ["absent"]
    assert client.recordings(made.sid).fetch(include_soft_deleted=True).sid == made.sid
