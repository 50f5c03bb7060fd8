"""Callers to agents: who waits first gets whoever has been free longest, and nobody is left in a silent room.

One round about twice a second, in one process of all. Each round looks at rows and goes on from there, so a restart in
the middle loses nothing: an offer is written down before Twilio is asked, and what became of it is told by the leg.
"""

import logging
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from calls.control.verbs.redirecting import url
from calls.failpoints import crash
from calls.floor import agents
from calls.intake.record import record
from calls.models import OPEN_STATES, Action, Agent, Call, Leg, Presence, Queue, Visit, Waiting
from calls.twilio import gateway, twiml
from calls.twilio.reports import from_participant
from calls.twilio.schema import Nonsense

UNSEEN = timedelta(seconds=15)  # an offer of whose leg nothing was heard for so long was never made
AGAIN = timedelta(seconds=4)  # until a leg is asked once more to end, or a caller to come back
JUST_NOW = timedelta(seconds=25)  # for so long who is rung by another flow is not free
PATIENCE = 6.0  # seconds for one request, with the wait for its turn
MISSES = 3  # in a row: who is not there is taken for away
PAUSE = timedelta(seconds=20)  # until who did not take a call is rung again; twice as long after the second
NOT_THEIRS = (401, 403, 429)  # a refusal that says nothing of whom we wanted to ring
State, Status = Agent.State, Call.Status
SOMEWHERE_ELSE = (Status.TALKING, Status.HELD, Status.CONSULTING, Status.WITH_BOT)
log = logging.getLogger(__name__)


def look_around() -> bool:
    """One round. True if somebody was rung: then there may be more to do at once."""
    agents.follow()
    for entry in Waiting.objects.filter(left_at=None).select_related("call", "queue", "agent"):
        settle(entry, timezone.now())
    for entry in left_alone(timezone.now()):
        bring_back(entry, timezone.now())
    return ring_next(timezone.now())


# What became of those who wait --------------------------------------------------------------------------------------


def settle(entry: Waiting, now: datetime) -> None:
    """One step for one caller."""
    call, leg = entry.call, leg_of(entry)
    if entry.agent is None:
        if call.ended_at or call.status in SOMEWHERE_ELSE:
            close(entry, now)
    elif leg is None:
        if entry.offered_at is None or now - entry.offered_at > UNSEEN:
            change(entry, agent=None, leg="", offered_at=None)
    elif leg.ended_at is None and not is_there(call):
        end(entry, leg, now)
    elif leg.answered_at is not None:
        close(entry, now)
    elif leg.ended_at is not None and (leg.status == "canceled" or not is_there(call)):
        change(entry, agent=None, leg="", offered_at=None, asked_at=None)  # nobody missed it: the caller had gone
    elif leg.ended_at is not None:
        missed(entry, now)


def leg_of(entry: Waiting) -> Leg | None:
    """The leg of the open offer. If its SID was never told, it is the one to that agent who rings or talks."""
    if entry.agent_id is None:
        return None
    if entry.leg:
        return Leg.objects.filter(pk=entry.leg).first()
    return Leg.objects.filter(call=entry.call_id, agent=entry.agent_id, ended_at=None).first()


def is_there(call: Call) -> bool:
    return caller_of(call) is not None


def caller_of(call: Call) -> Presence | None:
    """The caller's place in the room."""
    there = Presence.objects.filter(leg__call=call, leg__role=Leg.Role.CALLER, leg__ended_at=None, present=True)
    return there.select_related("leg").first()


def close(entry: Waiting, now: datetime) -> None:
    """They do not wait any more: somebody answered, or they are gone."""
    if entry.agent is not None:
        Agent.objects.filter(pk=entry.agent.pk).update(missed=0)
    change(entry, left_at=now, agent=None, leg="", offered_at=None, asked_at=None)


def missed(entry: Waiting, now: datetime) -> None:
    """Not answered: the next one is rung, and this one has a pause and is behind the others."""
    with transaction.atomic():
        agent = Agent.objects.select_for_update().get(offers=entry)
        if not change(entry, agent=None, leg="", offered_at=None, tries=entry.tries + 1):
            return
        agent.missed, agent.idle_since = agent.missed + 1, now
        if agent.missed >= MISSES:
            log.warning("Agent %s has not answered %d calls in a row and is set to away.", agent.pk, agent.missed)
            agent.missed, agent.chosen = 0, State.AWAY
            agent.state = agent.state if agent.state == State.BUSY else State.AWAY
        agent.save(update_fields=["missed", "idle_since", "chosen", "state"])


