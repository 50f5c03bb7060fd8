"""Calls that are redirected or ended from outside, and what happens to the other leg.

Source: https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
"""

import pytest

from ..application import Reply
from ..conftest import CALLER, NUMBER, dial, let_pass, refusal


def order(application, *paths):
    """In which order these were first asked for."""
    firsts = {path: next(i for i, asked in enumerate(application.asked) if asked.path == path) for path in paths}
    return sorted(firsts, key=firsts.__getitem__)


class TestRedirectedParent:
    def test_0_1_5_child_ends_then_the_action_is_asked_and_ignored_then_the_new_document_runs(
        self, twilio, application, talking, client
    ):
        caller, child = talking()
        application.says("/after/", "<Redirect>/ignored/</Redirect>")
        application.says("/new/", "<Pause length='3600'/>")
        answer = client.calls(caller).update(url=f"{application.url}/new/", method="POST")
        # Accepted is not done: the answer shows the call as it still is.
        assert answer.status == "in-progress"
        (new,) = twilio.eventually(lambda: application.at("/new/"))
        (action,) = application.at("/after/")
        assert (action["DialCallStatus"], action["DialBridged"], action["DialCallSid"]) == ("completed", "true", child)
        assert (new["CallSid"], new["CallStatus"]) == (caller, "in-progress")
        twilio.eventually(lambda: "completed" in application.statuses(sid=child))
        assert order(application, "/after/", "/new/") == ["/after/", "/new/"]
        assert twilio.call(child)["status"] == "completed" and not twilio.call(caller)["over"]
        assert application.at("/ignored/") == []

    def test_0_1_6_without_an_action_a_redirect_behind_the_dial_is_fetched_in_vain(self, twilio, application, client):
        application.says("/voice/", "<Dial><Client>dana</Client></Dial><Redirect>/behind/</Redirect>")
        application.says("/behind/", "<Say>not for the caller</Say>")
        application.says("/new/", "<Pause length='3600'/>")
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(caller)["connected"])
        client.calls(caller).update(url=f"{application.url}/new/")
        twilio.eventually(lambda: application.at("/new/"))
        assert order(application, "/behind/", "/new/") == ["/behind/", "/new/"]
        assert "not for the caller" not in [heard["text"] for heard in twilio.call(caller)["heard"]]

    def test_4_3_a_child_that_still_rings_is_canceled(self, twilio, application, client):
        twilio.post("/sim/behaviour", rules=[{"who": "client:*", "answer": "no-answer"}])
        application.says("/voice/", dial(application, "<Client {}>dana</Client>", timeout="600"))
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: "ringing" in application.statuses())
        client.calls(caller).update(twiml="<Response><Say>sorry</Say></Response>")
        twilio.eventually(lambda: application.statuses()[-1] == "canceled")
        (action, *_) = twilio.eventually(lambda: application.at("/after/"))
        assert action["DialCallStatus"] == "canceled"
        twilio.eventually(lambda: twilio.call(caller)["over"])
        assert [heard["text"] for heard in twilio.call(caller)["heard"]] == ["sorry"]


class TestRedirectedChild:
    def test_0_1_7_it_goes_on_alone_and_the_parents_dial_is_over(self, twilio, application, talking, client):
        caller, child = talking()
        application.says("/after/", "<Pause length='3600'/>")
        application.says("/new/", "<Pause length='3600'/>")
        client.calls(child).update(url=f"{application.url}/new/")
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        (new,) = twilio.eventually(lambda: application.at("/new/"))
        assert (action["CallSid"], action["DialCallStatus"]) == (caller, "completed")
        assert "DialCallDuration" not in action.params
        assert (new["CallSid"], new["ParentCallSid"], new["CallStatus"]) == (child, caller, "in-progress")
        assert not twilio.call(caller)["over"] and not twilio.call(child)["over"]

    def test_3_6_it_still_reports_its_end(self, twilio, application, talking, client):
        _, child = talking()
        client.calls(child).update(twiml="<Response><Hangup/></Response>")
        twilio.eventually(lambda: application.statuses(sid=child)[-1] == "completed")

    def test_4_3_both_legs_of_a_dial_move_into_a_conference(self, twilio, application, talking, client):
        caller, child = talking()
        room = "<Dial><Conference>call-1</Conference></Dial>"
        application.says("/after/", room)
        client.calls(child).update(twiml=f"<Response>{room}</Response>")
        twilio.eventually(lambda: [one.status for one in client.conferences.list()] == ["in-progress"])
        (conference,) = client.conferences.list(friendly_name="call-1")
        assert {one.call_sid for one in conference.participants.list()} == {caller, child}


