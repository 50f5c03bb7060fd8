"""Pull, move, front: what is done to who waits in a queue."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from calls.control.plan import Plan, Refusal, Target
from calls.control.plans import queues
from calls.control.plans.queues import Elsewhere, Place
from calls.control.proof import Verdict, of_place
from calls.control.verbs import requests, transfer
from calls.control.verbs.cast import cast_of, our_number, over, refused
from calls.control.verbs.deed import Deed
from calls.models import Action, Agent, Call, Leg, Queue, Rights, Waiting, phone_of
from calls.models.queue import LONGEST_TURN
from calls.twilio import gateway

NOT_RINGING_ANY_MORE = {20404, 21220}


def place_of(call: Call) -> Place | None:
    """Where this caller waits; None if they do not."""
    entry = Waiting.objects.filter(call=call, left_at=None).select_related("queue", "agent").first()
    if entry is None:
        return None
    return Place(
        entry=entry.pk,
        queue=entry.queue_id,
        name=entry.queue.name,
        before=entry.before,
        agent=entry.agent.name if entry.agent else "",
        ringing=ringing(entry),
        words=words_of(call, entry.queue_id),
        turn=LONGEST_TURN,
    )


def ringing(entry: Waiting) -> str:
    """The leg of the open offer. If its SID was never told, it is the one to that agent."""
    if entry.agent_id is None or entry.leg:
        return entry.leg
    legs = Leg.objects.filter(call=entry.call_id, agent=entry.agent_id, ended_at=None)
    return legs.values_list("sid", flat=True).first() or ""


def words_of(call: Call, queue: int) -> str:
    """Path and query of what they hear: music, the place in the line a turn later."""
    query = {"call": call.pk, "role": Leg.Role.CALLER, "step": f"queue.{queue}", "visit": 0}
    return f"{reverse('twilio-wait')}?{urlencode(query)}"


# Elsewhere in the line ----------------------------------------------------------------------------------------------


def front_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    return over(call, "front") or queues.front(cast_of(call, legs), place_of(call))


def move_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: queue (an id)."""
    if (done := over(call, "move")) is not None:
        return done
    pk = fields.get("queue", "")
    known = pk.isascii() and pk.isdecimal() and len(pk) < 10
    to = queues_for(call, rights).filter(pk=pk).first() if known else None
    return queues.move(cast_of(call, legs), place_of(call), elsewhere(to) if to else None)


def queues_for(call: Call, rights: Rights) -> Any:
    """Where calls of this team may be moved by somebody who watches these teams."""
    teams = {team for team in (call.team_id, *rights.watched) if team is not None}
    waiting = Count("waiting", Q(waiting__left_at=None, waiting__call__ended_at=None))
    return Queue.objects.filter(team__in=teams).annotate(now_waiting=waiting)


def elsewhere(queue: Any) -> Elsewhere:
    mates = Agent.objects.filter(teams=queue.team_id, state=Agent.State.AVAILABLE)
    free = any(agent.can(queue.skill) for agent in mates)
    return Elsewhere(queue.pk, queue.name, waiting=queue.now_waiting, open=queue.open, free=free)


def move_choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    place = place_of(call)
    others = queues_for(call, rights).exclude(pk=place.queue if place else None)
    return {
        "queues": [
            {"id": str(one.pk), "name": one.name, "waiting": one.now_waiting, "open": one.open} for one in others
        ]
    }


def write(action: Action, now: datetime) -> Verdict:
    """What the wish is about, in the transaction that confirms it. The call is locked: nobody else moves them."""
    proof = action.part["proof"]
    found = Waiting.objects.select_for_update(of=("self",)).filter(pk=proof["placed"], left_at=None)
    entry = found.select_related("queue").first()
    to = Queue.objects.filter(pk=proof["queue"]).first()
    if entry is None or to is None or (entry.queue_id != to.pk and entry.agent_id is not None):
        return Verdict("failed", "not_waiting", "Somebody was rung for them, or answered, in the same moment.")
    if proof["at"] == "front":
        entry.place = to.front
    else:
        entry.begin(to, now)
    entry.save(update_fields=["queue", "place", "entered_at"])
    Call.objects.filter(pk=action.call_id).update(queue=to.name)
    return of_place(proof, Waiting.objects.get(pk=entry.pk))


# To a person --------------------------------------------------------------------------------------------------------


def pull_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: destination (`agent-<id>`, or "" for myself)."""
    if (done := over(call, "pull")) is not None:
        return done
    wanted = fields.get("destination", "")
    if wanted and not wanted.startswith("agent-"):
        return refused("pull", "destination", "Choose a person.")
    to = transfer.target_of(call, {"destination": wanted}, rights) if wanted else myself(rights)
    if isinstance(to, Refusal):
        return refused("pull", to.code, to.message)
    cast, place = cast_of(call, legs), place_of(call)
    if queues.waits_no_more(cast, place) is None and is_there(legs, to, place):
        return refused("pull", "destination", f"{to.name} is on this call already.")
    return queues.pull(cast, place, to, line=our_number(call))


def is_there(legs: Sequence[Leg], to: Target, place: Place | None) -> bool:
    there = [leg.sid for leg in legs if leg.ended_at is None and leg.to_number == to.contact]
    return bool(there) and (place is None or there != [place.ringing])


def myself(rights: Rights) -> Target:
    return Target(rights.name, phone_of(rights.user_id), Leg.Role.AGENT, "you")


def pull_choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    people = transfer.choices(call, legs, rights)["destinations"]
    return {"destinations": [one for one in people if one["kind"] == "agent"], "myself": True}


def send(action: Action, wish: Mapping[str, Any], until: float) -> list[dict[str, Any]]:
    if "withdraw" not in wish:
        return requests.send(action, wish, until)
    try:
        return [gateway.end_leg(wish["withdraw"], "canceled", until=until)]
    except gateway.Refused as error:
        if error.code not in NOT_RINGING_ANY_MORE:
            raise
        # Answered, or missed, in the same moment: what it is now says which.
        return [gateway.fetch_leg(wish["withdraw"], until=until)]


VERBS = {
    "pull": Deed(pull_plan, pull_choices, ABSOLUTE=False, send=send),
    "move": Deed(move_plan, move_choices, write=write),
    "front": Deed(front_plan, write=write),
}
