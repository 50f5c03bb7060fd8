"""A line whose callers talk with an AI agent, and what becomes of them when that is over."""

import json
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta

import pytest

from calls.flows import bot, inbound, queue
from calls.live.frames import moment
from calls.models import Line, Queue, Team, Waiting
from tests.flows.test_inbound import Caller, heard, path_of

ADA = "wss://ada.example/talk/"


@pytest.fixture
def front(billing, line) -> Queue:
    """The queue of whoever wants a person."""
    made = Queue.objects.create(name="Front office", team=billing)
    Line.objects.update(flow=Line.Flow.BOT, bot=ADA, queue=made)
    return made


class Talker(Caller):
    @property
    def noun(self):
        (connect,) = ElementTree.fromstring(self.answer.content).findall("Connect")
        (noun,) = connect
        self.action = path_of(connect.get("action"))
        return noun

    def with_bot(self):
        self.goes_on()
        assert (self.noun.tag, self.noun.get("url")) == ("ConversationRelay", ADA)
        return self

    def is_over(self, session="ended", **said):
        return self.says(self.action, SessionId="VX" + "0" * 32, SessionStatus=session, SessionDuration="40", **said)

    @property
    def status(self):
        return self.call.status


@pytest.fixture
def dana(twilio, front) -> Talker:
    return Talker(twilio).with_bot()


def test_dana_talks_with_the_ai_agent_and_the_desk_says_so(dana):
    assert dana.status == "with-bot"
    assert dana.call.status_since == dana.call.legs.get().heard.resumed_at


@pytest.mark.parametrize("greeting", ["", "This is Ada's line."])
def test_a_greeting_comes_first(twilio, front, greeting):
    Line.objects.update(greeting=greeting)
    dana = Talker(twilio)
    (say, text), (redirect, _) = heard(dana.answer)
    assert (say, text, redirect) == ("Say", greeting or bot.GREETING, "Redirect")
    assert dana.status == "ringing"
    assert dana.with_bot().status == "with-bot"


def test_who_is_done_hears_the_goodbye(dana):
    dana.is_over().goes_on()
    assert heard(dana.answer) == [("Say", inbound.THANKS), ("Hangup", "")]
    assert dana.status == "in-menu"
    assert dana.call.status_since == dana.call.legs.get().heard.parted_at


@pytest.mark.parametrize(
    ("session", "handoff"),
    [
        ("ended", "wants a person"),
        ("ended", '{"reason": "lost card"}'),
        ("ended", '{"queue": "Nobody’s queue"}'),
        ("ended", '{"queue": 7}'),
        ("ended", "[" * 50),
        ("failed", ""),
        ("completed", ""),
    ],
)
def test_whom_it_hands_over_or_loses_waits_for_a_person(dana, front, session, handoff):
    dana.is_over(session, **({"HandoffData": handoff} if handoff else {})).goes_on()
    assert Waiting.objects.get(call=dana.call).queue == front
    assert dana.call.queue == "Front office"
    assert dana.status == "in-menu"  # until they are in the room


def test_it_may_name_a_queue_of_its_team_and_of_no_other(dana, billing):
    refunds = Queue.objects.create(name="Refunds", team=billing)
    Queue.objects.create(name="Secrets", team=Team.objects.create(name="Elsewhere"))
    dana.is_over(HandoffData=json.dumps({"queue": "Secrets"}))
    assert f"step=queue.{refunds.pk}" not in dana.answer.content.decode()
    dana.is_over(HandoffData=json.dumps({"queue": "Refunds"})).goes_on()
    assert Waiting.objects.get(call=dana.call).queue == refunds


def test_without_a_queue_an_agent_of_the_team_is_rung(dana, ana):
    Line.objects.update(queue=None)
    dana.is_over(HandoffData="wants a person").goes_on()
    assert dana.rings.contact == "ana"
    dana.not_answered().goes_on()
    assert heard(dana.answer)[-1] == ("Hangup", "")


def test_asked_twice_it_answers_the_same(dana):
    dana.is_over(HandoffData="wants a person")
    first = dana.answer.content
    assert dana.says(*[dana.asked[0]], **dana.asked[1]).answer.content == first


def test_a_line_that_has_lost_its_ai_agent_meanwhile_still_answers(dana, ana):
    asked = dana.asked
    Line.objects.update(bot="")
    dana.says(asked[0], **asked[1])
    assert heard(dana.answer)[0] == ("Say", inbound.GREETING)
    dana.goes_on()
    assert dana.rings.contact == "ana"


def test_the_queue_says_what_it_says(dana):
    dana.is_over(HandoffData="wants a person").goes_on()
    (dial,) = ElementTree.fromstring(dana.answer.content).findall("Dial")
    (room,) = dial
    assert room.text == f"call-{dana.call.pk}"
    heard_there = dana.twilio.post(path_of(room.get("waitUrl")), {"CallSid": dana.sid})
    assert queue.NEXT in heard_there.content.decode()


def test_the_calls_page_tells_when_they_talked_with_it_and_since_when_they_wait(dana, alice, client):
    dana.is_over(HandoffData="wants a person").goes_on()
    client.force_login(alice)
    told = client.get(f"/calls/{dana.call.pk}/", headers={"accept": "application/json"}).json()
    ((begin, end),) = told["bots"]
    assert datetime.fromisoformat(end) - datetime.fromisoformat(begin) == timedelta(seconds=40)
    entered = Waiting.objects.get(call=dana.call).entered_at
    assert told["call"]["waits_since"] == moment(entered)
