"""Conferences: by TwiML and by REST. Source: https://www.twilio.com/docs/voice/twiml/conference"""

import pytest

from ..application import Reply
from ..conftest import CALLER, NUMBER, refusal

EVERYTHING = "start end join leave mute hold modify announcement"


def noun(application, name="call-1", events=EVERYTHING, report="/conference/", **attributes):
    given = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    callback = f'statusCallback="{application.url}{report}" statusCallbackEvent="{events}"' if events else ""
    return f"<Conference {callback} {given}>{name}</Conference>"


@pytest.fixture
def enters(twilio, application, client):
    """Somebody calls and is put into the room by TwiML; gives their SID once they are there."""
    callers = iter(range(100, 200))

    def enter(*, action="", **attributes):
        application.says("/voice/", f"<Dial {action}>{noun(application, **attributes)}</Dial>")
        sid = twilio.ring(from_=f"+14155550{next(callers)}", to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["conference_sid"])
        return sid

    return enter


@pytest.fixture
def room(client):
    return lambda: client.conferences.list(friendly_name="call-1", limit=1)[0]


def test_5_4_one_alone_waits_and_two_make_a_conference(twilio, application, enters, room):
    first = enters(participantLabel="caller")
    assert room().status == "init" and not twilio.call(first)["connected"]
    second = enters()
    twilio.eventually(lambda: twilio.call(first)["connected"] and twilio.call(second)["connected"])
    assert room().status == "in-progress"
    twilio.eventually(lambda: len(application.at("/conference/")) == 3)
    assert application.events() == ["participant-join", "participant-join", "conference-start"]
    join = application.at("/conference/")[0]
    expected = {
        "ConferenceSid": room().sid,
        "FriendlyName": "call-1",
        "CallSid": first,
        "Muted": "false",
        "Hold": "false",
        "Coaching": "false",
        "StartConferenceOnEnter": "true",
        "EndConferenceOnExit": "false",
        "ParticipantLabel": "caller",
        "SequenceNumber": "1",
    }
    assert expected.items() <= join.params.items()
    assert "CallStatus" not in join.params and join["Timestamp"].endswith("+0000")
    assert [asked["SequenceNumber"] for asked in application.at("/conference/")] == ["1", "2", "3"]


def test_5_4_it_starts_only_when_somebody_is_there_who_starts_it(twilio, enters, room):
    enters(startConferenceOnEnter="false")
    enters(startConferenceOnEnter="false")
    assert room().status == "init"
    enters()
    assert room().status == "in-progress"


def test_5_4_whoever_waits_hears_the_wait_document_again_and_again_until_the_start(twilio, application, enters):
    application.says("/wait/", "<Say>please hold</Say>", "<Redirect>/wait/</Redirect>")
    first = enters(waitUrl="/wait/", startConferenceOnEnter="false")
    twilio.eventually(lambda: len(application.at("/wait/")) >= 3)
    enters()
    twilio.eventually(lambda: twilio.call(first)["connected"])
    heard = len(twilio.call(first)["heard"])
    assert heard >= 2 and application.at("/wait/")[0]["CallSid"] == first
    twilio.eventually(lambda: len(application.at("/voice/")) == 2)
    assert len(twilio.call(first)["heard"]) == heard


def test_5_4_a_wait_document_that_comes_too_late_is_not_waited_for(twilio, application, enters):
    application.does("/wait/", lambda asked: Reply("<Response><Say>please hold</Say></Response>", after=1.5))
    first = enters(waitUrl="/wait/", startConferenceOnEnter="false")
    enters()
    twilio.eventually(lambda: twilio.call(first)["connected"])
    assert [asked["outcome"] for asked in twilio.webhooks(purpose="wait")] == ["dropped"]
    assert twilio.call(first)["heard"] == []


def test_0_1_20_only_the_first_participants_callback_counts(twilio, application, enters):
    enters(events="start")
    enters(report="/other/")
    twilio.eventually(lambda: application.at("/conference/"))
    assert application.events() == ["conference-start"] and application.at("/other/") == []
    assert application.at("/conference/")[0]["SequenceNumber"] == "1"


def test_5_5_if_the_first_asks_for_nothing_nothing_is_ever_told(twilio, application, enters):
    enters(events="")
    second = enters()
    twilio.hang_up(second)
    twilio.eventually(lambda: twilio.call(second)["over"])
    assert application.at("/conference/") == []


def test_5_4_when_the_last_one_leaves_it_ends_and_its_name_is_free(twilio, application, enters, room):
    first = enters()
    ended = room().sid
    twilio.hang_up(first)
    (leave, end) = twilio.eventually(
        lambda: len(application.at("/conference/")) == 3 and application.at("/conference/")[1:]
    )
    assert (leave["ReasonParticipantLeft"], leave["ParticipantCallStatus"]) == ("participant_hung_up", "completed")
    assert (end["StatusCallbackEvent"], end["ReasonConferenceEnded"]) == ("conference-end", "last-participant-left")
    assert end["CallSidEndingConference"] == first
    enters()
    assert room().sid != ended


