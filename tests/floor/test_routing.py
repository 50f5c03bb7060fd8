"""One round of routing after the other: what is written down, what is asked of Twilio, and that nobody is lost."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls import failpoints
from calls.failpoints import SimulatedCrash
from calls.floor import routing
from calls.models import Action, Agent, Leg, Line, Queue, Room, Team, Waiting
from calls.twilio import gateway
from tests.conftest import LINE
from tests.flows.test_inbound import agent, path_of
from tests.flows.test_queue import Waiter, dana

__all__ = ["dana"]
pytestmark = pytest.mark.lane_b


@dataclass
class Twilio:
    """The far side of the gateway: keeps what was asked, and answers, or does not."""

    far: object
    rung: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    callbacks: dict[str, str] = field(default_factory=dict)

    def add_participant(self, room, *, to, label, status_callback, **more):
        sid = self.far.sid()
        self.rung.append(to)
        self.labels.append(label)
        self.callbacks[sid] = status_callback
        if self.fails:
            raise self.fails.pop()
        return {"call_sid": sid, "conference_sid": "CF" + "0" * 32, "status": "queued", "muted": False, "label": label}

    def end_leg(self, sid, status, **more):
        self.ended.append((sid, status))

    def redirect_leg(self, sid, *, url, **more):
        self.sent.append((sid, url))

    def tells(self, word, sequence, to="client:ana", **said):
        """A callback about the leg that was made last."""
        sid = max(self.callbacks)
        query = "?" + path_of(self.callbacks[sid]).partition("?")[2]
        people = {"From": LINE, "To": to, "Direction": "outbound-api"}
        assert self.far.status(sid, word, sequence, query, **people, **said).status_code == 204
        return sid


@pytest.fixture
def far(twilio, monkeypatch):
    made = Twilio(twilio)
    for name in ("add_participant", "end_leg", "redirect_leg"):
        monkeypatch.setattr(gateway, name, getattr(made, name))
    return made


@pytest.fixture
def billing_queue(billing, line) -> Queue:
    made = Queue.objects.create(name="Billing queue", team=billing, ring_seconds=15)
    Line.objects.update(flow=Line.Flow.QUEUE, queue=made)
    return made


def later(seconds: float) -> None:
    """As if the offer had been made so long ago."""
    at = timezone.now() - timedelta(seconds=seconds)
    Waiting.objects.exclude(offered_at=None).update(offered_at=at)


def long_ago(seconds: float) -> None:
    """As if a call had been missed so long ago."""
    Agent.objects.update(idle_since=timezone.now() - timedelta(seconds=seconds))


def state(who: Agent) -> str:
    return Agent.objects.get(pk=who.pk).state


def test_ana_is_called_into_danas_room_once(far, dana, ana):
    assert routing.look_around()
    for _ in range(3):
        assert not routing.look_around()
    assert (far.rung, state(ana)) == (["client:ana"], "busy")
    assert dana.place.agent == ana and dana.place.leg == max(far.callbacks)
    far.tells("ringing", 1)
    assert (dana.call.status, dana.call.agent) == ("ringing", ana)
    far.tells("in-progress", 2)
    routing.look_around()
    assert dana.place.left_at is not None and dana.call.status == "talking"


@pytest.mark.parametrize("point", ["routing.after_offer", "routing.after_twilio"])
def test_killed_in_the_middle_nobody_is_rung_twice_and_nobody_is_lost(far, dana, ana, monkeypatch, point):
    monkeypatch.setitem(failpoints.armed, point, "raise")
    with pytest.raises(SimulatedCrash):
        routing.look_around()
    monkeypatch.delitem(failpoints.armed, point)
    routing.look_around()
    assert (dana.place.agent, dana.place.leg, state(ana)) == (ana, "", "busy")
    if point == "routing.after_twilio":  # her leg is there, and tells of itself
        far.tells("ringing", 1)
        routing.look_around()
        far.tells("in-progress", 2)
        later(20)
        routing.look_around()
        assert dana.place.left_at is not None
    else:
        assert far.rung == []
        later(20)
        routing.look_around()
        routing.look_around()
        assert dana.place.leg
    assert far.rung == ["client:ana"]


def test_when_nobody_knows_whether_she_is_rung_her_leg_decides(far, dana, ana):
    far.fails = [gateway.Unreachable("no answer", sent=True)]
    routing.look_around()
    assert dana.place.agent == ana
    sid = far.tells("ringing", 1)
    routing.look_around()
    far.tells("no-answer", 2)
    routing.look_around()
    assert dana.place.leg in ("", sid) and len(far.rung) <= 2


@pytest.mark.parametrize(
    ("error", "missed"),
    [
        (gateway.Refused(21211, 400, "Not a valid number"), 1),
        (gateway.Refused(20429, 429, "Too many requests"), 0),
        (gateway.Unreachable("cannot be reached", sent=False), 0),
    ],
)
def test_what_twilio_refuses_is_given_back(far, dana, ana, error, missed):
    far.fails = [error]
    routing.look_around()
    assert (dana.place.agent, dana.place.tries) == (None, missed)
    assert Agent.objects.get(pk=ana.pk).missed == missed
    long_ago(20 * missed)
    routing.look_around()
    routing.look_around()
    assert far.rung == ["client:ana", "client:ana"]
    assert len(set(far.labels)) == 1 + missed or not missed


def misses(far, word: str) -> None:
    """Whoever is rung does not take it."""
    assert routing.look_around()
    far.tells(word, 1)
    routing.look_around()


@pytest.mark.parametrize("word", ["busy", "no-answer", "failed"])
def test_who_did_not_take_a_call_has_a_pause_and_a_longer_one_the_next_time(far, dana, ana, word):
    misses(far, word)
    for pause in (20, 40):
        long_ago(pause - 5)
        assert not routing.look_around() and not routing.look_around()
        long_ago(pause)
        misses(far, word)
    routing.look_around()
    assert (len(far.rung), state(ana)) == (3, "away")
    assert dana.place.left_at is None


def test_meanwhile_the_next_one_is_rung(far, dana, ana, billing):
    agent(billing, "Bo", "client:bo")
    Agent.objects.filter(pk=ana.pk).update(idle_since=timezone.now() - timedelta(hours=2))
    Agent.objects.filter(name="Bo").update(idle_since=timezone.now())
    misses(far, "busy")
    routing.look_around()
    assert far.rung == ["client:ana", "client:bo"]


def test_who_chooses_to_be_available_again_is_rung_at_once(far, dana, ana):
    misses(far, "busy")
    Agent.objects.get(pk=ana.pk).change("available", timezone.now())
    assert routing.look_around()


def test_whoever_is_first_in_the_queue_is_served_first(twilio, far, dana, ana):
    cleo = Waiter(twilio, "+14155550178").enters()
    Waiting.objects.filter(pk=cleo.place.pk).update(place=cleo.place.queue.front)
    routing.look_around()
    assert (cleo.place.agent, dana.place.agent) == (ana, None)


def test_two_queues_of_one_team_take_turns_by_the_longest_wait(twilio, far, dana, ana, billing):
    """And no agent is offered to two callers."""
    other = Queue.objects.create(name="Other", team=billing)
    cleo = Waiter(twilio, "+14155550178").enters()
    Waiting.objects.filter(pk=cleo.place.pk).update(queue=other, entered_at=timezone.now() - timedelta(minutes=5))
    assert routing.look_around() and not routing.look_around()
    assert (cleo.place.agent, dana.place.agent) == (ana, None)
    agent(billing, "Bo", "client:bo")
    routing.look_around()
    assert dana.place.agent.name == "Bo"


def test_queues_in_which_nobody_is_free_cost_a_round_nothing(twilio, far, dana, ana):
    """Else the one agent who is free somewhere would be found the later, the more queues have nobody."""
    Agent.objects.update(state=Agent.State.AWAY)

    def looks() -> int:
        with CaptureQueriesContext(connection) as asked:
            routing.look_around()
        return len(asked)

    before = looks()
    for number in range(5):
        team = Team.objects.create(name=f"Team {number}")
        queue = Queue.objects.create(name=f"Queue {number}", team=team)
        Waiting.objects.filter(pk=Waiter(twilio, f"+1415555020{number}").enters().place.pk).update(queue=queue)
    assert looks() == before


def test_who_is_away_offline_busy_or_wrapping_up_is_never_rung(far, dana, ana):
    for word in ("away", "offline"):
        Agent.objects.update(state=word)
        assert not routing.look_around()
    Agent.objects.update(state="wrap-up", wrap_up_until=timezone.now() + timedelta(seconds=20))
    assert not routing.look_around()
    assert far.rung == []
    Agent.objects.update(wrap_up_until=timezone.now())
    routing.look_around()
    routing.look_around()
    assert far.rung == ["client:ana"]


@pytest.mark.parametrize("lost", [False, True], ids=["", "and nobody knows whether it rings there"])
def test_one_caller_is_offered_to_one_of_two_who_are_free(far, dana, ana, billing, lost):
    agent(billing, "Bo", "client:bo")
    far.fails = [gateway.Unreachable("Twilio did not answer in time.", sent=True)] if lost else []
    assert routing.look_around()
    assert not routing.look_around()
    assert len(far.rung) == 1


def test_who_is_away_keeps_nobody_from_who_is_free(far, dana, ana, billing):
    Agent.objects.filter(pk=ana.pk).update(state="away")
    agent(billing, "Bo", "client:bo")
    assert routing.look_around()
    assert far.rung == ["client:bo"]


@pytest.mark.parametrize("idle", [timedelta(hours=2), None], ids=["for longer", "since they came"])
def test_who_has_been_free_longest_is_rung(far, dana, ana, billing, idle):
    bo = agent(billing, "Bo", "client:bo")
    now = timezone.now()
    Agent.objects.filter(pk=ana.pk).update(idle_since=now - timedelta(hours=1))
    Agent.objects.filter(pk=bo.pk).update(idle_since=now - idle if idle else None)
    assert routing.look_around()
    assert far.rung == ["client:bo"]


def test_only_who_has_the_skill_is_rung(far, dana, ana, billing):
    Queue.objects.update(skill="French")
    assert not routing.look_around()
    bo = agent(billing, "Bo", "client:bo")
    Agent.objects.filter(pk=bo.pk).update(skills="German, french")
    assert routing.look_around()
    assert far.rung == ["client:bo"]


def test_nobody_of_another_team_is_rung(far, dana, sales):
    agent(sales, "Cas", "client:cas")
    assert not routing.look_around()
    assert far.rung == []


def test_after_the_call_she_wraps_up_and_is_then_what_she_chose(far, dana, ana):
    routing.look_around()
    far.tells("in-progress", 1)
    routing.look_around()
    Agent.objects.get(pk=ana.pk).change("away", timezone.now())
    far.tells("completed", 2, CallDuration="30")
    routing.look_around()
    assert state(ana) == "wrap-up"
    assert [sid for sid, _ in far.sent] == [dana.sid] and "step=thanks" in far.sent[0][1]
    Agent.objects.update(wrap_up_until=timezone.now())
    routing.look_around()
    assert state(ana) == "away"


def test_a_caller_who_is_alone_is_brought_back_again_until_they_come(far, dana, ana, monkeypatch):
    Queue.objects.update(when_agent_leaves="front")
    routing.look_around()
    far.tells("in-progress", 1)
    routing.look_around()
    far.tells("completed", 2, CallDuration="30")
    Agent.objects.update(state="away", chosen="away")
    for _ in range(3):
        routing.look_around()
    assert len(far.sent) == 1
    monkeypatch.setattr(routing, "AGAIN", timedelta(0))
    routing.look_around()
    assert len(far.sent) == 2
    dana.says(path_of(far.sent[-1][1]))
    assert (dana.place.left_at, dana.place.visit) == (None, 2)
    routing.look_around()
    assert len(far.sent) == 2


def test_a_goodbye_does_not_begin_again_because_the_word_of_leaving_is_late(far, dana, ana, monkeypatch):
    routing.look_around()
    far.tells("in-progress", 1)
    routing.look_around()
    far.tells("completed", 2, CallDuration="30")
    routing.look_around()
    ((_, thanks),) = far.sent
    dana.says(path_of(thanks))
    monkeypatch.setattr(routing, "AGAIN", timedelta(0))
    routing.look_around()
    assert len(far.sent) == 1


def test_a_caller_on_hold_whose_agent_has_gone_is_brought_back_too(twilio, far, dana, ana):
    """A hold that nobody would end: its music plays for hours."""
    routing.look_around()
    far.tells("in-progress", 1)
    routing.look_around()
    Room.objects.update(status="in-progress")
    room = Room.objects.exclude(name="").get()
    said = {"ConferenceSid": room.sid, "FriendlyName": room.name, "SequenceNumber": "5"}
    event = {"StatusCallbackEvent": "participant-hold", "CallSid": dana.sid, "Hold": "true"}
    assert twilio.post(path_of(dana.room.events), said | event).status_code == 204
    assert dana.call.status == "held"
    routing.look_around()
    far.tells("completed", 2, CallDuration="30")
    routing.look_around()
    assert [sid for sid, _ in far.sent] == [dana.sid]


def test_who_takes_away_whoever_got_the_caller_last_does_not_lose_the_caller(far, dana, ana):
    """Not an agent any more: who was consulted and has the caller now, or was added."""
    routing.look_around()
    far.tells("in-progress", 1)
    routing.look_around()
    leg = far.tells("completed", 2, CallDuration="30")
    Leg.objects.filter(pk=leg).update(role="consult")
    by = User.objects.create(username="ben")
    Action.objects.create(
        call=dana.call, by=by, verb="kick", target=leg, key=uuid4(), state="confirmed", requested_at=timezone.now()
    )
    routing.look_around()
    assert "step=queue." in far.sent[0][1]


def test_the_ringing_is_ended_once_when_the_caller_hangs_up(twilio, far, dana, ana):
    routing.look_around()
    sid = far.tells("ringing", 1)
    twilio.status(dana.sid, "completed", From=dana.number, CallDuration="9")
    for _ in range(3):
        routing.look_around()
    assert far.ended == [(sid, "canceled")]
    far.tells("canceled", 2)
    routing.look_around()
    assert dana.place.left_at is None or dana.place.agent is None
    routing.look_around()
    assert dana.place.left_at is not None
    assert (Agent.objects.get(pk=ana.pk).missed, state(ana)) == (0, "available")
