"""What Dana hears because of a wish, document by document, and what each of them proves."""

import xml.etree.ElementTree as ElementTree
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.flows import inbound
from calls.models import Action, Agent, Call, Destination, Leg
from tests.conftest import group
from tests.control.dana import DANA, Dana, action


@pytest.fixture
def ben(ben):
    """Ben may do everything on Billing."""
    group("Supervisor", "view_call", "end_call", "transfer_call", "announce_call", "redirect_call", "raw_twiml")
    return ben


# Announce -----------------------------------------------------------------------------------------------------------


def test_dana_hears_it_and_goes_back_to_whom_she_talked_to(wish, ben, dana):
    was = dana.leg.resume_url
    assert wish(ben, dana.call, "announce", text="We close in <ten> minutes.", language="en-GB").status_code == 202
    assert dana.asks(dana.sent_to)[0] == ("Say", "We close in <ten> minutes.")
    assert dana.document.find("Say").get("language") == "en-GB"
    assert (action().state, action().seen) == (
        "accepted",
        {"say": dana.sid},
    )  # it began: nobody knows that it was heard
    dana.goes_on()
    assert action().state == "confirmed"
    assert dana.leg.resume_url == was  # an announcement is no place to come back to
    dana.goes_on()
    assert dana.rung[1].text == "ana"
    assert dana.leg.resume_url.startswith(was)


def test_asked_for_twice_it_is_the_same_document_and_proves_nothing_more(wish, ben, dana):
    wish(ben, dana.call, "announce", text="Hello.")
    first = dana.asks(dana.sent_to)
    assert dana.asks(dana.sent_to) == first
    assert action().state == "accepted"


def test_who_hangs_up_has_not_heard_it_to_the_end(wish, ben, dana, twilio):
    wish(ben, dana.call, "announce", text="Hello.")
    dana.asks(dana.sent_to)
    twilio.status(dana.sid, "completed", 0, CallDuration="9")
    assert (action().state, action().message) == ("failed", "The leg ended before it was over.")


def test_the_agent_who_was_dialled_for_her_cannot_be_announced_to(wish, ben, dana):
    response = wish(ben, dana.call, "announce", text="Hello.", target=dana.child)
    assert (response.status_code, response.json()["code"]) == (409, "child")
    assert response.json()["message"] == "Ana Pereira was dialled for the caller: move the caller instead."
    assert dana.rest.asked == []


def test_a_leg_of_which_no_way_back_is_known_hears_no_announcement(wish, alice, twilio, rest):
    """Another application made this call, and dialled nobody we know."""
    group("Head of floor", "view_call", "end_call", "all_teams", "announce_call")
    sid = twilio.sid()
    twilio.status(sid, "in-progress", 0, Direction="outbound-api")
    call = Call.objects.get(legs__sid=sid)
    response = wish(alice, call, "announce", text="Hello.")
    assert (response.status_code, response.json()["code"]) == (409, "no_way_back")
    assert rest.asked == []


# Transfer -----------------------------------------------------------------------------------------------------------


def test_dana_talks_to_bo(wish, ben, dana, bo):
    wish(ben, dana.call, "transfer", destination=f"agent-{bo.pk}")
    dana.asks(dana.sent_to)
    dial, noun = dana.rung
    assert (noun.tag, noun.text, dial.get("timeout"), dial.get("timeLimit")) == ("Client", "bo", "20", "14400")
    sid = dana.target_says("ringing")
    assert action().state == "accepted"  # ringing is not talking
    dana.target_says("in-progress", 1, sid)
    assert action().state == "confirmed"
    assert Leg.objects.get(pk=sid).agent == bo
    assert dana.dial_ends("completed", sid, bridged=True)[0][0] == "Redirect"
    assert dana.goes_on() == [("Say", inbound.THANKS), ("Hangup", "")]


@pytest.mark.parametrize(
    ("how", "words"), [("busy", "was busy"), ("no-answer", "did not answer"), ("failed", "could not be reached")]
)
def test_nobody_there_and_dana_is_back_with_ana(wish, ben, dana, bo, how, words):
    wish(ben, dana.call, "transfer", destination=f"agent-{bo.pk}")
    dana.asks(dana.sent_to)
    sid = dana.target_says("ringing")
    dana.target_says(how, 1, sid)
    done = action()
    assert (done.state, done.code) == ("failed", f"target_{how}")
    assert done.message == f"Bo Lind {words}. The caller goes back: Ana Pereira is rung again."
    dana.dial_ends(how, sid)
    dana.goes_on()
    assert dana.rung[1].text == "ana"


def test_the_callbacks_of_the_target_may_be_lost(wish, ben, dana, bo, twilio):
    wish(ben, dana.call, "transfer", destination=f"agent-{bo.pk}")
    dana.asks(dana.sent_to)
    dana.dial_ends("busy", twilio.sid())
    assert (action().state, action().code) == ("failed", "target_busy")


