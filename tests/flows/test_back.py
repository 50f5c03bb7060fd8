"""Who was kept on the line while we did not answer goes on where they were."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from calls.flows import inbound
from calls.models import Action, Queue, Waiting
from tests.flows.test_inbound import Caller, heard
from tests.flows.test_queue import Waiter, billing_queue, dana

__all__ = ["billing_queue", "dana"]
pytestmark = pytest.mark.lane_b
BACK = "/twilio/voice/?step=back"


def leads_to(caller: Caller) -> str:
    ((verb, address),) = heard(caller.says(BACK).answer)
    assert verb == "Redirect"
    return address


def test_who_waits_is_in_their_place_again_and_not_greeted_twice(twilio, dana, billing_queue):
    other = Waiter(twilio, "+14155550178").enters()
    place = dana.place.place
    assert f"step=queue.{billing_queue.pk}&visit=2" in leads_to(dana)
    assert dana.goes_on().room.name == f"call-{dana.call.pk}"
    assert (dana.place.place, dana.place.visit, dana.place.left_at) == (place, 2, None)
    assert heard(other.hears(other.room.wait))[0] == ("Say", "You are number 2 in the line.")


def test_asked_twice_it_says_the_same(dana):
    assert leads_to(dana) == leads_to(dana)


def test_who_has_heard_nothing_yet_is_greeted(twilio, billing_queue):
    sid = twilio.sid()
    said = {"CallSid": sid, "CallStatus": "in-progress", "From": "+14155550177", "To": "+15550100100"}
    answer = twilio.post(BACK, said | {"Direction": "inbound"})
    assert [verb for verb, _ in heard(answer)] == ["Say", "Redirect"]


@pytest.mark.parametrize(("leaves", "step"), [("end", "thanks"), ("front", "queue.")])
def test_whose_agent_had_hung_up_goes_on_as_the_queue_says(dana, leaves, step):
    Queue.objects.update(when_agent_leaves=leaves)
    Waiting.objects.update(left_at=timezone.now())
    assert f"step={step}" in leads_to(dana)


@pytest.mark.parametrize(("seen", "step"), [({}, "queue."), ({"legs": ["CA1"]}, "thanks")])
def test_whom_a_wish_was_just_moving_is_not_said_goodbye(dana, seen, step):
    Waiting.objects.update(left_at=timezone.now())
    Action.objects.create(
        call=dana.call, by=User.objects.create(username="ben"), verb="transfer", key=uuid4(), state="accepted",
        requested_at=timezone.now(), sent_at=timezone.now(), plan={"moves": [dana.sid]}, seen=seen,
    )  # fmt: skip
    assert f"step={step}" in leads_to(dana)


def test_without_a_queue_the_next_one_rings(twilio, line, ana):
    caller = Caller(twilio).goes_on()
    assert "step=ring&visit=2" in leads_to(caller)


def test_without_a_queue_who_has_talked_hears_the_goodbye(twilio, line, ana):
    caller = Caller(twilio).goes_on()
    said = {"ParentCallSid": caller.sid, "To": "client:ana", "Direction": "outbound-dial"}
    twilio.status(twilio.sid(), "in-progress", 1, f"?call={caller.call.pk}&role=agent", **said)
    assert "step=thanks" in leads_to(caller)
    assert heard(caller.goes_on().answer)[0] == ("Say", inbound.THANKS)
