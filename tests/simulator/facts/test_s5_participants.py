"""§5 of the facts: more of participants. Source: https://www.twilio.com/docs/voice/api/conference-participant-resource"""

import pytest
import requests

from ..conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN, let_pass, refusal

CALLEE = "+14155550188"
EVERYTHING = "start end join leave mute hold modify speaker announcement"


@pytest.fixture
def enters(twilio, application):
    """Somebody calls in and is put into the room `r`; returns their call's SID."""
    callers = iter(range(100, 200))

    def enter(**attributes):
        given = {"statusCallback": f"{application.url}/conference/", "statusCallbackEvent": EVERYTHING, **attributes}
        named = " ".join(f"{name}='{value}'" for name, value in given.items())
        application.says("/voice/", f"<Dial action='/after/'><Conference {named}>r</Conference></Dial>")
        application.says("/after/", STAY)
        sid = twilio.ring(from_=f"+14155550{next(callers)}", to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["conference_sid"] or application.at("/after/"))
        return sid

    return enter


@pytest.fixture
def room(client):
    return lambda: client.conferences.list(friendly_name="r", limit=1)[0]


class TestCreate:
    def test_5_3_unless_told_otherwise_only_start_and_end_of_the_conference_are_told(self, twilio, application, client):
        url = f"{application.url}/conference/"
        for _ in range(2):
            client.conferences("r").participants.create(to=CALLEE, from_=NUMBER, conference_status_callback=url)
        twilio.eventually(lambda: application.events() == ["conference-start"])
        client.conferences.list()[0].update(status="completed")
        twilio.eventually(lambda: application.events() == ["conference-start", "conference-end"])

    def test_5_3_events_of_a_participant_may_stand_in_one_value(self, twilio, application, client):
        client.conferences("r").participants.create(
            to=CALLEE,
            from_=NUMBER,
            status_callback=f"{application.url}/status/",
            status_callback_event=["initiated ringing answered"],
        )
        twilio.eventually(lambda: application.statuses() == ["initiated", "ringing", "in-progress"])

    def test_5_3_no_more_than_max_participants(self, twilio, client):
        client.conferences("r").participants.create(to=CALLEE, from_=NUMBER, max_participants=2)
        client.conferences("r").participants.create(to=CALLEE, from_=NUMBER)
        assert refusal(lambda: client.conferences("r").participants.create(to=CALLEE, from_=NUMBER)) == (400, 16020)

    def test_5_3_a_participant_is_an_outbound_call_of_the_api(self, twilio, client):
        added = client.conferences("r").participants.create(to=CALLEE, from_=NUMBER, label="agent")
        call = client.calls(added.call_sid).fetch()
        assert (call.direction, call.to, added.label, added.status) == ("outbound-api", CALLEE, "agent", "queued")

    def test_4_7_participants_are_dialled_at_the_same_pace_as_calls(self, twilio, client):
        twilio.post("/sim/settings", calls_per_second=0.001)
        first, second = (client.conferences("r").participants.create(to=CALLEE, from_=NUMBER) for _ in range(2))
        twilio.eventually(lambda: client.calls(first.call_sid).fetch().status != "queued")
        found = client.conferences(second.conference_sid).participants(second.call_sid).fetch()
        assert (found.status, client.calls(second.call_sid).fetch().status) == ("queued", "queued")

    def test_5_3_record_records_the_participants_call(self, twilio, client):
        added = client.conferences("r").participants.create(to=CALLEE, from_=NUMBER, record=True)
        (recording,) = twilio.eventually(lambda: client.recordings.list())
        assert (recording.call_sid, recording.source) == (added.call_sid, "OutboundAPI")

    def test_5_3_conference_record_records_the_room(self, twilio, client):
        for _ in range(2):
            client.conferences("r").participants.create(to=CALLEE, from_=NUMBER, conference_record="true")
        (recording,) = twilio.eventually(lambda: client.recordings.list())
        assert recording.conference_sid == client.conferences.list()[0].sid


