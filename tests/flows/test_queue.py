"""What somebody hears who waits, step by step, and that asking twice is hearing the same."""

import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from calls.flows import inbound, queue
from calls.models import Action, Announcement, Call, Leg, Line, Queue, Waiting
from tests.conftest import LINE
from tests.flows.test_inbound import Caller, heard, path_of


@pytest.fixture
def billing_queue(billing, line) -> Queue:
    made = Queue.objects.create(name="Billing queue", team=billing)
    Line.objects.update(flow=Line.Flow.QUEUE, queue=made)
    return made


class Waiter(Caller):
    """Somebody who goes into the room, hears what is heard there, and may be alone in it afterwards."""

    def enters(self):
        self.goes_on()
        room = self.room
        said = {"ConferenceSid": self.twilio.sid("CF"), "FriendlyName": room.name, "SequenceNumber": "1"}
        event = {"StatusCallbackEvent": "participant-join", "CallSid": self.sid, "ParticipantLabel": "caller"}
        assert self.twilio.post(path_of(room.events), said | event).status_code == 204
        return self

    @property
    def room(self):
        (dial,) = ElementTree.fromstring(self.answer.content).findall("Dial")
        (noun,) = dial
        assert noun.tag == "Conference"
        return SimpleNamespace(
            name=noun.text, wait=noun.get("waitUrl"), events=noun.get("statusCallback"), dial=dial, noun=noun
        )

    def hears(self, url):
        """A turn of the words in the room; they are asked for beside the leg's own documents."""
        return self.twilio.post(
            path_of(url), {"CallSid": self.sid, "CallStatus": "in-progress", "From": self.number, "To": LINE}
        )

    def is_alone(self, url):
        return self.says(path_of(url), DialCallStatus="answered")

    @property
    def place(self) -> Waiting:
        return Waiting.objects.get(call__legs=self.sid)


@pytest.fixture
def dana(twilio, billing_queue) -> Waiter:
    return Waiter(twilio).enters()


def test_dana_is_greeted_and_waits_in_a_room_of_her_own(twilio, billing_queue):
    dana = Waiter(twilio)
    assert [verb for verb, _ in heard(dana.answer)] == ["Say", "Redirect"]
    assert heard(dana.answer)[0] == ("Say", queue.GREETING)
    dana.enters()
    noun = dana.room.noun
    assert dana.room.name == f"call-{dana.call.pk}"
    assert (noun.get("startConferenceOnEnter"), noun.get("endConferenceOnExit")) == ("false", "true")
    assert (noun.get("beep"), noun.get("participantLabel")) == ("false", "caller")
    assert noun.get("statusCallbackEvent") == "start end join leave mute hold modify announcement"
    assert parse_qs(urlsplit(dana.room.events).query) == {"call": [str(dana.call.pk)]}
    assert (dana.call.status, dana.call.queue, dana.call.kind) == ("waiting", "Billing queue", "queue")
    assert (dana.place.queue, dana.place.left_at, dana.place.visit) == (billing_queue, None, 1)


def test_the_greeting_is_the_lines_else_the_queues(twilio, billing_queue):
    Queue.objects.update(greeting="This is the queue.")
    assert heard(Waiter(twilio).answer)[0] == ("Say", "This is the queue.")
    Line.objects.update(greeting="This is the line.")
    assert heard(Waiter(twilio).answer)[0] == ("Say", "This is the line.")


def test_where_they_are_is_said_every_third_turn(twilio, dana):
    other = Waiter(twilio, "+14155550178").enters()
    assert heard(dana.hears(dana.room.wait))[0] == ("Say", "You are next.")
    answer = other.hears(other.room.wait)
    assert [verb for verb, _ in heard(answer)] == ["Say", "Say", "Pause", "Redirect"]
    assert heard(answer)[0] == ("Say", "You are number 2 in the line.")
    for verbs in (["Pause", "Redirect"], ["Pause", "Redirect"], ["Say", "Say", "Pause", "Redirect"]):
        answer = other.hears(heard(answer)[-1][1])
        assert [verb for verb, _ in heard(answer)] == verbs
    twilio.status(dana.sid, "completed", From=dana.number)
    assert heard(other.hears(other.room.wait))[0] == ("Say", "You are next.")


