"""§7 of the facts: the rest of the verbs and nouns. Source: https://www.twilio.com/docs/voice/twiml"""

import pytest

from ..conftest import CALLER, NUMBER, STAY, dial, let_pass

DANA = "<Client {}>dana</Client>"


@pytest.fixture
def calls(twilio, application):
    """Somebody calls in and meets these verbs; returns the call's SID."""

    def ring(*verbs, **script):
        application.says("/voice/", *verbs)
        return twilio.ring(from_=CALLER, to=NUMBER, **script)["sid"]

    application.says("/after/", STAY)
    return ring


def heard(twilio, sid):
    return [one["text"] for one in twilio.call(sid)["heard"]]


def codes(twilio):
    return [note["code"] for note in twilio.truth()["notes"]]


class TestDial:
    @pytest.mark.parametrize(
        ("noun", "to"),
        [
            ("+14155550188", "+14155550188"),
            ("<Number>+1 (415) 555-0188</Number>", "+14155550188"),
            ("<Client>dana</Client>", "client:dana"),
            ("<Client><Identity>dana</Identity><Parameter name='a' value='b'/></Client>", "client:dana"),
            ("<Sip>sip:desk@pbx.example</Sip>", "sip:desk@pbx.example"),
            ("<Sip><Uri>sip:desk@pbx.example</Uri></Sip>", "sip:desk@pbx.example"),
        ],
    )
    def test_7_dial_calls_a_number_a_client_or_a_sip_address(self, twilio, client, calls, noun, to):
        sid = calls(f"<Dial>{noun}</Dial>")
        twilio.eventually(lambda: twilio.call(sid)["connected"])
        assert [call.to for call in client.calls.list(parent_call_sid=sid)] == [to]

    def test_7_the_child_is_called_from_the_caller_or_from_the_caller_id(self, twilio, client, calls):
        first = calls("<Dial>+14155550188</Dial>")
        twilio.eventually(lambda: twilio.call(first)["connected"])
        second = calls(f"<Dial callerId='{NUMBER}'>+14155550189</Dial>")
        twilio.eventually(lambda: twilio.call(second)["connected"])
        froms = [client.calls.list(parent_call_sid=sid)[0]._from for sid in (first, second)]
        assert froms == [CALLER, NUMBER]

    def test_7_what_is_no_number_is_not_called(self, twilio, application, calls):
        calls("<Dial action='/after/'>nobody</Dial>")
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert action["DialCallStatus"] == "failed" and 13223 in codes(twilio)

    def test_7_no_more_than_ten_are_called_at_once(self, twilio, client, calls):
        twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "no-answer"}])
        sid = calls("<Dial>" + "".join(f"<Client>agent-{n}</Client>" for n in range(12)) + "</Dial>")
        twilio.eventually(lambda: len(client.calls.list(parent_call_sid=sid)) == 10)
        assert 13000 in codes(twilio)

    @pytest.mark.parametrize("noun", ["<Conference>r</Conference>", "<Queue>q</Queue>"])
    def test_7_a_conference_or_a_queue_stands_alone(self, twilio, calls, noun):
        calls(f"<Dial>{noun}<Number>+14155550188</Number></Dial>")
        twilio.eventually(lambda: 13000 in codes(twilio))

    def test_7_send_digits_are_keyed_before_the_bridge(self, twilio, client, calls):
        sid = calls("<Dial><Number sendDigits='wwww1928'>+14155550188</Number></Dial>")
        twilio.eventually(lambda: twilio.call(sid)["connected"])
        (child,) = client.calls.list(parent_call_sid=sid)
        assert heard(twilio, child.sid) == ["wwww1928"]

    def test_7_a_star_ends_the_dial_if_it_says_so(self, twilio, application, calls):
        sid = calls(dial(application, DANA, hangupOnStar="true"))
        twilio.eventually(lambda: twilio.call(sid)["connected"])
        assert not twilio.key(sid, "1") and twilio.key(sid, "*")
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert action["DialCallStatus"] == "completed" and not twilio.call(sid)["over"]

    def test_7_and_does_nothing_otherwise(self, twilio, application, calls):
        sid = calls(dial(application, DANA))
        twilio.eventually(lambda: twilio.call(sid)["connected"])
        assert not twilio.key(sid, "*")

    def test_7_a_star_leaves_a_conference_too(self, twilio, application, calls):
        sid = calls("<Dial hangupOnStar='true' action='/after/'><Conference>r</Conference></Dial>")
        twilio.eventually(lambda: twilio.call(sid)["conference_sid"])
        assert twilio.key(sid, "*")
        twilio.eventually(lambda: application.at("/after/"))
        assert twilio.call(sid)["conference_sid"] is None

    def test_7_a_whisper_must_not_dial(self, twilio, application, calls):
        application.says("/whisper/", "<Dial>+14155550188</Dial>")
        calls(dial(application, "<Client {} url='/whisper/'>dana</Client>"))
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert action["DialBridged"] == "false" and 13201 in codes(twilio)

    def test_7_a_callee_can_be_asked_to_accept_by_a_key(self, twilio, application, calls):
        twilio.post("/sim/behaviour", rules=[{"who": "client:*", "digits": ["1"]}])
        accept = "<Gather numDigits='1' action='/accept/'><Say>Press a key.</Say></Gather>"
        application.says("/whisper/", accept, "<Hangup/>")
        application.says("/accept/")
        sid = calls(dial(application, "<Client {} url='/whisper/'>dana</Client>"))
        twilio.eventually(lambda: twilio.call(sid)["connected"])
        assert application.at("/accept/")[0]["Digits"] == "1"

    def test_7_a_dial_has_no_action_unless_it_says_so(self, twilio, application, calls):
        twilio.post("/sim/behaviour", rules=[{"who": "client:*", "answer": "busy"}])
        sid = calls("<Dial><Client>dana</Client></Dial>")
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert [asked.path for asked in application.asked if asked.path != "/number/"] == ["/voice/"]


