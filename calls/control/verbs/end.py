"""End: the whole call is hung up."""

from collections.abc import Mapping, Sequence
from typing import Any

from calls.control.plan import Plan, Refusal, end_call
from calls.live.frames import mask
from calls.models import Call, Leg
from calls.twilio import gateway

EXCLUSIVE = True
# Answered in the same moment or ended: `canceled` says which no clearer than "invalid call state" (21220).
NOT_IN_THAT_STATE = 21220


def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str]) -> Plan:
    """`fields`: target (`call`; a single leg's sid comes with a later version)."""
    outside = call.to_number if call.direction.startswith("outbound") else call.from_number
    names = {leg.sid: leg.agent.name for leg in legs if leg.agent}
    made = end_call(legs, who=mask(outside) or "an unknown caller", names=names)
    if call.merged_into_id is not None:
        why = Refusal("merged", "This call became part of another one: end that one.")
    elif call.ended_at is not None:
        why = Refusal("call_ended", "The call has ended already.")
    elif fields.get("target", "call") != "call":
        why = Refusal("target", "Only the whole call can be ended here.")
    else:
        return made
    return Plan("end", "call", made.title, refusals=(why,))


def send(wish: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ask Twilio; returns its answers (Call resources)."""
    sid, status = wish["sid"], wish["status"]
    if status == "completed":
        return [gateway.end_leg(sid, status)]
    try:
        answer = gateway.end_leg(sid, status)
    except gateway.Refused as error:
        if error.code != NOT_IN_THAT_STATE:
            raise
        return [gateway.end_leg(sid, "completed")]
    # Answered in the same moment: `canceled` was taken and did nothing.
    return [answer, gateway.end_leg(sid, "completed")] if answer.get("status") == "in-progress" else [answer]
