"""§7 of the facts: <Gather> and <Record>, the two verbs that wait for a person.

Source: https://www.twilio.com/docs/voice/twiml/gather, …/record
"""

import time

import pytest

from ..conftest import CALLER, NUMBER, STAY


@pytest.fixture
def calls(twilio, application):
    """Somebody calls in and meets these verbs; `script` is what they do. Returns the call's SID."""

    def ring(*verbs, **script):
        application.says("/voice/", *verbs)
        return twilio.ring(from_=CALLER, to=NUMBER, **script)["sid"]

    application.says("/next/", STAY)
    return ring


def heard(twilio, sid):
    return [one["text"] for one in twilio.call(sid)["heard"]]


@pytest.fixture
def after(twilio, application):
    """The request to the action, once it has come."""
    return lambda: twilio.eventually(lambda: application.at("/next/"))[0]


class TestGather:
    def test_7_gather_asks_its_action_with_the_digits(self, calls, after):
        sid = calls("<Gather action='/next/' numDigits='2'/>", digits="12")
        assert (after()["CallSid"], after()["Digits"], after()["CallStatus"]) == (sid, "12", "in-progress")

    def test_7_gathers_action_is_the_document_itself_unless_it_says_otherwise(self, twilio, application, calls):
        application.does("/voice/", lambda asked: "")
        calls("<Gather numDigits='1'/>", digits="7")
        twilio.eventually(lambda: [asked for asked in application.at("/voice/") if asked.params.get("Digits") == "7"])

    @pytest.mark.parametrize(
        ("attributes", "keyed", "digits"),
        [("", "12#3", "12"), ("finishOnKey='*'", "12*3", "12"), ("finishOnKey='' timeout='3'", "1#2", "1#2")],
    )
    def test_7_finish_on_key_ends_the_digits_and_is_no_part_of_them(self, calls, after, attributes, keyed, digits):
        calls(f"<Gather action='/next/' {attributes}/>", digits=keyed)
        assert after()["Digits"] == digits

    def test_7_the_finish_key_alone_does_nothing(self, calls, after):
        calls("<Gather action='/next/' timeout='60'/>", digits="#12#")
        assert after()["Digits"] == "12"

    def test_7_a_pause_of_timeout_ends_the_digits_too(self, calls, after):
        calls("<Gather action='/next/' timeout='2'/>", digits="12")
        assert after()["Digits"] == "12"

    def test_7_nothing_entered_goes_on_to_the_next_verb_without_asking(self, twilio, application, calls):
        sid = calls("<Gather action='/next/' timeout='1'/><Say>Nobody?</Say>")
        twilio.eventually(lambda: "Nobody?" in heard(twilio, sid))
        assert application.at("/next/") == []

    def test_7_unless_action_on_empty_result(self, calls, after):
        calls("<Gather action='/next/' timeout='1' actionOnEmptyResult='true'/>")
        assert after()["Digits"] == ""

    def test_7_gather_listens_to_speech_if_told_so(self, calls, after):
        calls("<Gather action='/next/' input='speech'/>", says="I want my money back")
        assert after()["SpeechResult"] == "I want my money back"
        assert 0 < float(after()["Confidence"]) <= 1 and "Digits" not in after().params

    def test_7_gather_hears_only_what_it_listens_for(self, twilio, calls):
        sid = calls("<Gather timeout='600'/>")
        twilio.eventually(lambda: twilio.key(sid, "1"))
        assert not twilio.say(sid, "hello")

    def test_7_gather_can_listen_for_both(self, twilio, calls, after):
        sid = calls("<Gather action='/next/' input='dtmf speech' timeout='600'/>")
        twilio.eventually(lambda: twilio.say(sid, "hello"))
        assert after()["SpeechResult"] == "hello"

    def test_7_partial_results_are_told_while_somebody_speaks(self, twilio, application, calls, after):
        calls("<Gather action='/next/' input='speech' partialResultCallback='/partial/'/>", says="I am very angry")
        after()
        partial = twilio.eventually(lambda: len(application.at("/partial/")) == 4 and application.at("/partial/"))
        assert [asked["UnstableSpeechResult"] for asked in partial] == ["I", "I am", "I am very", "I am very angry"]
        assert [asked["SequenceNumber"] for asked in partial] == ["0", "1", "2", "3"]

    def test_7_speech_is_cut_off_at_max_speech_time(self, calls, after):
        calls("<Gather action='/next/' input='speech' maxSpeechTime='1'/>", says="one two three four five")
        assert after()["SpeechResult"] == "one two"

    def test_7_a_key_interrupts_the_prompt_that_is_nested(self, twilio, calls, after):
        sid = calls("<Gather action='/next/' numDigits='1'><Say loop='0'>Press one.</Say></Gather>")
        twilio.eventually(lambda: twilio.key(sid, "1"))
        assert after()["Digits"] == "1" and heard(twilio, sid)[0] == "Press one."


