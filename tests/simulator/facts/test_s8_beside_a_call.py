"""§8 of the facts: live transcription, media streams and SIPREC, over real WebSockets.

Source: https://www.twilio.com/docs/voice/twiml/transcription, …/stream
"""

import base64
import json

import pytest
from twilio.request_validator import RequestValidator

from ..conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN, dial, let_pass, refusal


def told(application, event, path="/transcription/"):
    return [asked for asked in application.at(path) if asked.params.get("TranscriptionEvent") == event]


def texts(application):
    contents = told(application, "transcription-content")
    return [(asked["Track"], json.loads(asked["TranscriptionData"])["transcript"]) for asked in contents]


class TestTranscription:
    def test_8_1_it_tells_that_it_has_started_and_how(self, twilio, application, live):
        call = live()
        made = call.transcriptions.create(
            name="floor",
            status_callback_url=f"{application.url}/transcription/",
            inbound_track_label="caller",
            outbound_track_label="agent",
        )
        assert (made.sid[:2], made.status, made.name) == ("GT", "in-progress", "floor")
        (asked,) = twilio.eventually(lambda: told(application, "transcription-started"))
        expected = {
            "AccountSid": ACCOUNT,
            "CallSid": made.call_sid,
            "TranscriptionSid": made.sid,
            "SequenceId": "1",
            "TranscriptionEngine": "google",
            "Name": "floor",
            "Track": "both_tracks",
            "InboundTrackLabel": "caller",
            "OutboundTrackLabel": "agent",
            "PartialResults": "false",
            "LanguageCode": "en-US",
        }
        assert expected.items() <= asked.params.items()
        assert json.loads(asked["ProviderConfiguration"])["speechModel"] == "telephony"
        assert "T" in asked["Timestamp"]  # ISO 8601, unlike those of call and conference callbacks

    def test_8_1_what_the_caller_says_is_inbound_and_what_they_hear_outbound(
        self, twilio, application, talking, client
    ):
        caller, child = talking()
        client.calls(caller).transcriptions.create(status_callback_url=f"{application.url}/transcription/")
        twilio.say(caller, "I am very angry")
        twilio.say(child, "How can I help?")
        twilio.eventually(lambda: len(texts(application)) == 2)
        assert texts(application) == [("inbound_track", "I am very angry"), ("outbound_track", "How can I help?")]

    def test_8_1_in_a_conference_a_coach_is_heard_by_one_only(self, twilio, application, client):
        application.says("/voice/", "<Dial><Conference>r</Conference></Dial>")
        sids = []
        for caller in (CALLER, "+14155550124", "+14155550125"):
            sids.append(twilio.ring(from_=caller, to=NUMBER)["sid"])
            twilio.eventually(lambda: twilio.call(sids[-1])["conference_sid"])
        caller, agent, coach = sids
        room = client.conferences.list()[0]
        room.participants(coach).update(coaching=True, call_sid_to_coach=agent)
        for sid in (caller, agent):
            client.calls(sid).transcriptions.create(
                status_callback_url=f"{application.url}/transcription/", track="outbound_track"
            )
        twilio.say(coach, "Offer a refund")
        twilio.eventually(lambda: texts(application))
        let_pass(twilio, 3)
        assert [asked["CallSid"] for asked in told(application, "transcription-content")] == [agent]

    def test_8_1_the_order_counts_within_a_track(self, twilio, application, talking, client):
        caller, child = talking()
        client.calls(caller).transcriptions.create(status_callback_url=f"{application.url}/transcription/")
        for sid in (caller, child, caller):
            twilio.say(sid, "well")
        contents = twilio.eventually(
            lambda: len(told(application, "transcription-content")) == 3 and told(application, "transcription-content")
        )
        assert [(one["Track"], one["SequenceId"]) for one in contents] == [
            ("inbound_track", "1"),
            ("outbound_track", "1"),
            ("inbound_track", "2"),
        ]

    def test_8_1_a_final_result_has_a_confidence_a_partial_one_a_stability(self, twilio, application, live):
        call = live()
        call.transcriptions.create(status_callback_url=f"{application.url}/transcription/", partial_results=True)
        twilio.say(call.fetch().sid, "I want my money back")
        contents = twilio.eventually(
            lambda: len(told(application, "transcription-content")) == 2 and told(application, "transcription-content")
        )
        partial, final = contents
        assert (partial["Final"], final["Final"]) == ("false", "true")
        assert "Stability" in partial.params and "confidence" not in json.loads(partial["TranscriptionData"])
        assert "Stability" not in final.params and 0 < json.loads(final["TranscriptionData"])["confidence"] <= 1

    def test_8_1_one_track_is_one_track(self, twilio, application, talking, client):
        caller, child = talking()
        client.calls(caller).transcriptions.create(
            status_callback_url=f"{application.url}/transcription/", track="outbound_track"
        )
        twilio.say(caller, "not this")
        twilio.say(child, "but this")
        twilio.eventually(lambda: texts(application))
        assert texts(application) == [("outbound_track", "but this")]

    def test_8_1_it_is_stopped_by_sid_or_by_name_and_only_once(self, twilio, application, live):
        call = live()
        url = f"{application.url}/transcription/"
        by_sid = call.transcriptions.create(status_callback_url=url)
        assert call.transcriptions(by_sid.sid).update(status="stopped").status == "stopped"
        call.transcriptions.create(status_callback_url=url, name="floor")
        call.transcriptions("floor").update(status="stopped")
        twilio.eventually(lambda: len(told(application, "transcription-stopped")) == 2)
        assert refusal(lambda: call.transcriptions("floor").update(status="stopped")) == (404, 20404)
        twilio.say(by_sid.call_sid, "nobody writes this down")
        assert texts(application) == []

    def test_8_1_it_ends_with_the_call(self, twilio, application, live):
        call = live()
        call.transcriptions.create(status_callback_url=f"{application.url}/transcription/")
        call.update(status="completed")
        twilio.eventually(lambda: told(application, "transcription-stopped"))

    @pytest.mark.parametrize("kind", ["transcriptions", "streams", "siprec"])
    def test_8_1_only_a_live_call_can_have_one(self, twilio, live, kind):
        call = live()
        call.update(status="completed")
        twilio.eventually(lambda: call.fetch().status == "completed")
        given = {"url": "wss://a.example/"} if kind == "streams" else {}
        assert refusal(lambda: getattr(call, kind).create(**given)) == (400, 21220)

    def test_8_1_twiml_starts_and_stops_it_too(self, twilio, application, live):
        started = "<Start><Transcription name='floor' statusCallbackUrl='/transcription/'/></Start>"
        live(started, "<Say>Hello.</Say>", "<Stop><Transcription name='floor'/></Stop>", STAY)
        twilio.eventually(lambda: told(application, "transcription-stopped"))
        assert texts(application) == [("outbound_track", "Hello.")]

    def test_8_1_it_goes_on_when_the_call_is_redirected(self, twilio, application, live):
        call = live()
        call.transcriptions.create(status_callback_url=f"{application.url}/transcription/")
        call.update(twiml=f"<Response><Say>Elsewhere.</Say>{STAY}</Response>")
        twilio.eventually(lambda: ("outbound_track", "Elsewhere.") in texts(application))