class TestUpdate:
    def test_5_2_anything_but_true_is_false(self, twilio, enters, room):
        sid = enters(muted="true")
        enters()
        url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Conferences/{room().sid}/Participants/{sid}.json"
        answer = requests.post(url, auth=(ACCOUNT, TOKEN), data={"Muted": "yes"}, timeout=5)
        assert answer.json()["muted"] is False

    def test_5_2_hold_music_is_played_once_and_no_loop(self, twilio, application, enters, room):
        sid, _ = enters(), enters()
        application.says("/music/", "<Play>/tune.mp3</Play>")
        room().participants(sid).update(hold=True, hold_url=f"{application.url}/music/")
        twilio.eventually(lambda: twilio.call(sid)["heard"])
        let_pass(twilio, 20)
        assert len(application.at("/music/")) == 1 == len(twilio.call(sid)["heard"])

    def test_5_2_coaching_is_meant_by_call_sid_to_coach_alone(self, twilio, enters, room):
        agent, supervisor = enters(), enters()
        after = room().participants(supervisor).update(call_sid_to_coach=agent)
        assert (after.coaching, after.call_sid_to_coach) == (True, agent)

    def test_5_5_a_change_of_coaching_or_of_the_exit_is_a_modify(self, twilio, application, enters, room):
        agent, supervisor = enters(), enters()
        room().participants(supervisor).update(coaching=True, call_sid_to_coach=agent)
        room().participants(supervisor).update(end_conference_on_exit=True)
        twilio.eventually(lambda: application.events().count("participant-modify") == 2)
        assert application.at("/conference/")[-1]["EndConferenceOnExit"] == "true"

    def test_5_2_an_announcement_to_one_is_heard_by_one(self, twilio, application, enters, room):
        first, second = enters(), enters()
        application.says("/announcement/", "<Say>Psst.</Say>")
        room().participants(first).update(announce_url=f"{application.url}/announcement/")
        twilio.eventually(lambda: "announcement-end" in application.events())
        assert [one["text"] for one in twilio.call(first)["heard"]] == ["Psst."]
        assert twilio.call(second)["heard"] == []
        assert application.at("/conference/")[-1]["CallSid"] == first

    def test_5_1_whoever_is_out_is_found_no_more(self, twilio, enters, room):
        first, second = enters(), enters()
        place = room().participants
        twilio.hang_up(second)
        twilio.eventually(lambda: [one.call_sid for one in place.list()] == [first])
        assert refusal(lambda: place(second).fetch()) == (404, 20404)


class TestNoun:
    def test_5_4_a_full_room_takes_nobody(self, twilio, application, enters):
        for _ in range(3):
            enters(maxParticipants="2")
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert action["DialCallStatus"] == "failed"
        assert 16020 in [note["code"] for note in twilio.truth()["notes"]]

    def test_5_4_nobody_to_coach_leads_to_the_action(self, twilio, application, enters):
        enters()
        enters(coach="CA" + "0" * 32)
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert action["DialCallStatus"] == "failed"
        assert 13240 in [note["code"] for note in twilio.truth()["notes"]]

    def test_5_4_a_coach_joins_as_one(self, twilio, application, enters, room):
        agent = enters()
        supervisor = enters(coach=agent)
        assert room().participants(supervisor).fetch().call_sid_to_coach == agent
        twilio.eventually(lambda: len(application.at("/conference/")) >= 2)
        assert [
            one["Coaching"] for one in application.at("/conference/") if one.params.get("CallSid") == supervisor
        ] == ["true"]

    def test_5_4_an_empty_wait_url_is_silence(self, twilio, application, enters):
        sid = enters(waitUrl="")
        let_pass(twilio, 10)
        assert twilio.call(sid)["heard"] == []

    def test_5_4_names_are_case_sensitive(self, twilio, application, client, enters):
        enters()
        application.says("/voice/", "<Dial><Conference>R</Conference></Dial>")
        twilio.ring(from_=CALLER, to=NUMBER)
        twilio.eventually(lambda: {one.friendly_name for one in client.conferences.list()} == {"r", "R"})

    def test_5_5_who_speaks_is_told_if_asked_for(self, twilio, application, enters):
        caller, agent = enters(), enters(muted="true")
        twilio.say(caller, "I am very angry")
        twilio.say(agent, "nobody hears this")
        twilio.eventually(lambda: "participant-speech-stop" in application.events())
        spoken = [one for one in application.at("/conference/") if "speech" in one["StatusCallbackEvent"]]
        assert [one["StatusCallbackEvent"] for one in spoken] == ["participant-speech-start", "participant-speech-stop"]
        assert {one["CallSid"] for one in spoken} == {caller}


def test_5_4_a_sid_for_a_name_is_that_conference_and_of_one_that_is_over_none(twilio, application, client):
    application.says("/voice/", "<Dial><Conference>r</Conference></Dial>")
    first = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(first)["conference_sid"])
    (room,) = client.conferences.list()
    application.says("/voice/", f'<Dial action="/after/"><Conference>{room.sid}</Conference></Dial>')
    second = twilio.ring(from_="+14155550124", to=NUMBER)["sid"]
    twilio.eventually(lambda: room.fetch().status == "in-progress")
    assert twilio.call(second)["conference_sid"] == room.sid
    room.update(status="completed")
    twilio.ring(from_="+14155550125", to=NUMBER)
    twilio.eventually(lambda: "failed" in [asked["DialCallStatus"] for asked in application.at("/after/")])
    assert 13236 in [note["code"] for note in twilio.truth()["notes"]]
