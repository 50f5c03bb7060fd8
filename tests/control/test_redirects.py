"""Where Dana is sent by a redirect, and whose document an address leads to: what her telephone is told."""

import xml.etree.ElementTree as ElementTree
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from calls.models import Action, Agent, Destination, Line
from tests.conftest import group
from tests.control.dana import action


@pytest.fixture
def ben(ben):
    """Ben may do everything on Billing."""
    group("Supervisor", "view_call", "end_call", "transfer_call", "announce_call", "redirect_call", "raw_twiml")
    return ben


# Redirect -----------------------------------------------------------------------------------------------------------


def test_dana_is_sent_to_the_line_of_sales(wish, ben, dana, sales):
    line = Line.objects.create(address="+15550100120", name="Sales", team=sales, greeting="Sales, good morning.")
    sana = Agent.objects.create(name="Sana", contact="client:sana", state=Agent.State.AVAILABLE)
    sana.teams.add(sales)
    place = Destination.objects.create(name="Sales line", kind="line", line=line)
    wish(ben, dana.call, "redirect", destination=str(place.pk))
    dana.asks(dana.sent_to)
    assert action().state == "accepted"
    assert dana.goes_on()[0] == ("Say", "Sales, good morning.")
    assert action().state == "confirmed"
    dana.goes_on()
    assert dana.rung[1].text == "sana"


def test_dana_is_handed_to_another_application(wish, ben, dana):
    place = Destination.objects.create(
        name="Survey", kind="flow", url="https://forms.example/survey?id=7", method="GET"
    )
    wish(ben, dana.call, "redirect", destination=str(place.pk))
    assert dana.asks(dana.sent_to) == [("Redirect", "https://forms.example/survey?id=7")]
    assert dana.document.find("Redirect").get("method") == "GET"
    assert action().state == "confirmed"


def test_typed_twiml_is_sent_as_it_is_and_behind_it_dana_goes_on(wish, ben, dana):
    response = wish(ben, dana.call, "redirect", twiml="<Response><Say loop='2'>Æther &amp; co</Say></Response>")
    assert response.status_code == 202
    sent = dana.rest.asked[-1][1]
    assert set(sent) == {"Twiml"}
    say, redirect = ElementTree.fromstring(sent["Twiml"])
    assert (say.text, say.get("loop"), redirect.tag) == ("Æther & co", "2", "Redirect")
    dana.asks(redirect.text)
    assert action().state == "confirmed"
    dana.goes_on()
    assert dana.rung[1].text == "ana"


