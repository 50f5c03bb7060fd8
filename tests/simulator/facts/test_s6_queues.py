"""§6 of the facts: queues, who waits in them, and how two calls find each other.

Source: https://www.twilio.com/docs/voice/twiml/enqueue, …/queue, https://www.twilio.com/docs/voice/api/queue-resource
"""

import pytest

from ..application import Reply
from ..conftest import CALLER, NUMBER, STAY, refusal

WAIT = "<Enqueue action='/after/' waitUrl='/wait/'>support</Enqueue>"
AGENT = "+14155550188"


@pytest.fixture
def waits(twilio, application):
    """Somebody waits in the queue `support`; returns their call's SID."""

    def enqueue(from_=CALLER, enqueue=WAIT, **script):
        application.says("/voice/", enqueue)
        sid = twilio.ring(from_=from_, to=NUMBER, **script)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["queue"] == "support")
        return sid

    application.says("/wait/", "<Say>Please hold.</Say><Pause length='10'/>")
    return enqueue


@pytest.fixture
def takes(twilio, application, client):
    """An agent is rung by REST and dials the queue; returns their call's SID."""

    def dial(noun="<Queue>support</Queue>", **attributes):
        given = " ".join(f"{name}='{value}'" for name, value in {"action": "/agent-after/", **attributes}.items())
        application.says("/agent/", f"<Dial {given}>{noun}</Dial>{STAY}")
        application.says("/agent-after/", STAY)
        return client.calls.create(to=AGENT, from_=NUMBER, url=f"{application.url}/agent/").sid

    return dial


@pytest.fixture
def queue(client):
    return lambda: next(one for one in client.queues.list() if one.friendly_name == "support")


def result(twilio, application):
    (action,) = twilio.eventually(lambda: application.at("/after/"))
    return action


