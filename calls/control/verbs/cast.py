"""What the rows say of a call's parties, as the plans want it."""

from collections.abc import Sequence
from typing import Any

from calls.control.plan import Cast, LegView, Plan, Refusal, unmovable
from calls.live.frames import mask
from calls.models import Call, Leg, Presence


def cast_of(call: Call, legs: Sequence[Leg]) -> Cast:
    present = Presence.objects.filter(leg__in=[leg.sid for leg in legs], present=True)
    return Cast(
        legs=[leg for leg in legs if not leg.unverified],
        who=mask(outside_of(call, legs)) or "an unknown caller",
        names={leg.sid: leg.agent.name for leg in legs if leg.agent},
        contacts={leg.sid: leg.agent.contact for leg in legs if leg.agent},
        rooms=frozenset(present.values_list("leg_id", flat=True)),
    )


def outside_of(call: Call, legs: Sequence[Leg]) -> str:
    """The address of whom the call is with: of a click-to-call, who is dialled for the agent."""
    if not call.direction.startswith("outbound"):
        return call.from_number
    others = [leg.to_number for leg in legs if leg.role == Leg.Role.EXTERNAL and leg.direction.startswith("outbound")]
    return next(iter(others), call.to_number)


def over(call: Call, verb: str) -> Plan | None:
    """The plan for a call on which nothing can be wished any more."""
    if call.merged_into_id is not None:
        return Plan(
            verb, "", TITLES[verb], refusals=(Refusal("merged", "This call became part of another one: use that one."),)
        )
    if call.ended_at is not None:
        return Plan(verb, "", TITLES[verb], refusals=(Refusal("call_ended", "The call has ended already."),))
    return None


TITLES = {"end": "End the call?", "transfer": "Transfer?", "announce": "Announce?", "redirect": "Send to another flow?"}


def refused(verb: str, code: str, message: str) -> Plan:
    return Plan(verb, "", TITLES[verb], refusals=(Refusal(code, message),))


def legs_to_choose(cast: Cast) -> list[dict[str, Any]]:
    """Every live leg, and why it cannot be moved."""
    return [leg_to_choose(cast, leg) for leg in cast.live]


def leg_to_choose(cast: Cast, leg: LegView) -> dict[str, Any]:
    why = unmovable(cast, leg)
    return {
        "sid": leg.sid,
        "role": leg.role,
        "name": cast.name(leg),
        "may": why is None,
        "why": why.message if why else "",
    }
