"""What somebody hears who phones in, step by step, and that asking twice is hearing the same."""

import threading
import xml.etree.ElementTree as ElementTree
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from calls.flows import inbound
from calls.models import Agent, Call, Line, Visit
from tests.conftest import ACCOUNT, LINE, sign

DANA = "+14155550177"


def heard(answer):
    """The verbs of an answer, as (verb, text or address)."""
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/xml")
    return [(verb.tag, (verb.text or "").strip()) for verb in ElementTree.fromstring(answer.content)]


def path_of(url):
    """As Twilio requests it: without our origin and the fragment."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


class Caller:
    """Somebody on the telephone: follows what the answers say."""

    def __init__(self, twilio, number=DANA):
        self.twilio, self.number = twilio, number
        self.sid, self.answer = twilio.call_in(From=number)

    @property
    def call(self):
        return Call.objects.get(legs__sid=self.sid)

    def says(self, path, status="in-progress", **said):
        form = {"CallSid": self.sid, "CallStatus": status, "From": self.number, "To": LINE, "Direction": "inbound"}
        self.asked = (path, form | said)
        self.answer = self.twilio.post(*self.asked)
        return self

    def goes_on(self):
        (redirect,) = ElementTree.fromstring(self.answer.content).findall("Redirect")
        return self.says(path_of(redirect.text))

    @property
    def rings(self):
        """The one who is being rung: (noun, contact, status callback)."""
        (dial,) = ElementTree.fromstring(self.answer.content).findall("Dial")
        (noun,) = dial
        return SimpleNamespace(noun=noun.tag, contact=noun.text, status=noun.get("statusCallback"), dial=dial)

    def not_answered(self, how="no-answer", **more):
        said = {"DialCallStatus": how, "DialCallSid": self.twilio.sid(), "DialBridged": "false"}
        return self.says(path_of(self.rings.dial.get("action")), **said, **more)


@pytest.fixture
def dana(twilio, line):
    return Caller(twilio)


def agent(team, name, contact, state=Agent.State.AVAILABLE):
    made = Agent.objects.create(name=name, contact=contact, state=state)
    made.teams.add(team)
    return made


def test_dana_is_greeted_and_ana_is_rung(dana, ana):
    (say, text), (redirect, url) = heard(dana.answer)
    assert (say, text, redirect) == ("Say", inbound.GREETING, "Redirect")
    assert url.startswith("http://127.0.0.1:8000/twilio/voice/?")
    assert url.endswith("#rc=3&rp=ct,rt,5xx")
    dana.goes_on()
    assert (dana.rings.noun, dana.rings.contact) == ("Client", "ana")
    assert parse_qs(urlsplit(dana.rings.status).query) == {"call": [str(dana.call.pk)], "role": ["agent"]}
    assert int(dana.rings.dial.get("timeout")) <= 25
    assert Visit.objects.get().agent == ana


def test_a_line_may_have_its_own_greeting(twilio, line, ana):
    Line.objects.update(greeting="Billing & Co. <good> morning")
    assert heard(Caller(twilio).answer)[0] == ("Say", "Billing & Co. <good> morning")


@pytest.mark.parametrize(
    ("contact", "noun", "text"),
    [
        ("client:ana", "Client", "ana"),
        ("sip:ana@example.com", "Sip", "sip:ana@example.com"),
        ("+14155550199", "Number", "+14155550199"),
    ],
)
def test_an_agent_is_rung_wherever_they_are(dana, billing, contact, noun, text):
    agent(billing, "Ana", contact)
    dana.goes_on()
    assert (dana.rings.noun, dana.rings.contact) == (noun, text)


def test_who_is_busy_is_passed_over_and_the_next_one_is_rung(dana, ana, billing):
    bo = agent(billing, "Bo Lind", "client:bo")
    dana.goes_on().not_answered("busy").goes_on()
    assert dana.rings.contact == "bo"
    assert list(Visit.objects.order_by("visit").values_list("agent", flat=True)) == [ana.pk, bo.pk]


def test_a_desk_telephone_that_declines_says_how_and_the_next_one_is_rung(dana, ana, billing):
    """Of a <Sip> Twilio tells more, and by a name that ends like another one."""
    agent(billing, "Bo Lind", "client:bo")
    dana.goes_on().not_answered("busy", DialSipResponseCode="486").goes_on()
    assert dana.rings.contact == "bo"


def test_nobody_is_rung_twice_and_then_there_is_a_kind_goodbye(dana, ana):
    dana.goes_on().not_answered().goes_on()
    assert heard(dana.answer) == [("Say", inbound.SORRY), ("Hangup", "")]
    assert Visit.objects.get(visit=2).agent is None


def test_after_three_tries_there_is_a_kind_goodbye(dana, billing):
    for number in range(5):
        agent(billing, f"Agent {number}", f"client:agent{number}")
    for _ in range(3):
        dana.goes_on().not_answered()
    dana.goes_on()
    assert heard(dana.answer) == [("Say", inbound.SORRY), ("Hangup", "")]
    assert Visit.objects.count() == 3


def test_who_has_talked_is_thanked(dana, ana):
    dana.goes_on()
    said = {"DialCallStatus": "completed", "DialCallSid": dana.twilio.sid(), "DialBridged": "true"}
    dana.says(path_of(dana.rings.dial.get("action")), **said).goes_on()
    assert heard(dana.answer) == [("Say", inbound.THANKS), ("Hangup", "")]


@pytest.mark.parametrize("why", ["away", "of another team", "talking", "being rung for somebody else"])
def test_who_cannot_take_the_call_is_not_rung(twilio, line, ana, sales, why):
    if why == "away":
        Agent.objects.update(state=Agent.State.AWAY)
    elif why == "of another team":
        ana.teams.set([sales])
    elif why == "talking":
        twilio.status(twilio.sid(), "in-progress", 1, "?role=agent", To="client:ana", Direction="outbound-api")
    else:
        Caller(twilio, "+14155550178").goes_on()
    assert heard(Caller(twilio).goes_on().answer) == [("Say", inbound.SORRY), ("Hangup", "")]


def test_who_was_rung_for_a_caller_who_gave_up_is_free_at_once(twilio, line, ana):
    first = Caller(twilio, "+14155550178").goes_on()
    twilio.status(first.sid, "completed", From=first.number, CallDuration="3")
    assert Caller(twilio).goes_on().rings.contact == "ana"


def test_who_was_rung_long_ago_is_free_again(twilio, line, ana):
    Caller(twilio, "+14155550178").goes_on()
    Visit.objects.update(at=timezone.now() - timedelta(seconds=inbound.RING_SECONDS + 6))
    assert Caller(twilio).goes_on().rings.contact == "ana"


def test_who_has_waited_longest_is_rung_first(twilio, line, ana, billing):
    bo, cleo = agent(billing, "Bo", "client:bo"), agent(billing, "Cleo", "client:cleo")
    old = Call.objects.create(ended_at=timezone.now())
    for minutes, who in ((30, ana), (50, bo), (40, cleo)):
        at = timezone.now() - timedelta(minutes=minutes)
        Visit.objects.create(call=old, step="ring", visit=minutes, agent=who, at=at)
    rung = [Caller(twilio, f"+1415555010{number}").goes_on().rings.contact for number in range(3)]
    assert rung == ["bo", "cleo", "ana"]


def test_asked_twice_every_step_answers_the_same(dana, ana, billing):
    """Twilio asks again after a time-out; by then others may be free, and it must not matter."""
    first = dana.answer.content
    assert dana.twilio.call_in(dana.sid, From=DANA)[1].content == first
    for step in (dana.goes_on, lambda: dana.not_answered("busy"), dana.goes_on):
        step()
        once = dana.answer.content
        agent(billing, f"Another {Agent.objects.count()}", f"client:another{Agent.objects.count()}")
        assert dana.twilio.post(*dana.asked).content == once
    assert Visit.objects.filter(visit=1).count() == Visit.objects.filter(visit=2).count() == 1


def test_a_line_that_nobody_owns_ends_kindly(twilio, rows):
    Line.objects.create(address=LINE, name="Nobody's")
    Agent.objects.create(name="Loner", contact="client:loner", state=Agent.State.AVAILABLE)
    assert heard(Caller(twilio).goes_on().answer) == [("Say", inbound.SORRY), ("Hangup", "")]


def test_a_number_that_is_no_line_of_ours_ends_kindly(twilio, rows):
    caller = Caller(twilio)
    assert heard(caller.answer) == [("Say", inbound.NOBODY_HERE), ("Hangup", "")]
    assert (caller.call.team, caller.call.line, caller.call.kind) == (None, None, "")


def test_the_action_of_a_dial_may_be_a_get(dana, ana):
    """Twilio asks as the TwiML says; a proxy's redirect makes a GET of it."""
    dana.goes_on()
    said = {"AccountSid": ACCOUNT, "CallSid": dana.sid, "CallStatus": "in-progress", "From": DANA, "To": LINE}
    path = path_of(dana.rings.dial.get("action")) + "&" + urlencode(said | {"DialCallStatus": "busy"})
    answer = dana.twilio.client.get(path, headers={"X-Twilio-Signature": sign(path, {})})
    assert [verb for verb, _ in heard(answer)] == ["Redirect"]


