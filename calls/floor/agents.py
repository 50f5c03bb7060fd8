"""Agents' states follow their legs: busy while one lives or is about to, then wrapping up, then what they had chosen.

All that it takes is in rows, so that it is the same after a restart.
"""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from calls.models import Agent, Leg, Queue, Waiting

State = Agent.State
CHOICES = (State.AVAILABLE, State.AWAY, State.OFFLINE)


def follow(now: datetime | None = None) -> None:
    """One look at all whose state may have to change."""
    now = now or timezone.now()
    engaged = on_the_telephone()
    for agent in Agent.objects.filter(Q(state__in=(State.BUSY, State.WRAP_UP)) | Q(pk__in=engaged)):
        if agent.pk in engaged:
            begin(agent, now)
        elif agent.state == State.BUSY:
            finish(agent, now)
        elif agent.wrap_up_until is None or agent.wrap_up_until <= now:
            rest(agent, now)


def on_the_telephone() -> set[int]:
    """Whoever has a live leg, whoever phones themselves, and whoever is just being rung for a caller who waits."""
    live = Leg.objects.filter(ended_at=None, unverified=False)
    theirs = Agent.objects.filter(contact__in=live.filter(direction="inbound").values("from_number"))
    offered = Waiting.objects.filter(left_at=None).exclude(agent=None)
    return {
        *live.exclude(agent=None).values_list("agent", flat=True),
        *theirs.values_list("pk", flat=True),
        *offered.values_list("agent", flat=True),
    }


def begin(agent: Agent, now: datetime) -> None:
    if agent.state != State.BUSY:
        become(agent, State.BUSY, now, chosen=agent.state if agent.state in CHOICES else agent.chosen)


def finish(agent: Agent, now: datetime) -> None:
    """The telephone is free again. Who talked with a caller of a queue has the queue's time to write things down."""
    last = agent.legs.exclude(ended_at=None).order_by("-ended_at").first()
    talked = last is not None and last.answered_at is not None
    queue = Queue.objects.filter(waiting__call=last.call_id).first() if last is not None and talked else None
    news = {"idle_since": now} if talked else {}
    if queue is not None and queue.wrap_up_seconds:
        become(agent, State.WRAP_UP, now, wrap_up_until=now + timedelta(seconds=queue.wrap_up_seconds), **news)
    else:
        rest(agent, now, **news)


def rest(agent: Agent, now: datetime, **news: object) -> None:
    become(agent, agent.chosen or State.AVAILABLE, now, chosen="", wrap_up_until=None, **news)


def become(agent: Agent, state: str, now: datetime, **news: object) -> bool:
    """Guarded: they may have chosen something else meanwhile."""
    same = Agent.objects.filter(pk=agent.pk, state=agent.state, chosen=agent.chosen)
    return bool(same.update(state=state, state_since=now, **news))