@pytest.mark.parametrize(
    ("twiml", "why"),
    [
        ("Hello", "It is not XML"),
        ("<Response><Say>x</Response>", "It is not XML"),
        ("<Response/>", "It is empty"),
        ("<Say>x</Say>", "does not begin with <Response>"),
        ("<Response><Shout>x</Shout></Response>", "<Shout> is no verb"),
        ("<Response><Redirect>/here</Redirect></Response>", "is not a whole https address"),
        ("<Response><Gather action='http://x.example/'/></Response>", "is not a whole https address"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><Response><Say>&a;</Say></Response>", "a DOCTYPE"),
        ("<Response><Say>\x00</Say></Response>", "control characters"),
        ("<Response><Dial>+15550100999</Dial></Response>", "calls"),
        ("<Response><Dial><Sip>sip:a@b.example</Sip></Dial></Response>", "calls"),
        ("<Response>" + "<Say>x</Say>" * 400 + "</Response>", "longer than 3200 characters"),
    ],
)
def test_twiml_that_twilio_could_not_run_is_refused_in_words(wish, ben, dana, settings, twiml, why):
    settings.DIAL_COUNTRIES = []
    response = wish(ben, dana.call, "redirect", twiml=twiml)
    assert response.status_code == 422
    assert why in response.json()["message"]
    assert dana.rest.asked == []


def test_who_may_not_type_twiml_reads_why(wish, ben, dana):
    group("Supervisor", "view_call", "redirect_call")
    response = wish(ben, dana.call, "redirect", twiml="<Response><Say>x</Say></Response>")
    assert response.status_code == 403
    assert response.json()["message"] == "You need the permission “Can give calls TwiML of their own” on Billing."


# Whose document is it -----------------------------------------------------------------------------------------------


def test_another_caller_at_danas_document_is_kept_on_the_line_and_nothing_happens(wish, ben, dana, twilio):
    wish(ben, dana.call, "announce", text="Your balance is overdue.")
    other, _ = twilio.call_in(From="+14155550199")
    assert [verb for verb, _ in dana.asks(dana.sent_to, sid=other)] == ["Pause", "Redirect"]
    assert (action().state, action().seen) == ("accepted", {})


@pytest.mark.parametrize("forged", ["x", "00000000000000000000000000000000~abc", "0~", "%00", "~"])
def test_an_address_that_we_did_not_make_keeps_dana_on_the_line(wish, ben, dana, forged):
    wish(ben, dana.call, "announce", text="Hello.")
    path = urlsplit(dana.sent_to).path.rsplit("/", 2)[0] + f"/{forged}/"
    url = f"http://127.0.0.1:8000{path}?{urlsplit(dana.sent_to).query}#rc=3&rp=ct,rt,5xx"
    assert [verb for verb, _ in dana.asks(url)] == ["Pause", "Redirect"]


def test_a_first_document_that_comes_ten_minutes_late_takes_dana_back(wish, ben, dana):
    wish(ben, dana.call, "announce", text="Hello.")
    Action.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
    dana.asks(dana.sent_to)
    dana.goes_on()
    assert dana.rung[1].text == "ana"


def test_the_end_of_the_call_overtakes_a_transfer_and_nothing_else_does(wish, ben, dana, bo):
    wish(ben, dana.call, "transfer", destination=f"agent-{bo.pk}")
    for verb, fields in (
        ("announce", {"text": "x"}),
        ("end", {"target": dana.child}),
        ("transfer", {"destination": f"agent-{bo.pk}"}),
    ):
        response = wish(ben, dana.call, verb, **fields)
        assert response.status_code == 409
        assert response.json()["message"].startswith("Ben Okafor is already on it (transfer, ")
    assert wish(ben, dana.call, "end", target="call").status_code == 202
    assert Action.objects.get(verb="transfer").state == "overtaken"


def test_who_was_handed_over_has_no_way_back_of_ours(wish, ben, dana, twilio):
    """Another application has her now: an announcement would tear her out of it, and the plan must not hide that."""
    place = Destination.objects.create(name="Survey", kind="flow", url="https://forms.example/survey")
    wish(ben, dana.call, "redirect", destination=str(place.pk))
    dana.asks(dana.sent_to)
    twilio.status(dana.child, "completed", 3, CallDuration="9", ParentCallSid=dana.sid, To="client:ana")
    handed_over = "Handed over. What is heard there is the other application’s."
    assert (dana.leg.resume_url, action().message) == ("", handed_over)
    response = wish(ben, dana.call, "announce", text="Hello.")
    assert (response.status_code, response.json()["code"]) == (409, "no_way_back")


@pytest.mark.parametrize("length", ["²", "99999999999999", "601", "-1", "1.5", ""])
def test_a_pause_is_as_long_as_a_pause_may_be(wish, ben, dana, length):
    response = wish(ben, dana.call, "redirect", twiml=f"<Response><Pause length='{length}'/></Response>")
    assert response.status_code == 422
    assert "A <Pause> lasts from 0 to 600 seconds." in response.json()["message"]


def test_who_talked_to_bo_is_not_told_to_have_left_before(wish, ben, dana, bo, twilio):
    """Bo's answer was never reported, and Dana's end comes before his."""
    wish(ben, dana.call, "transfer", destination=f"agent-{bo.pk}")
    dana.asks(dana.sent_to)
    sid = dana.target_says("ringing")
    twilio.status(dana.sid, "completed", 0, CallDuration="40")
    assert action().state == "accepted"
    twilio.status(sid, "completed", 2, CallDuration="15", ParentCallSid=dana.sid, To="client:bo")
    assert action().state == "confirmed"