def end(entry: Waiting, leg: Leg, now: datetime) -> None:
    """The caller is not in the room any more, and an agent is still rung for them."""
    if not asks(entry, now):
        return
    try:
        status = "completed" if leg.status == "in-progress" else "canceled"
        gateway.end_leg(leg.sid, status, until=time.monotonic() + PATIENCE)
    except (gateway.Refused, gateway.Unreachable) as error:
        log.info("The leg %s could not be ended: %s", leg.sid, error)


def asks(entry: Waiting, now: datetime) -> bool:
    """Whether it is time to ask Twilio (again); from here on it was asked."""
    if entry.asked_at is not None and now - entry.asked_at < AGAIN:
        return False
    return change(entry, asked_at=now)


def change(entry: Waiting, **values: object) -> bool:
    """Guarded: the flow or a supervisor may have been faster."""
    same = Waiting.objects.filter(
        pk=entry.pk, agent=entry.agent_id, offered_at=entry.offered_at, left_at=entry.left_at, asked_at=entry.asked_at
    )
    return bool(same.update(**values))


# Who was answered, and is alone now ---------------------------------------------------------------------------------


def left_alone(now: datetime) -> list[Waiting]:
    """Callers whose agent has gone, those who were on hold meanwhile too. A room that has begun plays no music any
    more: they hear nothing at all, or the music of a hold that nobody ends."""
    alone = Call.objects.filter(ended_at=None, status__in=(Status.WAITING, Status.HELD)).values_list("pk", flat=True)
    found = Waiting.objects.filter(call__in=list(alone)).exclude(left_at=None).select_related("call", "queue")
    return [entry for entry in found if not is_cared_for(entry.call)]


def is_cared_for(call: Call, role: str = Leg.Role.CALLER) -> bool:
    """Somebody who does not only listen is with who is alone (of this role), or a wish is moving them."""
    others = Presence.objects.filter(leg__call=call, leg__ended_at=None, present=True).exclude(leg__role=role)
    listens = Q(leg__role=Leg.Role.SUPERVISOR) & (Q(muted=True) | Q(coaching=True))
    return others.exclude(listens).exists() or moving().filter(call=call).exists()


def moving() -> "QuerySet[Action]":
    """Open wishes that others must not meddle with. What is said to who waits moves nobody."""
    return Action.objects.filter(exclusive=True, state__in=OPEN_STATES).exclude(plan__facts__has_key="turn")


def bring_back(entry: Waiting, now: datetime) -> None:
    """Out of the silent room: to the front of the queue, or to the goodbye."""
    caller = caller_of(entry.call)
    if caller is None or is_on_the_way(entry, caller.leg) or not asks(entry, now):
        return
    try:
        gateway.redirect_leg(caller.leg_id, url=way_on(entry, entry.visit), until=time.monotonic() + PATIENCE)
    except (gateway.Refused, gateway.Unreachable) as error:
        log.info("A caller who is alone could not be brought back: %s", error)


def is_on_the_way(entry: Waiting, leg: Leg) -> bool:
    """Twilio has asked for what they were sent to: that they left the room is late, or lost. Sent once more, they would
    hear it begin anew."""
    asked_for = leg.heard.resumed_at
    return entry.asked_at is not None and asked_for is not None and asked_for > entry.asked_at


def way_on(entry: Waiting, visit: int) -> str:
    """Where a caller goes whom nobody is with any more: who was answered as the queue says, the others wait on."""
    if entry.left_at is not None and entry.queue.when_agent_leaves == Queue.Leaves.END and not taken_away(entry.call):
        return url("voice", entry.call, step="thanks", visit=visit)
    return url("voice", entry.call, step=f"queue.{entry.queue_id}", visit=visit + 1)


def taken_away(call: Call) -> bool:
    """The last one did not hang up: a supervisor ended that leg, or took it out of the room; or left, having talked."""
    gone = call.legs.exclude(role=Leg.Role.CALLER).exclude(ended_at=None).order_by("-ended_at").first()
    asked = Action.objects.filter(call=call, verb__in=("end", "kick", "leave")).exclude(target="")
    asked = asked.exclude(state__in=(Action.State.REFUSED, Action.State.FAILED))
    return gone is not None and asked.filter(target=gone.pk).exists()


# Ringing ------------------------------------------------------------------------------------------------------------


def ring_next(now: datetime) -> bool:
    """Ring one agent for one caller, if there is a pair: of the callers who are first, the one who waits longest."""
    waiting = first_ones()
    free = free_agents({entry.queue.team_id for entry in waiting}, now)
    for entry in waiting:
        agent = offer(entry, free[entry.queue.team_id], now)
        if agent is not None:
            crash("routing.after_offer")
            ring(entry, agent)
            return True
    return False