class TestStream:
    def test_8_2_a_stream_begins_with_connected_and_start(self, twilio, live, sockets):
        call = live()
        made = call.streams.create(url=sockets.url, name="tap", parameter1_name="team", parameter1_value="billing")
        twilio.eventually(lambda: sockets.of("start"))
        assert sockets.frames[0] == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        assert (made.sid[:2], made.name, made.status) == ("MZ", "tap", "in-progress")
        assert sockets.frames[1] == {
            "event": "start",
            "sequenceNumber": "1",
            "start": {
                "accountSid": ACCOUNT,
                "streamSid": made.sid,
                "callSid": made.call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {"team": "billing"},
            },
            "streamSid": made.sid,
        }

    def test_8_2_media_frames_are_20_ms_of_mu_law_and_their_numbers_strings(self, twilio, live, sockets):
        live().streams.create(url=sockets.url)
        media = twilio.eventually(lambda: len(sockets.of("media")) >= 3 and sockets.of("media"))
        assert len(base64.b64decode(media[0]["media"]["payload"])) == 160
        assert media[0]["media"]["track"] == "inbound"
        assert [one["media"]["chunk"] for one in media[:3]] == ["1", "2", "3"]
        assert [one["sequenceNumber"] for one in media[:3]] == ["2", "3", "4"]
        assert all(isinstance(one["media"]["timestamp"], str) for one in media)

    def test_8_2_both_tracks(self, twilio, live, sockets):
        live().streams.create(url=sockets.url, track="both_tracks")
        twilio.eventually(lambda: {one["media"]["track"] for one in sockets.of("media")} == {"inbound", "outbound"})

    def test_8_2_stopping_it_sends_stop_and_closes_the_socket(self, twilio, application, live, sockets):
        call = live()
        made = call.streams.create(url=sockets.url, name="tap", status_callback=f"{application.url}/stream/")
        twilio.eventually(lambda: sockets.of("start"))
        assert call.streams("tap").update(status="stopped").status == "stopped"
        twilio.eventually(lambda: sockets.closed)
        assert sockets.frames[-1]["stop"] == {"accountSid": ACCOUNT, "callSid": made.call_sid}
        twilio.eventually(lambda: len(application.at("/stream/")) == 2)
        assert [one["StreamEvent"] for one in application.at("/stream/")] == ["stream-started", "stream-stopped"]
        assert {one["StreamSid"] for one in application.at("/stream/")} == {made.sid}
        assert {one["StreamName"] for one in application.at("/stream/")} == {"tap"}

    @pytest.mark.parametrize(
        ("url", "code"),
        [("https://a.example/", 31922), ("wss://127.0.0.1:9/stream", 31920), ("ws://127.0.0.1:9/?a=1", 31920)],
    )
    def test_8_2_one_that_cannot_be_opened_is_an_error(self, twilio, application, live, url, code):
        live().streams.create(url=url, status_callback=f"{application.url}/stream/")
        (asked,) = twilio.eventually(lambda: application.at("/stream/"))
        assert (asked["StreamEvent"], asked["StreamError"]) == ("stream-error", str(code))
        assert code in [note["code"] for note in twilio.truth()["notes"]]

    def test_8_2_plain_ws_is_taken_here_unless_it_is_to_be_as_strict_as_twilio(self, twilio, live, sockets):
        twilio.post("/sim/settings", choices={"plain_websockets": False})
        live().streams.create(url=sockets.url)
        twilio.eventually(lambda: 31922 in [note["code"] for note in twilio.truth()["notes"]])
        assert sockets.frames == []

    def test_8_2_a_fork_does_not_block_and_survives_a_dial_and_a_redirect(self, twilio, application, live, sockets):
        stream = f"<Start><Stream url='{sockets.url}' name='tap'/></Start>"
        call = live(stream, dial(application, "<Client {}>dana</Client>"))
        twilio.eventually(lambda: twilio.call(call.fetch().sid)["connected"])
        call.update(twiml=f"<Response><Say>Elsewhere.</Say>{STAY}</Response>")
        let_pass(twilio, 5)
        seen = len(sockets.frames)
        twilio.eventually(lambda: len(sockets.frames) > seen)
        assert sockets.closed == 0

    def test_8_2_stop_ends_it_by_its_name(self, twilio, live, sockets):
        stream = f"<Start><Stream url='{sockets.url}' name='tap'/></Start>"
        live(stream, "<Pause length='5'/>", "<Stop><Stream name='tap'/></Stop>", STAY)
        twilio.eventually(lambda: sockets.closed)

    def test_1_1_the_handshake_is_signed_over_the_url_alone(self, twilio, live, sockets):
        live().streams.create(url=sockets.url)
        twilio.eventually(lambda: sockets.headers)
        assert RequestValidator(TOKEN).validate(sockets.url, {}, sockets.headers[0]["x-twilio-signature"])