def test_dana_hangs_up_while_bo_rings(wish, ben, dana, bo, twilio):
    wish(ben, dana.call, "transfer", destination=f"agent-{bo.pk}")
    dana.asks(dana.sent_to)
    sid = dana.target_says("ringing")
    twilio.status(dana.sid, "completed", 0, CallDuration="9")
    dana.target_says("canceled", 1, sid)
    assert (action().state, action().message) == ("failed", "The caller was gone before Bo Lind answered.")


def test_bos_leg_is_ended_and_dana_goes_back_to_ana(wish, ben, dana, bo):
    wish(ben, dana.call, "transfer", destination=f"agent-{bo.pk}")
    dana.asks(dana.sent_to)
    sid = dana.target_says("in-progress", 1)
    assert wish(ben, dana.call, "end", target=sid).status_code == 202
    dana.target_says("completed", 2, sid)
    assert action().state == "confirmed"
    dana.dial_ends("completed", sid, bridged=True)
    dana.goes_on()
    assert dana.rung[1].text == "ana"


def test_who_is_not_in_the_directory_of_this_team_cannot_be_reached(wish, ben, dana, sales):
    sana = Agent.objects.create(name="Sana", contact="client:sana")
    sana.teams.add(sales)
    place = Destination.objects.create(name="Warehouse", address="+14155550999")
    place.teams.add(sales)
    for destination in (f"agent-{sana.pk}", str(place.pk), "agent-99999999", "0", "-1", "agent-", "x", "١"):
        assert wish(ben, dana.call, "transfer", destination=destination).status_code == 422
    assert (dana.rest.asked, Action.objects.count()) == ([], 0)


# Another application made the call: there is no step of ours, but Ana can be rung again -------------------------------


@pytest.fixture
def bridged(twilio, rest, ana):
    """Of Dana nothing is known but that Ana was dialled for her."""
    group("Head of floor", "view_call", "all_teams", "announce_call", "transfer_call", "redirect_call", "raw_twiml")
    dana, child = twilio.sid(), twilio.sid()
    said = {"ParentCallSid": dana, "From": DANA, "To": "client:ana", "Direction": "outbound-dial"}
    twilio.status(child, "in-progress", 2, "", **said)
    call = Call.objects.get(legs__sid=child)
    Leg.objects.filter(pk=child).update(role="agent")
    return Dana(twilio, call, rest)


@pytest.mark.parametrize(
    ("verb", "fields"),
    [("announce", {"text": "Hello."}), ("redirect", {"twiml": "<Response><Say>Hello.</Say></Response>"})],
)
def test_behind_what_she_hears_she_is_put_through_to_ana_again(wish, alice, bridged, verb, fields):
    assert wish(alice, bridged.call, verb, **fields).status_code == 202
    if verb == "announce":
        bridged.asks(bridged.sent_to)
        bridged.goes_on()
    else:
        bridged.asks(ElementTree.fromstring(bridged.rest.asked[-1][1]["Twiml"]).findtext("Redirect"))
    bridged.goes_on()
    assert bridged.rung[1].text == "ana"


def test_however_long_she_then_talks_to_ana_she_is_not_put_through_once_more(wish, alice, bridged, bo):
    wish(alice, bridged.call, "transfer", destination=f"agent-{bo.pk}")
    bridged.asks(bridged.sent_to)
    bridged.dial_ends("busy", bridged.target_says("busy"))
    assert action().code == "target_busy"
    Action.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
    bridged.goes_on()
    assert bridged.rung[1].text == "ana"
    bridged.dial_ends("completed", bridged.target_says("in-progress"), bridged=True)
    assert bridged.goes_on() == [("Say", inbound.THANKS), ("Hangup", "")]


# A <Dial> that is over because of us --------------------------------------------------------------------------------


def test_the_action_that_is_asked_for_in_vain_is_no_hang_up(wish, ben, dana):
    """Twilio ends Ana's leg, asks the <Dial>'s action, and ignores the answer."""
    dial, _ = dana.rung
    was = dana.leg.resume_url
    wish(ben, dana.call, "announce", text="Hello.")
    said = {"DialCallStatus": "completed", "DialCallSid": dana.child, "DialBridged": "true"}
    assert [verb for verb, _ in dana.asks(dial.get("action"), **said)] == ["Pause", "Redirect"]
    assert dana.leg.resume_url == was
    # It was Ana who hung up, and Twilio never did what it had accepted: a moment later Dana is thanked all the same.
    dana.goes_on()
    assert dana.goes_on() == [("Say", inbound.THANKS), ("Hangup", "")]


def test_an_agent_whose_leg_is_ended_takes_nobody_along(wish, ben, dana, bo, twilio):
    dial, _ = dana.rung
    assert wish(ben, dana.call, "end", target=dana.child).status_code == 202
    assert dana.rest.asked == [(dana.child, {"Status": "completed"})]
    said = {"DialCallStatus": "completed", "DialCallSid": dana.child, "DialBridged": "true"}
    dana.asks(dial.get("action"), **said)
    dana.goes_on()
    assert dana.rung[1].text == "bo"
