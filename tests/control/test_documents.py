"""What Dana hears because of a wish, document by document, and what each of them proves."""

import xml.etree.ElementTree as ElementTree
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from calls.flows import inbound
from calls.models import Action, Agent, Call, Destination, Leg, Line, Visit
from tests.conftest import LINE, group

DANA = "+14155550177"


@pytest.fixture
def bo(billing):
    agent = Agent.objects.create(name="Bo Lind", contact="client:bo", state=Agent.State.AVAILABLE)
    agent.teams.add(billing)
    return agent


@pytest.fixture
def ben(ben):
    """Ben may do everything on Billing."""
    group("Supervisor", "view_call", "end_call", "transfer_call", "announce_call", "redirect_call", "raw_twiml")
    return ben


class Dana:
    """Her telephone: asks for what it was told to ask for."""

    def __init__(self, twilio, call, rest):
        self.twilio, self.call, self.rest = twilio, call, rest
        self.sid, self.child = call.legs.get(role="caller").pk, call.legs.get(role="agent").pk

    @property
    def leg(self) -> Leg:
        return Leg.objects.get(pk=self.sid)

    @property
    def sent_to(self) -> str:
        """The address that Twilio was last told to get her next document from."""
        return self.rest.asked[-1][1]["Url"]

    def asks(self, url: str, *, sid: str = "", **said: str):
        form = {
            "CallSid": sid or self.sid,
            "CallStatus": "in-progress",
            "From": DANA,
            "To": LINE,
            "Direction": "inbound",
        }
        self.answer = self.twilio.post(path_of(url), form | said)
        assert self.answer.status_code == 200
        return [(verb.tag, (verb.text or "").strip()) for verb in self.document]

    @property
    def document(self):
        return ElementTree.fromstring(self.answer.content)

    def goes_on(self):
        (redirect,) = self.document.findall("Redirect")
        return self.asks(redirect.text)

    @property
    def rung(self):
        (dial,) = self.document.findall("Dial")
        (noun,) = dial
        return dial, noun

    def target_says(self, word: str, sequence: int = 0, sid: str = "") -> str:
        """The one who is rung reports, to the address that the document named."""
        _, noun = self.rung
        sid = sid or self.twilio.sid()
        said = {"ParentCallSid": self.sid, "From": DANA, "To": f"client:{noun.text}", "Direction": "outbound-dial"}
        query = "?" + urlsplit(noun.get("statusCallback")).query
        assert self.twilio.status(sid, word, sequence, query, **said).status_code == 204
        return sid

    def dial_ends(self, how: str, child: str, *, bridged: bool = False):
        dial, _ = self.rung
        said = {"DialCallStatus": how, "DialCallSid": child, "DialBridged": str(bridged).lower()}
        return self.asks(dial.get("action"), **said)


def path_of(url: str) -> str:
    assert url.startswith("http://127.0.0.1:8000/twilio/")
    assert url.endswith("#rc=3&rp=ct,rt,5xx")
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@pytest.fixture
def dana(twilio, dana_call, rest, ana):
    """She was put through to Ana at the first visit of her flow, and they talk."""
    dana = Dana(twilio, dana_call, rest)
    Visit.objects.create(call=dana_call, step="ring", visit=1, agent=ana, at=timezone.now())
    query = f"?call={dana_call.pk}&role=caller&step=ring&visit=1"
    dana.asks(f"http://127.0.0.1:8000/twilio/voice/{query}#rc=3&rp=ct,rt,5xx")
    return dana


def action() -> Action:
    return Action.objects.latest("requested_at")


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