class TestEnqueue:
    def test_6_enqueue_makes_the_queue_if_there_is_none(self, twilio, client, waits, queue):
        assert client.queues.list() == []
        waits()
        assert (queue().friendly_name, queue().current_size, queue().max_size) == ("support", 1, 1000)

    def test_6_the_wait_url_is_asked_at_once_and_again_whenever_its_document_ends(self, twilio, application, waits):
        application.says("/wait/", "<Say>Please hold.</Say>")
        sid = waits()
        twilio.eventually(lambda: len(application.at("/wait/")) >= 3)
        assert {asked["CallSid"] for asked in application.at("/wait/")} == {sid}
        assert {asked["CallStatus"] for asked in application.at("/wait/")} == {"in-progress"}

    def test_6_the_wait_url_is_told_the_place_and_the_times_in_seconds(self, twilio, application, waits, queue):
        waits()
        second = waits(from_="+14155550124")
        asked = twilio.eventually(lambda: [one for one in application.at("/wait/") if one["CallSid"] == second])[0]
        names = ("QueuePosition", "CurrentQueueSize", "MaxQueueSize", "QueueTime", "AvgQueueTime", "QueueSid")
        assert [asked[name] for name in names] == ["2", "2", "1000", "0", "0", queue().sid]

    def test_6_a_verb_that_has_no_place_in_a_wait_document_is_skipped(self, twilio, application, waits):
        application.says("/wait/", "<Record/><Say>Please hold.</Say>")
        sid = waits()
        twilio.eventually(lambda: twilio.call(sid)["heard"])
        assert twilio.call(sid)["heard"][0]["text"] == "Please hold."
        assert 12200 in [note["code"] for note in twilio.truth()["notes"]]

    def test_6_a_gather_in_the_wait_document_can_lead_to_leave(self, twilio, application, waits):
        application.says("/wait/", "<Gather numDigits='1' action='/choice/'><Say>Press 1 to be called.</Say></Gather>")
        application.says("/choice/", "<Leave/>")
        sid = waits(digits="1")
        assert result(twilio, application)["CallSid"] == sid

    def test_6_leave_ends_the_wait_and_the_action_says_leave(self, twilio, application, waits, client):
        application.says("/voice/", WAIT)
        application.says("/wait/", "<Say>Nobody is there.</Say><Leave/>")
        application.says("/after/", "<Say>Leave a message.</Say>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        action = result(twilio, application)
        assert (action["QueueResult"], action["CallStatus"]) == ("leave", "in-progress")
        twilio.eventually(lambda: "Leave a message." in [heard["text"] for heard in twilio.call(sid)["heard"]])
        assert [one.current_size for one in client.queues.list()] == [0]

    def test_6_without_an_action_the_next_verb_follows(self, twilio, application):
        application.says("/voice/", "<Enqueue waitUrl='/wait/'>support</Enqueue><Say>And on.</Say>")
        application.says("/wait/", "<Leave/>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert [heard["text"] for heard in twilio.call(sid)["heard"]] == ["And on."]

    def test_6_leave_outside_of_a_queue_is_skipped(self, twilio, application):
        application.says("/voice/", "<Leave/><Say>still here</Say>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert [heard["text"] for heard in twilio.call(sid)["heard"]] == ["still here"]

    def test_6_a_caller_who_hangs_up_while_waiting_is_told_of_as_hangup(self, twilio, application, waits, queue):
        sid = waits()
        twilio.hang_up(sid)
        action = result(twilio, application)
        assert (action["QueueResult"], action["CallStatus"], action["QueueSid"]) == (
            "hangup",
            "completed",
            queue().sid,
        )
        assert int(action["QueueTime"]) >= 0 and queue().current_size == 0

    def test_6_a_call_update_takes_out_too_and_the_action_says_redirected(self, twilio, application, waits, client):
        sid = waits()
        application.says("/after/", "<Redirect>/ignored/</Redirect>")
        application.says("/new/", STAY)
        client.calls(sid).update(url=f"{application.url}/new/")
        twilio.eventually(lambda: application.at("/new/"))
        assert result(twilio, application)["QueueResult"] == "redirected"
        assert application.at("/ignored/") == []

    def test_6_a_full_queue_takes_nobody(self, twilio, application, waits):
        waits(enqueue="<Enqueue maxQueueSize='1' waitUrl='/wait/'>support</Enqueue>")
        application.says("/voice/", WAIT)
        twilio.ring(from_="+14155550124", to=NUMBER)
        assert result(twilio, application)["QueueResult"] == "queue-full"
        assert 14207 in [note["code"] for note in twilio.truth()["notes"]]

    def test_6_a_wait_document_that_cannot_be_had_ends_the_wait_with_an_error(self, twilio, application):
        application.says("/voice/", WAIT)
        application.does("/wait/", lambda asked: Reply(status=500))
        twilio.ring(from_=CALLER, to=NUMBER)
        assert result(twilio, application)["QueueResult"] == "error"

    @pytest.mark.parametrize(("name", "code"), [("", 14204), ("x" * 65, 14205)])
    def test_6_a_queues_name_has_from_1_to_64_characters(self, twilio, application, name, code):
        application.says("/voice/", f"<Enqueue action='/after/'>{name}</Enqueue>")
        twilio.ring(from_=CALLER, to=NUMBER)
        assert result(twilio, application)["QueueResult"] == "error"
        assert code in [note["code"] for note in twilio.truth()["notes"]]


class TestDialQueue:
    def test_6_dial_queue_connects_the_first_who_waits(self, twilio, waits, takes):
        first = waits()
        second = waits(from_="+14155550124")
        agent = takes()
        twilio.eventually(lambda: twilio.call(agent)["connected"])
        assert twilio.call(first)["connected"] and not twilio.call(second)["connected"]

    def test_6_the_two_legs_are_no_parent_and_child(self, twilio, client, waits, takes):
        caller, agent = waits(), takes()
        twilio.eventually(lambda: twilio.call(agent)["connected"])
        assert [client.calls(sid).fetch().parent_call_sid for sid in (caller, agent)] == [None, None]

    def test_6_after_the_agent_hangs_up_the_enqueue_action_says_bridged(self, twilio, application, waits, takes):
        caller, agent = waits(), takes()
        application.says("/after/", STAY)
        twilio.eventually(lambda: twilio.call(agent)["connected"])
        assert application.at("/after/") == []
        twilio.hang_up(agent)
        action = result(twilio, application)
        assert (action["CallSid"], action["QueueResult"], action["CallStatus"]) == (caller, "bridged", "in-progress")
        assert not twilio.call(caller)["over"]

    def test_6_after_the_caller_hangs_up_the_dial_action_names_the_dequeued_call(
        self, twilio, application, waits, takes, queue
    ):
        caller, agent = waits(), takes()
        twilio.eventually(lambda: twilio.call(agent)["connected"])
        twilio.hang_up(caller)
        (action,) = twilio.eventually(lambda: application.at("/agent-after/"))
        assert (action["DequeueResult"], action["DequeuedCallSid"]) == ("bridged", caller)
        assert (action["QueueSid"], action["CallSid"]) == (queue().sid, agent)
        assert int(action["DequeuedCallQueueTime"]) >= 0 and int(action["DequeuedCallDuration"]) >= 0

    def test_6_the_whisper_is_heard_by_the_queued_caller_and_told_who_takes_them(
        self, twilio, application, waits, takes
    ):
        application.says("/whisper/", "<Say>An agent is with you.</Say>")
        caller = waits()
        agent = takes("<Queue url='/whisper/'>support</Queue>")
        (asked,) = twilio.eventually(lambda: application.at("/whisper/"))
        assert (asked["CallSid"], asked["DequeingCallSid"]) == (caller, agent)
        assert "QueueSid" in asked.params and int(asked["QueueTime"]) >= 0
        twilio.eventually(lambda: twilio.call(agent)["connected"])
        assert "An agent is with you." in [heard["text"] for heard in twilio.call(caller)["heard"]]

    def test_6_in_an_empty_queue_the_dial_waits_for_somebody_to_come(self, twilio, application, client, takes):
        client.queues.create(friendly_name="support")
        agent = takes(timeout="600")
        twilio.eventually(lambda: twilio.call(agent)["status"] == "in-progress")
        application.says("/voice/", "<Enqueue>support</Enqueue>")
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(agent)["connected"] and twilio.call(caller)["connected"])

    def test_6_and_no_longer_than_its_timeout(self, twilio, application, client, takes):
        client.queues.create(friendly_name="support")
        takes(timeout="5")
        (action,) = twilio.eventually(lambda: application.at("/agent-after/"))
        assert (action["DequeueResult"], "DequeuedCallSid" in action.params) == ("queue-empty", False)

    def test_6_a_queue_that_is_not_there(self, twilio, application, takes):
        takes("<Queue>nowhere</Queue>")
        (action,) = twilio.eventually(lambda: application.at("/agent-after/"))
        assert action["DequeueResult"] == "queue-not-found"

    def test_6_a_bridged_caller_who_is_redirected_leaves_the_agent_to_their_action(
        self, twilio, application, client, waits, takes
    ):
        caller, agent = waits(), takes()
        twilio.eventually(lambda: twilio.call(agent)["connected"])
        client.calls(caller).update(twiml=f"<Response>{STAY}</Response>")
        twilio.eventually(lambda: application.at("/agent-after/"))
        assert result(twilio, application)["QueueResult"] == "redirected-from-bridged"
        assert not twilio.call(caller)["over"] and not twilio.call(agent)["over"]


class TestRest:
    def test_6_a_queue_is_made_changed_and_deleted(self, twilio, client):
        queue = client.queues.create(friendly_name="sales")
        assert (queue.friendly_name, queue.max_size, queue.current_size, queue.average_wait_time) == (
            "sales",
            1000,
            0,
            0,
        )
        assert queue.sid.startswith("QU") and len(queue.sid) == 34
        assert queue.update(friendly_name="billing", max_size=3).max_size == 3
        assert [one.friendly_name for one in client.queues.list()] == ["billing"]
        assert queue.delete()
        assert refusal(lambda: queue.fetch()) == (404, 20404)

    @pytest.mark.parametrize("wrong", [{"friendly_name": "x" * 65}, {"friendly_name": "a", "max_size": 5001}])
    def test_6_a_name_has_at_most_64_characters_and_a_queue_at_most_5000_places(self, twilio, client, wrong):
        assert refusal(lambda: client.queues.create(**wrong)) == (400, 20001)

    def test_6_only_an_empty_queue_can_be_deleted(self, twilio, waits, queue):
        waits()
        assert refusal(lambda: queue().delete())[0] == 409

    def test_6_members_first_come_first_in_the_list(self, twilio, client, waits, queue):
        sids = [waits(), waits(from_="+14155550124")]
        members = client.queues(queue().sid).members.list()
        assert [(one.call_sid, one.position, one.queue_sid) for one in members] == [
            (sid, place, queue().sid) for place, sid in enumerate(sids, 1)
        ]
        assert all(one.wait_time >= 0 and one.date_enqueued for one in members)

    def test_6_a_member_is_found_as_front_or_by_its_call(self, twilio, client, waits, queue):
        first = waits()
        second = waits(from_="+14155550124")
        members = client.queues(queue().sid).members
        assert members("Front").fetch().call_sid == first
        assert members(second).fetch().position == 2

    def test_6_the_front_of_an_empty_queue_is_not_found(self, twilio, client):
        queue = client.queues.create(friendly_name="sales")
        assert refusal(lambda: client.queues(queue.sid).members("Front").fetch()) == (404, 20404)

    def test_6_a_dequeued_member_goes_on_with_the_url(self, twilio, application, client, waits, queue):
        sid = waits()
        application.says("/new/", STAY)
        application.says("/after/", "<Redirect>/ignored/</Redirect>")
        client.queues(queue().sid).members("Front").update(url=f"{application.url}/new/", method="POST")
        (new,) = twilio.eventually(lambda: application.at("/new/"))
        assert (new["CallSid"], new["CallStatus"]) == (sid, "in-progress")
        assert result(twilio, application)["QueueResult"] == "redirected"
        assert queue().current_size == 0 and application.at("/ignored/") == []

    def test_6_the_average_wait_is_that_of_those_who_are_out(self, twilio, client, waits, queue):
        sid = waits()
        twilio.eventually(lambda: client.queues(queue().sid).members("Front").fetch().wait_time >= 3)
        twilio.hang_up(sid)
        twilio.eventually(lambda: queue().average_wait_time >= 3)