class TestRecord:
    def test_7_record_asks_its_action_with_the_recording(self, twilio, calls, after, client):
        sid = calls("<Record action='/next/' timeout='2'/>", message=20)
        recording = client.recordings(after()["RecordingSid"]).fetch()
        assert after()["RecordingUrl"].endswith(f"/Recordings/{recording.sid}")
        assert (recording.call_sid, recording.source, recording.channels) == (sid, "RecordVerb", 1)
        assert 20 <= int(after()["RecordingDuration"]) <= 60

    def test_7_a_beep_is_heard_first_unless_play_beep_is_false(self, twilio, application, calls):
        first = calls("<Record action='/next/' timeout='1'/>", message=1)
        twilio.eventually(lambda: application.at("/next/"))
        second = calls("<Record action='/next/' timeout='1' playBeep='false'/>", message=1)
        twilio.eventually(lambda: len(application.at("/next/")) == 2)
        beeps = [[one["verb"] for one in twilio.call(sid)["heard"]].count("Beep") for sid in (first, second)]
        assert beeps == [1, 0]

    def test_7_record_ends_with_any_key_and_says_which(self, twilio, calls, after):
        sid = calls("<Record action='/next/' timeout='600'/>", message=1)
        twilio.eventually(lambda: twilio.call(sid)["said"])
        twilio.key(sid, "5")
        assert after()["Digits"] == "5"

    def test_7_a_key_cuts_the_message_short(self, twilio, calls, after):
        sid = calls("<Record action='/next/'/>", message=6000)
        twilio.eventually(lambda: twilio.call(sid)["said"])
        time.sleep(0.05)
        twilio.key(sid, "#")
        assert after()["Digits"] == "#" and int(after()["RecordingDuration"]) < 600

    def test_7_record_ends_only_with_the_keys_of_finish_on_key(self, twilio, application, calls, after):
        sid = calls("<Record action='/next/' timeout='600' finishOnKey='#'/>", message=1)
        twilio.eventually(lambda: twilio.call(sid)["said"])
        twilio.key(sid, "5")
        twilio.key(sid, "#")
        assert after()["Digits"] == "#"

    def test_7_record_ends_at_max_length(self, calls, after):
        calls("<Record action='/next/' maxLength='30'/>", message=600)
        assert int(after()["RecordingDuration"]) in range(30, 60)

    def test_7_who_hangs_up_while_recording_has_digits_hangup(self, twilio, application, calls, after):
        sid = calls("<Record action='/next/'/>", message=600)
        twilio.eventually(lambda: twilio.call(sid)["said"])
        time.sleep(0.05)  # five seconds of message
        twilio.hang_up(sid)
        assert (after()["Digits"], after()["CallStatus"]) == ("hangup", "completed")

    def test_7_what_was_said_is_transcribed_if_asked_for(self, twilio, application, calls, after):
        calls(
            "<Record action='/next/' timeout='1' transcribe='true' transcribeCallback='/words/'/>", says="Call me back"
        )
        (asked,) = twilio.eventually(lambda: application.at("/words/"))
        assert (asked["TranscriptionText"], asked["TranscriptionStatus"]) == ("Call me back", "completed")
        assert asked["RecordingSid"] == after()["RecordingSid"]

    def test_7_also_when_the_caller_hangs_up(self, twilio, application, calls):
        sid = calls("<Record transcribe='true' transcribeCallback='/words/'/>", says="Call me back " * 99)
        twilio.eventually(lambda: twilio.call(sid)["said"])
        time.sleep(0.05)
        twilio.hang_up(sid)
        (asked,) = twilio.eventually(lambda: application.at("/words/"))
        assert asked["TranscriptionText"].startswith("Call me back")

    def test_7_an_empty_recording_asks_no_action_and_the_next_verb_follows(self, twilio, application, calls):
        sid = calls("<Record action='/next/' timeout='2'/><Say>Nothing?</Say>", message=0)
        twilio.eventually(lambda: "Nothing?" in heard(twilio, sid))
        assert application.at("/next/") == []
        assert 16102 in [note["code"] for note in twilio.truth()["notes"]]

    def test_7_a_recording_that_is_too_short_is_noted(self, twilio, calls):
        sid = calls("<Record action='/next/' timeout='0.1'/><Say>Nothing?</Say>", message=0)
        twilio.eventually(lambda: "Nothing?" in heard(twilio, sid))
        assert 16101 in [note["code"] for note in twilio.truth()["notes"]]