def test_music_is_played(twilio, dana, billing_queue, tmp_path, settings):
    music = Announcement.objects.create(name="Bells", audio="announcements/bells.wav", seconds=12)
    Queue.objects.update(music=music)
    assert [verb for verb, _ in heard(dana.hears(dana.room.wait))] == ["Say", "Say", "Play", "Redirect"]


def test_an_interruption_ends_in_the_queue_not_in_its_words(dana):
    dana.hears(dana.room.wait)
    resume = Leg.objects.get(pk=dana.sid).resume_url
    assert resume.startswith("/twilio/voice/") and "step=queue." in resume
    place = dana.place.place
    before = dana.answer.content
    assert dana.says(f"{resume}&back=0123456789ab").answer.content == before
    assert (dana.place.place, dana.place.left_at) == (place, None)


def test_asked_twice_every_step_answers_the_same(dana):
    dana.hears(dana.room.wait)
    once = dana.answer.content
    assert dana.twilio.post(*dana.asked).content == once
    assert Waiting.objects.count() == 1


def test_a_closed_queue_says_so_and_who_was_in_it_stays(twilio, dana):
    Queue.objects.update(open=False)
    assert heard(Waiter(twilio, "+14155550178").answer) == [("Say", queue.CLOSED), ("Hangup", "")]
    assert dana.says(path_of(dana.room.dial.get("action")), DialCallStatus="answered").goes_on().room.name


@pytest.mark.parametrize(("leaves", "then"), [("front", "queue"), ("end", "thanks")])
def test_whose_agent_has_left_goes_on_as_the_queue_says(twilio, dana, leaves, then):
    Queue.objects.update(when_agent_leaves=leaves)
    other = Waiter(twilio, "+14155550178").enters()
    Waiting.objects.filter(pk=dana.place.pk).update(left_at=timezone.now())
    action = dana.room.dial.get("action")
    dana.is_alone(action).goes_on()
    if then == "thanks":
        assert heard(dana.answer) == [("Say", inbound.THANKS), ("Hangup", "")]
        assert dana.place.left_at is not None
        return
    assert dana.room.name == f"call-{dana.call.pk}"
    assert (dana.place.left_at, dana.place.visit) == (None, 2)
    assert dana.place.place < other.place.place


def test_whom_a_supervisor_moved_stays_there_when_asked_again(dana, billing):
    elsewhere = Queue.objects.create(name="Elsewhere", team=billing)
    Waiting.objects.update(queue=elsewhere)
    dana.twilio.post(*dana.asked)
    assert dana.place.queue == elsewhere


def test_who_comes_in_again_and_again_is_not_kept_for_ever(dana):
    for _ in range(queue.MOST_VISITS):
        dana.is_alone(dana.room.dial.get("action")).goes_on()
        if heard(dana.answer)[0][0] == "Say":
            break
    assert heard(dana.answer) == [("Say", inbound.SORRY), ("Hangup", "")]


def test_what_a_supervisor_wished_is_heard_at_the_next_turn(dana, ben):
    now = timezone.now()
    action = Action.objects.create(
        call=dana.call, by=ben, verb="announce", state=Action.State.ACCEPTED, key="0" * 32, requested_at=now,
        sent_at=now,
        plan={"facts": {"turn": True, "text": "Soon.", "language": "en-US", "voice": ""}, "proof": {}}, params={},
    )  # fmt: skip
    ((verb, url),) = heard(dana.hears(dana.room.wait))
    assert verb == "Redirect" and f"a={action.pk}" in url
    assert heard(dana.hears(url))[0] == ("Say", "Soon.")
    assert heard(dana.hears(dana.room.wait))[-1][0] == "Redirect"
    assert "/twilio/queue/wait/" in heard(dana.hears(dana.room.wait))[-1][1]


def test_a_call_of_a_line_with_a_queue_that_nobody_took_was_missed(dana):
    dana.twilio.status(dana.sid, "completed", From=dana.number, CallDuration="30")
    assert Call.objects.get(pk=dana.call.pk).outcome == "missed"