def test_who_is_asked_to_come_again_may_be_asked_so_twice(dana, ana, monkeypatch):
    """Whether the agent is on the way into a room is not known yet, and five seconds later neither."""
    told = iter([None, None])
    monkeypatch.setattr("calls.flows.answering.room_for", lambda *_: next(told, ""))
    monkeypatch.setattr("calls.flows.answering.TURNS", 1)
    dana.goes_on()
    said = {"DialCallStatus": "completed", "DialCallSid": dana.twilio.sid(), "DialBridged": "true"}
    dana.says(path_of(dana.rings.dial.get("action")), **said)
    dana.goes_on().goes_on().goes_on()
    assert heard(dana.answer) == [("Say", inbound.THANKS), ("Hangup", "")]


def test_after_a_merge_the_next_step_is_still_the_same(dana, ana, billing):
    """Decisions go with the call: who was rung there is not rung again."""
    agent(billing, "Bo", "client:bo")
    dana.goes_on()
    asked, once = dana.asked, dana.answer.content
    older = Call.objects.create(started_at=timezone.now() - timedelta(hours=1))
    room = {"ConferenceSid": dana.twilio.sid("CF"), "FriendlyName": f"call-{older.pk}", "SequenceNumber": "1"}
    dana.twilio.post("/twilio/conference/", room | {"StatusCallbackEvent": "participant-join", "CallSid": dana.sid})
    assert dana.call == older
    again = dana.twilio.post(*asked).content
    assert again.replace(str(older.pk).encode(), b"") == once.replace(asked[0].split("call=")[1][:36].encode(), b"")
    assert Visit.objects.count() == 1


@pytest.mark.lane_b
def test_two_callers_at_once_do_not_get_the_same_agent(rows, line, ana, billing):
    """Eight callers, four agents, all asking in the same moment: each agent is rung once."""
    for number in range(3):
        agent(billing, f"Agent {number}", f"client:agent{number}")
    calls = [Call.objects.create(team=billing, line=line, kind="inbound") for _ in range(8)]
    barrier, rung = threading.Barrier(len(calls)), []

    def ask(call):
        try:
            barrier.wait()
            rung.append(inbound.agent_for(call, call.line, "ring", 1))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rung) == 8
    got = [agent.pk for agent in rung if agent is not None]
    assert sorted(got) == sorted(Agent.objects.values_list("pk", flat=True))


@pytest.mark.lane_b
def test_asked_twice_at_once_one_agent_is_rung(rows, line, ana, billing):
    agent(billing, "Bo", "client:bo")
    call = Call.objects.create(team=billing, line=line, kind="inbound")
    barrier, rung = threading.Barrier(4), []

    def ask():
        try:
            barrier.wait()
            rung.append(inbound.agent_for(call, call.line, "ring", 1))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rung) == 4
    assert len({agent.pk for agent in rung}) == Visit.objects.count() == 1