class TestCompleted:
    def test_4_3_ending_the_parent_ends_both(self, twilio, application, talking, client):
        caller, child = talking()
        assert client.calls(caller).update(status="completed").status == "in-progress"
        twilio.eventually(lambda: twilio.call(caller)["over"] and twilio.call(child)["over"])
        twilio.eventually(lambda: application.at("/number/") and application.statuses()[-1] == "completed")
        assert client.calls(child).fetch().status == "completed"

    def test_4_3_ending_the_child_leads_the_parent_to_its_action(self, twilio, application, talking, client):
        caller, child = talking()
        application.says("/after/", "<Pause length='3600'/>")
        client.calls(child).update(status="completed")
        (action,) = twilio.eventually(lambda: application.at("/after/"))
        assert (action["DialCallStatus"], action["DialBridged"]) == ("completed", "true")
        assert not twilio.call(caller)["over"]

    def test_4_2_a_call_that_rings_is_canceled_by_it(self, twilio, application, client):
        twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "no-answer"}])
        call = client.calls.create(to="+14155550188", from_=NUMBER, url=f"{application.url}/voice/", timeout=600)
        twilio.eventually(lambda: twilio.call(call.sid)["status"] == "ringing")
        call.update(status="completed")
        twilio.eventually(lambda: twilio.call(call.sid)["status"] == "canceled")


class TestRefused:
    @pytest.mark.parametrize("wish", [{"status": "completed"}, {"status": "canceled"}, {"twiml": "<Response/>"}])
    def test_4_2_a_call_that_is_over(self, twilio, application, client, wish):
        application.says("/voice/", "<Hangup/>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert refusal(lambda: client.calls(sid).update(**wish)) == (400, 21220)

    def test_4_2_a_redirect_of_a_call_that_still_rings(self, twilio, application, client):
        twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "no-answer"}])
        call = client.calls.create(to="+14155550188", from_=NUMBER, url=f"{application.url}/voice/")
        assert refusal(lambda: call.update(url=f"{application.url}/new/")) == (400, 21220)
        twilio.eventually(lambda: twilio.call(call.sid)["status"] == "ringing")
        assert refusal(lambda: call.update(url=f"{application.url}/new/")) == (400, 21220)

    def test_4_2_canceled_has_no_effect_on_a_call_in_progress_or_is_refused(self, twilio, application, talking, client):
        caller, _ = talking()
        assert client.calls(caller).update(status="canceled").status == "in-progress"
        twilio.post("/sim/settings", choices={"cancel_in_progress": "21220"})
        assert refusal(lambda: client.calls(caller).update(status="canceled")) == (400, 21220)
        assert not twilio.call(caller)["over"]

    def test_0_1_23_inline_twiml_of_more_than_4000_characters(self, twilio, application, talking, client):
        caller, _ = talking()
        text = f"<Response><Say>{'a' * 4000}</Say></Response>"
        assert refusal(lambda: client.calls(caller).update(twiml=text)) == (400, 32018)

    def test_4_2_url_and_twiml_together(self, twilio, application, talking, client):
        caller, _ = talking()
        assert refusal(lambda: client.calls(caller).update(twiml="<Response/>", url=f"{application.url}/new/")) == (
            400,
            20001,
        )

    def test_4_6_a_url_that_is_none(self, twilio, talking, client):
        caller, _ = talking()
        assert refusal(lambda: client.calls(caller).update(url="not a url")) == (400, 21205)
        assert refusal(lambda: client.calls(caller).update(url="http://under_score.example/")) == (400, 21205)


def test_0_1_4_a_status_callback_counts_only_together_with_a_url(twilio, application, client):
    call = client.calls.create(to="+14155550188", from_=NUMBER, twiml="<Response><Pause length='3600'/></Response>")
    twilio.eventually(lambda: twilio.call(call.sid)["status"] == "in-progress")
    application.says("/new/", "<Pause length='3600'/>")
    call.update(twiml="<Response><Pause length='3600'/></Response>", status_callback=f"{application.url}/ignored/")
    call.update(url=f"{application.url}/new/", status_callback=f"{application.url}/status/")
    twilio.eventually(lambda: application.at("/new/"))
    call.update(status="completed")
    twilio.eventually(lambda: application.statuses() == ["completed"])
    assert application.at("/ignored/") == []


