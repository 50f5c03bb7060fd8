"""Callers who wait and agents who are rung, from one end of the line to the other: over HTTP, against the simulator."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from calls.flows import inbound
from calls.flows.queue import NEXT
from calls.models import Agent, Alarm, Call, Leg, Queue, Threshold, Waiting
from tests.control import scenes
from tests.control.floor import SPEED, Desk, until
from tests.guards import patience

pytestmark = pytest.mark.floor
DESKS, CALLS_PER_SECOND = 17, 4


def rules(desk: Desk, **values: object) -> None:
    Queue.objects.filter(pk=desk.queue.pk).update(**values)


def is_(agent: Agent, state: str) -> None:
    until(Agent.objects.filter(pk=agent.pk, state=state).exists, f"{agent} is {state}")


def talks(desk: Desk, caller: str) -> None:
    until(lambda: desk.truth(caller)["connected"], "the caller talks to somebody")


def over(desk: Desk, sid: str) -> None:
    until(lambda: desk.truth(sid)["over"], f"{sid} is over")


def test_a_caller_is_greeted_waits_and_hears_where_they_are(desk):
    first = desk.waits()
    until(lambda: desk.heard(first, NEXT), "the first is told")
    second = desk.ring(desk.queued)
    until(lambda: desk.heard(second, "You are number 2 in the line."), "the second is told")
    assert desk.heard(second, "Hello.") == 1
    call = desk.sees(first)
    assert (call.status, call.queue, call.kind) == (Call.Status.WAITING, desk.queue.name, "queue")
    assert not desk.truth(first)["connected"]
    desk.floor.twilio.hang_up(first)
    until(lambda: desk.heard(second, NEXT), "the second has moved up", within=20)


def test_who_has_been_free_longest_is_rung_and_the_state_follows_the_leg(desk):
    ana, cy = desk.agents["Ana"], desk.agents["Cy"]
    rules(desk, wrap_up_seconds=2)
    first = desk.waits(skill="")
    until(Leg.objects.filter(to_number=ana.contact, role="agent", role_signed=True).exists, "Ana is rung")
    is_(ana, "busy")
    talks(desk, first)
    second = desk.waits(skill="")
    talks(desk, second)
    assert desk.rung(cy.contact).call_id == desk.sees(second).pk
    desk.floor.twilio.hang_up(second)
    is_(cy, "wrap-up")
    desk.floor.twilio.hang_up(first)
    is_(ana, "wrap-up")
    is_(ana, "available")
    is_(cy, "available")
    third = desk.waits(skill="")
    talks(desk, third)
    assert desk.rung(cy.contact).call_id == desk.sees(third).pk, "Cy was free before Ana"
    assert not Leg.objects.filter(to_number=desk.agents["Bo"].contact).exists(), "Bo is away"


def test_only_who_has_the_skill_is_rung(desk):
    Agent.objects.filter(pk=desk.agents["Cy"].pk).update(skills="German, french")
    caller = desk.waits(skill="French")
    talks(desk, caller)
    assert desk.sees(caller).agent == desk.agents["Cy"]
    assert not Leg.objects.filter(to_number=desk.agents["Ana"].contact).exists()


@pytest.mark.parametrize("how", [{"answer": "no-answer"}, {"answer": "busy"}])
def test_who_does_not_take_it_is_behind_the_next_one(desk, how):
    ana = desk.agents["Ana"]
    desk.floor.behaves(ana.contact, **how)
    rules(desk, ring_seconds=5)
    caller = desk.waits(skill="")
    talks(desk, caller)
    assert desk.sees(caller).agent == desk.agents["Cy"]
    assert Agent.objects.get(pk=ana.pk).missed == 1
    is_(ana, "available")
    assert Waiting.objects.get(call__legs=caller).tries == 1


def test_who_never_picks_up_is_away_in_the_end_and_the_caller_goes_on_waiting(desk):
    Agent.objects.filter(pk=desk.agents["Cy"].pk).update(state="offline")
    ana = desk.agents["Ana"]
    desk.floor.behaves(ana.contact, answer="busy")
    caller = desk.waits(skill="")
    for times in (1, 2):
        until(Agent.objects.filter(pk=ana.pk, missed=times, state="available").exists, f"Ana was busy ({times})")
        assert Leg.objects.filter(to_number=ana.contact).count() == times, "and is left in peace for a while"
        Agent.objects.filter(pk=ana.pk).update(idle_since=timezone.now() - timedelta(minutes=1))
    is_(ana, "away")
    assert Leg.objects.filter(to_number=ana.contact).count() == 3
    until(lambda: desk.sees(caller).status == "waiting", "the caller waits")
    is_(desk.agents["Cy"], "offline")


def test_who_hangs_up_while_an_agent_is_rung_takes_the_ringing_along(desk):
    scene = scenes.agent_rings_in_a_room(desk)
    desk.floor.twilio.hang_up(scene.first)
    over(desk, scene.other)
    until(Call.objects.filter(pk=scene.call.pk, outcome="missed").exists, "the call has ended")
    is_(desk.agents["Ana"], "available")
    assert Agent.objects.get(pk=desk.agents["Ana"].pk).missed == 0


def test_the_agent_hangs_up_and_the_caller_is_said_goodbye(desk):
    scene = scenes.two_in_a_room(desk)
    desk.floor.twilio.hang_up(scene.other)
    until(lambda: desk.heard(scene.first, inbound.THANKS), "the goodbye")
    over(desk, scene.first)


def test_the_agent_hangs_up_and_the_caller_is_first_again(desk):
    rules(desk, when_agent_leaves="front")
    scene = scenes.two_in_a_room(desk)
    Agent.objects.filter(teams=desk.team).exclude(pk=desk.agents["Ana"].pk).update(state="away")
    rules(desk, skill="Volapük")
    other = desk.ring(desk.queued)
    until(lambda: desk.heard(other, NEXT), "another one waits meanwhile")
    desk.floor.twilio.hang_up(scene.other)
    until(lambda: desk.heard(scene.first, NEXT) == 2, "the first is next")
    rules(desk, skill="")
    talks(desk, scene.first)
    assert not desk.truth(other)["connected"]


def test_a_closed_queue_says_so(desk):
    rules(desk, open=False)
    caller = desk.ring(desk.queued)
    until(lambda: desk.heard(caller, "We are closed"), "the caller is told")
    over(desk, caller)
    assert not Waiting.objects.filter(queue=desk.queue).exists()


def test_an_alarm_is_raised_within_a_second_and_is_over_when_somebody_answers(desk):
    for kind, limit in (("wait", 3), ("waiting", 1)):
        Threshold.objects.create(kind=kind, team=desk.team, queue=desk.queue, limit=limit, minimum_seconds=1)
    caller = desk.waits()
    alarms = Alarm.objects.filter(queue=desk.queue, severity="red")
    until(lambda: alarms.count() == 2, "both are red")
    late = {alarm.kind: alarm.raised_at - alarm.amber_since - timedelta(seconds=1) for alarm in alarms}
    assert max(late.values()) <= timedelta(seconds=patience(1)), late
    assert alarms.get(kind="wait").call == desk.sees(caller)
    rules(desk, skill="")
    until(lambda: not alarms.filter(cleared_at=None).exists(), "somebody answers, and it is over")


def test_calls_leave_one_after_the_other(floor, desks):
    """Four a second here; four callers with an agent each."""
    some = [next(desks) for _ in range(4)]
    callers = [desk.waits() for desk in some]
    asked = len(floor.twilio.asked())
    for desk in some:
        rules(desk, skill="")
    for desk, caller in zip(some, callers, strict=True):
        talks(desk, caller)
    dialled = [one["at"] for one in floor.twilio.asked()[asked:] if one["path"].endswith("/Participants.json")]
    gaps = [datetime.fromisoformat(b) - datetime.fromisoformat(a) for a, b in pairwise(dialled)]
    assert len(gaps) == len(some) - 1
    assert min(gaps).total_seconds() > 0.2 * SPEED, "by Twilio's clock"


def test_in_the_end_nothing_is_open(floor):
    floor.everybody_hangs_up()
    until(lambda: not Waiting.objects.filter(left_at=None).exists(), "nobody waits")
    until(lambda: not Agent.objects.filter(state__in=["busy", "wrap-up"]).exists(), "nobody is busy")
    assert floor.server.tracebacks() == []
    assert floor.twilio.truth()["notes"] == []