class TestConnectStream:
    @pytest.fixture
    def connected(self, twilio, live, sockets):
        def connect(*after, **attributes):
            given = " ".join(f"{name}='{value}'" for name, value in attributes.items())
            noun = f"<Stream url='{sockets.url}'><Parameter name='team' value='billing'/></Stream>"
            call = live(f"<Connect {given}>{noun}</Connect>", *after)
            twilio.eventually(lambda: sockets.of("start"))
            return call

        return connect

    def test_8_2_connect_blocks_until_the_application_closes_the_socket(self, twilio, connected, sockets):
        call = connected("<Say>And on.</Say>", STAY)
        let_pass(twilio, 5)
        assert twilio.call(call.fetch().sid)["heard"] == []
        sockets.hang_up()
        twilio.eventually(lambda: twilio.call(call.fetch().sid)["heard"])

    def test_8_2_then_its_action_is_asked(self, twilio, application, connected, sockets):
        application.says("/after/", STAY)
        connected(action="/after/")
        sockets.hang_up()
        twilio.eventually(lambda: application.at("/after/"))

    def test_8_2_a_redirect_closes_the_socket(self, twilio, connected, sockets):
        connected().update(twiml=f"<Response>{STAY}</Response>")
        twilio.eventually(lambda: sockets.closed)
        assert sockets.of("stop")

    def test_8_2_a_mark_comes_back_when_what_was_sent_has_been_played(self, twilio, connected, sockets):
        connected()
        sid = sockets.of("start")[0]["streamSid"]
        sockets.say(event="media", streamSid=sid, media={"payload": base64.b64encode(b"\xff" * 160).decode()})
        sockets.say(event="mark", streamSid=sid, mark={"name": "greeting"})
        twilio.eventually(lambda: sockets.of("mark"))
        assert sockets.of("mark")[0]["mark"] == {"name": "greeting"}

    def test_8_2_keys_are_told(self, twilio, connected, sockets):
        call = connected()
        twilio.key(call.fetch().sid, "1")
        twilio.eventually(lambda: sockets.of("dtmf"))
        assert sockets.of("dtmf")[0]["dtmf"] == {"track": "inbound_track", "digit": "1"}

    def test_8_2_twiml_parameters_arrive_as_custom_parameters(self, connected, sockets):
        connected()
        assert sockets.of("start")[0]["start"]["customParameters"] == {"team": "billing"}

    def test_8_2_an_application_that_vanishes_ends_it(self, twilio, application, live, sockets):
        sockets.rude = True
        application.says("/after/", STAY)
        live(f"<Connect action='/after/'><Stream url='{sockets.url}'/></Connect>")
        twilio.eventually(lambda: application.at("/after/"))

    def test_8_2_a_message_that_is_none_is_an_error(self, twilio, connected, sockets):
        connected()
        sockets.say(event="nonsense")
        twilio.eventually(lambda: 31950 in [note["code"] for note in twilio.truth()["notes"]])


class TestSiprec:
    def test_8_3_its_beginning_and_end_are_told(self, twilio, application, live):
        call = live()
        made = call.siprec.create(name="recorder", status_callback=f"{application.url}/siprec/")
        call.siprec("recorder").update(status="stopped")
        twilio.eventually(lambda: len(application.at("/siprec/")) == 2)
        told = [(one["SiprecSid"], one["SiprecName"], one["SiprecEvent"]) for one in application.at("/siprec/")]
        assert told == [(made.sid, "recorder", "siprec-started"), (made.sid, "recorder", "siprec-stopped")]
        assert {one["CallStatus"] for one in application.at("/siprec/")} == {"in-progress"}

    def test_8_3_siprec_is_started_and_stopped_by_name(self, twilio, live):
        call = live()
        made = call.siprec.create(name="recorder", connector_name="acme")
        assert (made.sid[:2], made.status) == ("SR", "in-progress")
        assert call.siprec("recorder").update(status="stopped").status == "stopped"
        assert refusal(lambda: call.siprec("recorder").update(status="stopped")) == (404, 20404)
