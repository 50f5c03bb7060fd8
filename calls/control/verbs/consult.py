"""How a warm transfer goes on – complete, cancel, swap – and add, which calls one more into the room."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from calls.control.plan import Plan, Refusal
from calls.control.plans import consult
from calls.control.verbs import requests, transfer
from calls.control.verbs.cast import cast_of, consulted, our_number, over, refused
from calls.control.verbs.deed import Deed
from calls.control.verbs.end import end_or_cancel
from calls.models import OPEN_STATES, Action, Call, Leg, Rights

UNHEARD = timedelta(seconds=15)  # of whose leg nothing was heard for so long was never called
# A consultation that is on its way may be canceled: what nobody has sent yet, or what Twilio has accepted.
ON_ITS_WAY = (Action.State.REQUESTED, Action.State.ACCEPTED, Action.State.UNKNOWN)


def complete_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    began = consulted(call)
    return over(call, "complete") or consult.complete(
        cast_of(call, legs), begun=began is not None, closes=closes(began)
    )


def cancel_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    if (done := over(call, "cancel")) is not None:
        return done
    began = consulted(call)
    cast = cast_of(call, legs)
    return consult.cancel(cast, begun=began is not None, calling=calling(call), closes=closes(began))


def swap_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    return over(call, "swap") or consult.swap(cast_of(call, legs), begun=consulted(call) is not None)


def closes(began: Action | None) -> str:
    """With whose leg the room ended before it began."""
    return str(began.plan["facts"].get("closes", "")) if began else ""


def calling(call: Call) -> bool:
    """Twilio was asked to call whom we consult, and has not told us of the leg: not yet, or never."""
    asked = call.actions.filter(
        verb="transfer", state__in=OPEN_STATES, plan__facts__consult=True, step__endswith="then"
    ).first()
    if asked is None or asked.sent_at is None or asked.seen.get("legs"):
        return False
    return asked.state != Action.State.REQUESTED and timezone.now() - asked.sent_at < UNHEARD


def cancel_send(action: Action, wish: Mapping[str, Any], until: float) -> list[dict[str, Any]]:
    return end_or_cancel(wish, until) if "status" in wish else requests.send(action, wish, until)


def gives_way(action: Action) -> bool:
    """Of the open wishes of others: which one ends when this one is made."""
    on_its_way = action.state in ON_ITS_WAY and (action.state != Action.State.REQUESTED or bool(action.step))
    return on_its_way and action.verb == "transfer" and bool(action.plan.get("facts", {}).get("consult"))


def add_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: destination (an id of the directory) or to (E.164)."""
    if (done := over(call, "add")) is not None:
        return done
    target = transfer.newcomer(call, legs, fields, rights)
    if isinstance(target, Refusal):
        return refused("add", target.code, target.message)
    return consult.add(cast_of(call, legs), target, caller_id=our_number(call))


VERBS = {
    "complete": Deed(complete_plan),
    "cancel": Deed(cancel_plan, send=cancel_send, gives_way=gives_way),
    "swap": Deed(swap_plan),
    "add": Deed(add_plan, transfer.choices, ABSOLUTE=False),
}
