"""End: the whole call is hung up, or one leg of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from calls.control.plan import Plan, end_call, end_leg
from calls.control.plans.seats import end_room
from calls.control.verbs import requests
from calls.control.verbs.cast import cast_of, over
from calls.models import Action, Call, Leg, Rights
from calls.twilio import gateway

EXCLUSIVE = True
ABSOLUTE = True  # asked for twice it does nothing more
# Answered in the same moment or ended: `canceled` says which no clearer than "invalid call state" (21220).
NOT_IN_THAT_STATE = 21220


def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: target (`call`, `room`, or a leg's sid)."""
    cast, target = cast_of(call, legs), fields.get("target") or "call"
    if target == "room":
        return over(call, "end") or end_room(cast)
    return over(call, "end") or (end_call(cast) if target == "call" else end_leg(cast, target))


def choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    cast = cast_of(call, legs)
    named = [{"target": leg.sid, "name": cast.name(leg), "role": leg.role} for leg in cast.live]
    room = [{"target": "room", "name": "The conference"}] if cast.room else []
    return {"targets": [{"target": "call", "name": "The whole call"}, *named, *room]}


def send(action: Action, wish: Mapping[str, Any], until: float) -> list[dict[str, Any]]:
    """Ask Twilio; returns its answers (Call resources)."""
    return requests.send(action, wish, until) if "over" in wish else end_or_cancel(wish, until)


def end_or_cancel(wish: Mapping[str, Any], until: float) -> list[dict[str, Any]]:
    sid, status = wish["sid"], wish["status"]
    if status == "completed":
        return [gateway.end_leg(sid, status, until=until)]
    try:
        answer = gateway.end_leg(sid, status, until=until)
    except gateway.Refused as error:
        if error.code != NOT_IN_THAT_STATE:
            raise
        return [gateway.end_leg(sid, "completed", until=until)]
    # Answered in the same moment: `canceled` was taken and did nothing.
    if answer.get("status") == "in-progress":
        return [answer, gateway.end_leg(sid, "completed", until=until)]
    return [answer]