def test_5_5_whoever_ends_it_on_exit_takes_everybody_along(twilio, application, enters, room):
    first = enters(action='action="/after/"')
    agent = enters(endConferenceOnExit="true")
    application.says("/after/", "<Say>how was it</Say>")
    twilio.hang_up(agent)
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    assert (action["CallSid"], action["DialCallStatus"]) == (first, "answered")
    assert "DialCallSid" not in action.params
    assert room().reason_conference_ended == "participant-with-end-conference-on-exit-left"
    assert room().call_sid_ending_conference == agent
    twilio.eventually(lambda: application.events()[-1:] == ["conference-end"])
    reasons = {
        a["CallSid"]: a["ReasonParticipantLeft"]
        for a in application.at("/conference/")
        if "ReasonParticipantLeft" in a.params
    }
    assert reasons == {agent: "participant_hung_up", first: "moderator_ended_conference"}


def test_0_1_19_a_redirect_takes_a_participant_out_at_once(twilio, application, enters, client, room):
    first, second = enters(), enters()
    application.says("/new/", "<Pause length='3600'/>")
    client.calls(first).update(url=f"{application.url}/new/")
    twilio.eventually(lambda: application.at("/new/"))
    assert [one.call_sid for one in room().participants.list()] == [second]
    twilio.eventually(lambda: "participant-leave" in application.events())
    leave = next(a for a in application.at("/conference/") if a["StatusCallbackEvent"] == "participant-leave")
    assert leave["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert refusal(lambda: room().participants(first).fetch()) == (404, 20404)


def test_5_1_ending_it_by_rest_ends_it_for_all(twilio, application, enters, room):
    first, second = enters(), enters()
    room().update(status="completed")
    twilio.eventually(lambda: twilio.call(first)["over"] and twilio.call(second)["over"])
    assert room().reason_conference_ended == "conference-ended-via-api"
    assert refusal(lambda: room().update(status="completed"))[1] == 16022


class TestInvited:
    def invite(self, client, application, name="call-1", **more):
        return client.conferences(name).participants.create(
            from_=NUMBER,
            to="client:dana",
            label="agent-dana",
            status_callback=f"{application.url}/status/",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
            **more,
        )

    def test_5_3_is_rung_and_enters_on_answering(self, twilio, application, client, room):
        made = self.invite(
            client,
            application,
            conference_status_callback=f"{application.url}/conference/",
            conference_status_callback_event=["start", "end", "join", "leave"],
            end_conference_on_exit=True,
        )
        assert made.conference_sid == room().sid and made.status in ("queued", "connecting")
        twilio.eventually(lambda: application.events() == ["participant-join"])
        twilio.eventually(lambda: application.statuses() == ["initiated", "ringing", "in-progress"])
        seat = room().participants("agent-dana").fetch()
        assert (seat.call_sid, seat.status, seat.end_conference_on_exit) == (made.call_sid, "connected", True)
        assert client.calls(made.call_sid).fetch().direction == "outbound-api"

    def test_5_3_who_does_not_answer_is_told_of_as_not_added(self, twilio, application, client, enters, room):
        enters()
        twilio.post("/sim/behaviour", rules=[{"who": "client:*", "answer": "busy"}])
        made = self.invite(client, application)
        twilio.eventually(lambda: application.statuses()[-1:] == ["busy"])
        leave = twilio.eventually(
            lambda: [a for a in application.at("/conference/") if a["StatusCallbackEvent"] == "participant-leave"]
        )[0]
        assert (leave["CallSid"], leave["ReasonParticipantLeft"]) == (made.call_sid, "participant_add_failed")
        assert room().status == "init"

    def test_0_1_17_a_kick_hangs_them_up_while_a_twiml_leg_goes_on(self, twilio, application, client, enters, room):
        caller = enters(action='action="/after/"')
        application.says("/after/", "<Pause length='3600'/>")
        made = self.invite(client, application)
        twilio.eventually(lambda: twilio.call(made.call_sid)["connected"])
        assert room().participants("agent-dana").delete()
        twilio.eventually(lambda: twilio.call(made.call_sid)["over"])
        assert room().participants(caller).delete()
        twilio.eventually(lambda: application.at("/after/"))
        assert not twilio.call(caller)["over"] and room().reason_conference_ended == "last-participant-kicked"

    def test_5_3_can_be_redirected_out_by_a_call_update(self, twilio, application, client, enters):
        enters()
        made = self.invite(client, application)
        twilio.eventually(lambda: twilio.call(made.call_sid)["connected"])
        client.calls(made.call_sid).update(twiml="<Response><Say>back to work</Say></Response>")
        twilio.eventually(lambda: twilio.call(made.call_sid)["over"])
        assert [heard["text"] for heard in twilio.call(made.call_sid)["heard"]] == ["back to work"]

    def test_5_1_the_room_closing_stops_the_ringing(self, twilio, application, client, enters, room):
        enters()
        twilio.post("/sim/behaviour", rules=[{"who": "client:*", "answer": "no-answer"}])
        made = self.invite(client, application, timeout=600)
        twilio.eventually(lambda: application.statuses()[-1:] == ["ringing"])
        room().update(status="completed")
        twilio.eventually(lambda: twilio.call(made.call_sid)["status"] == "canceled")

    def test_5_1_a_room_that_is_not_there(self, twilio, application, client):
        assert refusal(lambda: self.invite(client, application, name="CF" + "0" * 32))[1] == 16022

    def test_5_3_one_label_in_one_room(self, twilio, application, client):
        self.invite(client, application)
        assert refusal(lambda: self.invite(client, application)) == (400, 16026)

    @pytest.mark.parametrize("label", ["a/b", "x" * 129, "CA" + "0" * 32])
    def test_5_3_labels_that_are_none(self, twilio, client, label):
        create = client.conferences("call-1").participants.create
        assert refusal(lambda: create(from_=NUMBER, to="client:dana", label=label)) == (400, 16023)


class TestUpdated:
    def test_5_5_mute_and_hold_are_seen_and_told(self, twilio, application, enters, room):
        application.says("/music/", "<Play loop='0'>/music.mp3</Play>")
        caller = enters()
        agent = enters()
        room().participants(caller).update(hold=True, hold_url=f"{application.url}/music/")
        twilio.eventually(lambda: application.at("/music/"))
        # The one method that is GET unless said otherwise.
        assert application.at("/music/")[0].method == "GET"
        assert not twilio.call(agent)["connected"]
        room().participants(caller).update(hold=False)
        room().participants(agent).update(muted=True)
        assert [one.call_sid for one in room().participants.list(muted=True)] == [agent]
        room().participants(agent).update(muted=False)
        twilio.eventually(lambda: len(application.at("/conference/")) == 7)
        assert application.events()[3:] == [
            "participant-hold",
            "participant-unhold",
            "participant-mute",
            "participant-unmute",
        ]

    def test_5_2_a_coach_is_heard_by_one_only(self, twilio, application, enters, room):
        caller = enters()
        agent = enters()
        supervisor = enters(muted="true")
        updated = room().participants(supervisor).update(coaching=True, call_sid_to_coach=agent, muted=False)
        assert (updated.coaching, updated.call_sid_to_coach, updated.muted) == (True, agent, False)
        twilio.hang_up(agent)
        # The supervisor coaches nobody now, and the caller, who never heard them, is alone.
        twilio.eventually(lambda: not twilio.call(caller)["connected"])

    def test_5_2_coaching_somebody_who_is_on_hold_or_not_there(self, twilio, enters, room):
        agent = enters()
        supervisor = enters()
        coach = room().participants(supervisor).update
        assert refusal(lambda: coach(coaching=True, call_sid_to_coach="CA" + "0" * 32)) == (400, 16028)
        assert refusal(lambda: coach(coaching=True)) == (400, 20001)
        room().participants(agent).update(hold=True)
        assert refusal(lambda: coach(coaching=True, call_sid_to_coach=agent)) == (400, 16027)

    def test_5_2_an_announcement_is_heard_by_all_and_its_end_is_told(self, twilio, application, enters, room):
        first, second = enters(), enters()
        application.says("/announcement/", "<Say>the line is recorded</Say>")
        room().update(announce_url=f"{application.url}/announcement/")
        twilio.eventually(lambda: application.events()[-1:] == ["announcement-end"])
        for sid in (first, second):
            assert [heard["text"] for heard in twilio.call(sid)["heard"]] == ["the line is recorded"]

    def test_5_2_an_announcement_that_cannot_be_had_fails(self, twilio, application, enters, room):
        first, _ = enters(), enters()
        application.says("/announcement/", "<Dial>+14155550188</Dial>")
        room().participants(first).update(announce_url=f"{application.url}/announcement/")
        twilio.eventually(lambda: application.events()[-1:] == ["announcement-fail"])
        assert 13238 in [note["code"] for note in twilio.truth()["notes"]]

    def test_5_2_an_announcement_needs_a_started_conference(self, twilio, application, enters, room):
        enters()
        assert refusal(lambda: room().update(announce_url=f"{application.url}/announcement/")) == (400, 16001)


def test_a_caller_alone_on_hold_loses_patience_and_one_in_company_talks(twilio, application, client):
    application.says("/voice/", f"<Dial>{noun(application)}</Dial>")
    sid = twilio.ring(from_=CALLER, to=NUMBER, waits=3)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["over"])
    assert twilio.call(sid)["ended_by"] == "caller"