def test_0_1_23_inline_twiml_needs_absolute_urls(twilio, application, talking, client):
    caller, _ = talking()
    application.says("/after/", "<Pause length='3600'/>")
    client.calls(caller).update(twiml="<Response><Gather action='/menu/' timeout='600'/></Response>")
    twilio.eventually(lambda: twilio.key(caller, "1#"))
    twilio.eventually(lambda: twilio.call(caller)["over"])
    assert 15004 in [note["code"] for note in twilio.truth()["notes"]]


def test_a_hang_up_overtakes_a_redirect(twilio, application, talking, client):
    caller, child = talking()
    application.does("/after/", lambda asked: Reply("<Response/>", after=0.2))
    client.calls(caller).update(url=f"{application.url}/new/")
    twilio.eventually(lambda: application.at("/after/"))
    twilio.hang_up(caller)
    twilio.eventually(lambda: twilio.call(caller)["over"])
    assert application.at("/new/") == []
    assert [twilio.call(sid)["status"] for sid in (caller, child)] == ["completed", "completed"]


class TestRedirectedInTheMiddle:
    """What a verb does that is cut short: most do nothing, some ask their action in vain."""

    @pytest.fixture
    def redirected(self, twilio, application, client):
        """A caller in the middle of this verb is redirected; returns their SID once the new document is asked."""

        def redirect(verb):
            application.says("/voice/", "<Say>Hello.</Say>", verb)
            application.says("/after/", "<Redirect>/ignored/</Redirect>")
            application.says("/new/", "<Pause length='3600'/>")
            sid = twilio.ring(from_=CALLER, to=NUMBER, message=600)["sid"]
            twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
            let_pass(twilio, 5)
            client.calls(sid).update(url=f"{application.url}/new/")
            twilio.eventually(lambda: application.at("/new/"))
            assert application.at("/ignored/") == [] and not twilio.call(sid)["over"]
            return sid

        return redirect

    @pytest.mark.parametrize(
        "verb",
        [
            "<Gather action='/after/' timeout='600' actionOnEmptyResult='true'/>",
            "<Record action='/after/'/>",
            "<Play loop='0'>/music.mp3</Play>",
            "<Pause length='600'/>",
        ],
    )
    def test_4_3_these_are_simply_aborted(self, application, redirected, verb):
        redirected(verb)
        assert application.at("/after/") == []

    @pytest.mark.parametrize("asked", [True, False])
    def test_4_3_whether_connect_asks_its_action_is_a_choice(self, twilio, application, sockets, redirected, asked):
        twilio.post("/sim/settings", choices={"connect_action_on_redirect": asked})
        redirected(f"<Connect action='/after/'><Stream url='{sockets.url}'/></Connect>")
        assert len(application.at("/after/")) == asked
        twilio.eventually(lambda: sockets.closed)

    def test_4_3_a_participant_is_out_of_the_room_at_once_and_dials_action_is_asked(self, application, redirected):
        redirected("<Dial action='/after/'><Conference>r</Conference></Dial>")
        assert [asked["DialCallStatus"] for asked in application.at("/after/")] == ["answered"]


def test_4_2_a_redirect_of_an_outbound_call_that_rings_may_be_kept_until_it_is_answered(twilio, application, client):
    twilio.post("/sim/settings", choices={"redirect_ringing_outbound": True})
    twilio.post("/sim/behaviour", rules=[{"who": "*", "after": 20}])
    call = client.calls.create(to="+14155550188", from_=NUMBER, url=f"{application.url}/voice/")
    application.says("/new/", "<Pause length='3600'/>")
    call.update(url=f"{application.url}/new/")
    (asked,) = twilio.eventually(lambda: application.at("/new/"))
    assert asked["CallStatus"] == "in-progress" and application.at("/voice/") == []


def test_4_3_whether_a_leg_moved_out_of_its_dial_reports_its_end_is_a_choice(twilio, application, talking, client):
    twilio.post("/sim/settings", choices={"moved_leg_reports": False})
    _, child = talking()
    client.calls(child).update(twiml="<Response><Hangup/></Response>")
    twilio.eventually(lambda: twilio.call(child)["over"])
    let_pass(twilio, 5)
    assert "completed" not in application.statuses(sid=child)
