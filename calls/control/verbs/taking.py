"""Take over and hand back: who talks with the caller changes, and the caller is never alone (plans/taking.py)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from calls.control.plan import Plan, Refusal, Target
from calls.control.plans import taking
from calls.control.plans.consult import consultation
from calls.control.plans.taking import Taken
from calls.control.verbs import transfer
from calls.control.verbs.cast import cast_of, consulted, over, refused
from calls.control.verbs.deed import Deed
from calls.control.verbs.ears import me_of, under_way
from calls.models import Action, Agent, Call, Leg, Rights
from calls.twilio import twiml
from calls.twilio.reports import Report


def take_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: destination (`agent-<id>` of the directory; "" for oneself)."""
    done = over(call, "take_over") or under_way(call, "take_over", rights)
    if done is not None:
        return done
    cast, to = cast_of(call, legs), None
    if fields.get("destination"):
        found = named_agent(call, legs, fields["destination"], rights)
        if isinstance(found, Refusal):
            return refused("take_over", found.code, found.message)
        to = found
    me, caller = me_of(call, legs, cast, rights), cast.moved()
    if caller is not None and cast.with_bot(caller):
        return taking.take_from_bot(cast, caller, me, to)
    now = consultation(cast, begun=consulted(call) is not None)
    consults = now is not None and now.agent is not None and now.third is not None and cast.rooms[now.caller.sid].held
    return taking.take_over(cast, me, to, consults=consults)


def named_agent(call: Call, legs: Sequence[Leg], wanted: str, rights: Rights) -> Target | Refusal:
    if not wanted.startswith("agent-"):
        return Refusal("destination", "Only an agent of the directory can take a call over.")
    found = transfer.target_of(call, {"destination": wanted}, rights)
    if not isinstance(found, Refusal) and is_there(legs, found.contact):
        return Refusal("destination", f"{found.name} is on this call already.")
    return found


def is_there(legs: Sequence[Leg], contact: str) -> bool:
    return any(leg.live and contact in (leg.to_number, leg.from_number) for leg in legs)


def take_choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    """The agents; and where I am rung myself."""
    me = me_of(call, legs, cast_of(call, legs), rights)
    people = [one for one in transfer.choices(call, legs, rights)["destinations"] if one["kind"] == "agent"]
    return {"phone": me.shown, "destinations": people}


def back_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: mode (`listen` or `leave`: what becomes of who had taken over; default listen)."""
    if (done := over(call, "hand_back")) is not None:
        return done
    mode = fields.get("mode") or "listen"
    if mode not in ("listen", "leave"):
        return refused("hand_back", "mode", "Whoever gives the call back listens on, or leaves.")
    cast = cast_of(call, legs)
    taken = last_taken(call, legs)
    if taken is not None and taken.bot:
        return taking.back_to_bot(cast, cast.moved(), taken)
    to = agent_at(taken.contact, legs) if taken else None
    me = me_of(call, legs, cast, rights)
    if isinstance(to, Refusal):
        return refused("hand_back", to.code, to.message)
    return taking.hand_back(cast, me, taken, to, listens=mode == "listen")


def last_taken(call: Call, legs: Sequence[Leg]) -> Taken | None:
    """By whom it was taken over, if it was not given back since."""
    settled = Action.objects.filter(call=call, verb__in=("take_over", "hand_back"), state=Action.State.CONFIRMED)
    last = settled.order_by("-requested_at").first()
    if last is None or last.verb == "hand_back":
        return None
    sids = {*last.seen.get("legs", ()), *(sid for part in last.parts for sid in part["proof"].get("flags", ()))}
    left, stayed = last.plan["facts"]["left"], next((leg for leg in legs if leg.sid in sids and leg.live), None)
    return Taken(left["name"], left["contact"], stayed, left.get("bot", ""))


def agent_at(contact: str, legs: Sequence[Leg]) -> Target | Refusal | None:
    agent = transfer.with_calls(Agent.objects.filter(contact=contact)).first() if contact else None
    if agent is None:
        return None
    if is_there(legs, contact):
        return Refusal("there", f"{agent.name} is on this call already.")
    why = transfer.why_not_free(agent)
    warning = f"{agent.name} is {why}: the call may not be answered." if why else ""
    return Target(agent.name, contact, Leg.Role.AGENT, why or "available", warning)


def go_back(action: Action, leg: Leg, report: Report) -> str:
    """To the AI agent. Who asks there shows that the wish came true."""
    step = action.plan["facts"]["bot"]
    return twiml.go_on(
        twiml.absolute(
            settings.PUBLIC_URL, reverse("twilio-voice"), call=action.call_id, a=action.pk, step=step, visit=1
        )
    )


VERBS = {
    "take_over": Deed(take_plan, take_choices, document=transfer.document),
    "hand_back": Deed(back_plan, document=go_back),
}
