"""Transfer. Blind: a leg leaves whom it talks to and is put through to somebody else. Warm: that one is consulted
first, and the caller waits (the rest of it: verbs/consult.py)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from calls.control import dialling
from calls.control.plan import Plan, Refusal, Target
from calls.control.plan import transfer as transfer_plan
from calls.control.plans.consult import warm
from calls.control.verbs.cast import cast_of, consulted, legs_to_choose, our_number, over, refused
from calls.control.verbs.redirecting import ABSOLUTE, back, goodbye, ring, taken_away
from calls.control.verbs.requests import send
from calls.live.frames import mask
from calls.models import Action, Agent, Call, Destination, Leg, Line, Rights, agents_for
from calls.twilio.reports import Report

__all__ = ["ABSOLUTE", "EXCLUSIVE", "choices", "document", "plan", "send"]
EXCLUSIVE = True
STATES = {
    Agent.State.AVAILABLE: "available",
    Agent.State.BUSY: "busy",
    Agent.State.AWAY: "away",
    Agent.State.OFFLINE: "offline",
    Agent.State.WRAP_UP: "in wrap-up",
}


def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: destination (of the directory) or to (E.164), leg (a sid; default the caller), mode (blind, warm)."""
    if (done := over(call, "transfer")) is not None:
        return done
    mode = fields.get("mode") or "blind"
    if mode not in ("blind", "warm"):
        return refused("transfer", "mode", "A transfer is blind or warm.")
    target = newcomer(call, legs, fields, rights)
    if isinstance(target, Refusal):
        return refused("transfer", target.code, target.message)
    cast = cast_of(call, legs)
    if mode == "warm":
        return warm(cast, target, caller_id=our_number(call), begun=consulted(call) is not None)
    return transfer_plan(cast, cast.moved(fields.get("leg", "")), target)


def newcomer(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Target | Refusal:
    """Whom the fields name, unless they are on the call already."""
    target = target_of(call, fields, rights)
    if isinstance(target, Target) and any(leg.live and leg.to_number == target.contact for leg in legs):
        return Refusal("destination", f"{target.name} is on this call already.")
    return target


def target_of(call: Call, fields: Mapping[str, str], rights: Rights) -> Target | Refusal:
    wanted, number = fields.get("destination", ""), fields.get("to", "")
    if not wanted and not number:
        return Refusal("destination", "Choose where the call goes.")
    if not wanted:
        checked = dialling.check(number, lines=lines())
        if isinstance(checked, Refusal):
            return checked
        return Target(mask(checked), checked, Leg.Role.EXTERNAL, "outside the directory", external=True)
    kind, _, pk = wanted.rpartition("-")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 10 and kind in ("", "agent")):
        return Refusal("destination", NOT_IN_DIRECTORY)
    if kind == "agent":
        agent = with_calls(agents_for(call.team_id, rights.watched)).filter(pk=pk).first()
        if agent is None:
            return Refusal("destination", NOT_IN_DIRECTORY)
        why = why_not_free(agent)
        warning = f"{agent.name} is {why}: the call may not be answered." if why else ""
        return Target(agent.name, agent.contact, Leg.Role.AGENT, why or "available", warning)
    found = Destination.objects.of(call.team_id).filter(pk=pk, kind=Destination.Kind.ADDRESS).first()
    if found is None:
        return Refusal("destination", NOT_IN_DIRECTORY)
    return Target(found.name, found.address, Leg.Role.EXTERNAL, "in the directory")


NOT_IN_DIRECTORY = "There is no such destination for calls of this team."


def lines() -> set[str]:
    return set(Line.objects.values_list("address", flat=True))


def with_calls(agents: Any) -> Any:
    on = Leg.objects.filter(Q(to_number=OuterRef("contact")) | Q(from_number=OuterRef("contact")), ended_at=None)
    return agents.annotate(on_a_call=Exists(on.filter(unverified=False)))


def why_not_free(agent: Any) -> str:
    """ "" for an agent who would be rung by the flow as well."""
    if agent.on_a_call:
        return "on a call"
    return "" if agent.state == Agent.State.AVAILABLE else STATES[agent.state]


def choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    agents = with_calls(agents_for(call.team_id, rights.watched)).prefetch_related("teams")
    named = {call.team_id, *rights.team_names}  # an agent may be in teams of which this person is told nothing
    people = [
        {
            "id": f"agent-{agent.pk}",
            "name": agent.name,
            "kind": "agent",
            "where": ", ".join(team.name for team in agent.teams.all() if team.pk in named),
            "state": agent.state,
            "free": not why_not_free(agent),
            "why": why_not_free(agent).capitalize(),
        }
        for agent in agents
    ]
    places = [
        {
            "id": str(place.pk), "name": place.name, "kind": "address", "where": mask(place.address),
            "state": "", "free": True, "why": "",
        }
        for place in Destination.objects.of(call.team_id).filter(kind=Destination.Kind.ADDRESS)
    ]  # fmt: skip
    return {
        "destinations": sorted(people, key=lambda one: (not one["free"], one["name"])) + places,
        "legs": legs_to_choose(cast_of(call, legs)),
        "external": rights.may("dial_external", call.team_id) and bool(settings.DIAL_COUNTRIES),
        "countries": list(settings.DIAL_COUNTRIES),
    }


def document(action: Action, leg: Leg, report: Report) -> str:
    """ring → rang → talked: goodbye; else back where it was."""
    if report.step == "ring":
        facts = action.plan["facts"]
        return ring(action, leg, facts["contact"], facts["role"], then="rang", sign=True)
    if report.step == "rang" and report.talked and not taken_away(action.call_id, report):
        return goodbye(action, "thanks")
    return back(action, leg, report)