class TestOthers:
    @pytest.mark.parametrize("verb", ["Say", "Play"])
    def test_7_say_and_play_are_repeated_by_loop(self, twilio, calls, verb):
        twilio.post("/sim/settings", timing={"seconds_per_word": 5, "audio_seconds": 5})
        sid = calls(f"<{verb} loop='4'>word</{verb}>")
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert twilio.call(sid)["duration"] >= 20

    def test_7_loop_0_is_for_ever(self, twilio, calls):
        sid = calls("<Play loop='0'>/music.mp3</Play>")
        let_pass(twilio, 60)
        assert not twilio.call(sid)["over"]

    def test_7_a_pause_is_as_long_as_it_says(self, twilio, calls):
        sid = calls("<Say>x</Say><Pause length='30'/>")
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert twilio.call(sid)["duration"] >= 30

    def test_7_nothing_behind_a_redirect_runs(self, twilio, application, calls):
        sid = calls("<Redirect method='GET'>/after/?x=1</Redirect><Say>never</Say>")
        (asked,) = twilio.eventually(lambda: application.at("/after/"))
        assert asked.method == "GET" and asked["x"] == "1"
        assert "never" not in heard(twilio, sid)

    def test_7_ssml_is_spoken_as_its_text(self, twilio, calls):
        sid = calls("<Say>Hello <break/><emphasis>you</emphasis>.</Say>")
        twilio.eventually(lambda: heard(twilio, sid) == ["Hello you."])

    def test_7_a_caller_by_telephone_cannot_be_referred(self, twilio, application, calls):
        calls("<Refer action='/after/'><Sip>sip:desk@pbx.example</Sip></Refer>")
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert action["ReferCallStatus"] == "failed"

    def test_7_a_caller_by_sip_can(self, twilio, application, calls):
        application.says("/voice/", "<Refer action='/after/'><Sip>sip:desk@pbx.example</Sip></Refer>")
        twilio.ring(from_="sip:dana@pbx.example", to=NUMBER)
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert (action["ReferCallStatus"], action["ReferSipResponseCode"]) == ("in-progress", "202")

    def test_7_start_goes_on_at_once(self, twilio, calls):
        sid = calls("<Start><Siprec name='r' connectorName='c'/></Start><Say>And on.</Say>" + STAY)
        twilio.eventually(lambda: heard(twilio, sid)[:1] == ["And on."])

    def test_7_connect_without_a_noun_it_knows_is_skipped(self, twilio, calls):
        sid = calls("<Connect><Room>r</Room></Connect><Say>And on.</Say>")
        twilio.eventually(lambda: heard(twilio, sid) == ["And on."])
        assert 12200 in codes(twilio)