def first_ones() -> list[Waiting]:
    """The first of each queue for whom nobody is rung yet."""
    moved = moving().filter(call=OuterRef("call"))
    waits = Waiting.objects.filter(left_at=None, agent=None, call__status=Status.WAITING, call__ended_at=None)
    first: dict[int, Waiting] = {}
    for entry in waits.exclude(Exists(moved)).select_related("call__line", "queue").order_by("place", "pk"):
        first.setdefault(entry.queue_id, entry)
    return sorted(first.values(), key=lambda entry: (entry.entered_at, entry.pk))


def offer(entry: Waiting, free: Sequence[Agent], now: datetime) -> Agent | None:
    """Written down, so that nobody else gets this agent; None if nobody of the `free` can take them."""
    first = next((agent for agent in free if agent.can(entry.queue.skill)), None)
    if first is None:
        return None
    with transaction.atomic():
        agent = Agent.objects.select_for_update(no_key=True).get(pk=first.pk)
        if agent.state != State.AVAILABLE or not change(entry, agent=agent, leg="", offered_at=now, asked_at=None):
            return None
        agents.begin(agent, now)
    entry.agent, entry.leg, entry.offered_at, entry.asked_at = agent, "", now, None
    return agent


def free_agents(teams: Collection[int], now: datetime) -> dict[int, list[Agent]]:
    """By team: available, on no call and not rung for anybody, longest without a call first. One query for all of them:
    most queues have nobody who is free, and that many queues are looked at before somebody is found."""
    theirs = Q(to_number=OuterRef("contact")) | Q(from_number=OuterRef("contact"))
    talking = Leg.objects.filter(theirs, ended_at=None, unverified=False)
    offered = Waiting.objects.filter(agent=OuterRef("pk"), left_at=None)
    rung = Visit.objects.filter(agent=OuterRef("pk"), at__gt=now - JUST_NOW, call__ended_at=None)
    mates = Agent.objects.filter(rested(now), teams__in=teams, state=State.AVAILABLE)
    mates = mates.exclude(Exists(talking) | Exists(offered) | Exists(rung)).annotate(team=F("teams"))
    free: dict[int, list[Agent]] = {team: [] for team in teams}
    for agent in mates.order_by(F("idle_since").asc(nulls_first=True), "pk") if teams else ():
        free[agent.team].append(agent)
    return free


def rested(now: datetime) -> Q:
    """Who was busy a second ago still is: they are left in peace for a while (`idle_since`: when they missed it)."""
    missed = Q(missed__gte=2, idle_since__gt=now - 2 * PAUSE) | Q(missed=1, idle_since__gt=now - PAUSE)
    return ~missed


def ring(entry: Waiting, agent: Agent) -> None:
    """Call the agent into the caller's room. No lock is held meanwhile."""
    call, asked_at = entry.call, timezone.now()
    try:
        resource = gateway.add_participant(
            call.room,
            from_=call.line.address if call.line else call.to_number,
            to=agent.contact,
            label=f"agent-{entry.pk}-{entry.tries}",
            status_callback=address("twilio-status", call, role=Leg.Role.AGENT),
            conference_callback=address("twilio-conference", call),
            timeout=entry.queue.ring_seconds,
            until=time.monotonic() + PATIENCE,
        )
        crash("routing.after_twilio")
        report = from_participant(resource, asked_at=asked_at, call_id=call.pk, role=Leg.Role.AGENT)
    except gateway.Refused as error:
        log.warning("Agent %s could not be rung: %s (%s)", agent.pk, error, error.code)
        give_back(entry, blame=error.status not in NOT_THEIRS)
    except Nonsense as error:
        log.warning("Twilio's answer makes no sense; the leg's callbacks will tell: %s", error)
    except ValueError as error:
        log.error("Nobody was rung: this desk's Twilio settings are wrong. %s", error)
        give_back(entry, blame=False)
    except gateway.Unreachable as error:
        log.warning("Whether agent %s is rung is not known: %s", agent.pk, error)
        if not error.sent:
            give_back(entry, blame=False)
    else:
        record([report])
        change(entry, leg=report.call_sid)


def give_back(entry: Waiting, *, blame: bool) -> None:
    """Nobody is rung after all."""
    if blame:
        missed(entry, timezone.now())
    else:
        change(entry, agent=None, leg="", offered_at=None)


def address(name: str, call: Call, **query: object) -> str:
    return twiml.absolute(settings.PUBLIC_URL, reverse(name), call=call.pk, **query)
