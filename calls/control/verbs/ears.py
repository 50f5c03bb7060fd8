"""Monitor, whisper, barge, leave: a supervisor's own place on somebody else's call.

Not exclusive: others may listen as well, and whoever transfers the call is not kept from it. A press that is still
under way keeps the same person from being rung twice.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calls.control.cast import Cast, LegView
from calls.control.plan import Plan, Refusal
from calls.control.plans import ears
from calls.control.plans.ears import Me
from calls.control.verbs.cast import TITLES, cast_of, our_number, over
from calls.control.verbs.deed import Deed
from calls.control.verbs.seats import meant
from calls.live.frames import mask
from calls.models import OPEN_STATES, Action, Call, Leg, Rights, phone_of

WISHES = ("monitor", "whisper", "barge", "take_over")
Make = Callable[[Cast, Me, LegView | None], Plan]


def me_of(call: Call, legs: Sequence[Leg], cast: Cast, rights: Rights) -> Me:
    contact = phone_of(rights.user_id)
    live = [leg for leg in legs if leg.live]
    mine = next((leg for leg in live if leg.role == Leg.Role.SUPERVISOR and leg.person_id == rights.user_id), None)
    others = [leg for leg in live if leg.role != Leg.Role.SUPERVISOR]
    return Me(
        name=rights.name,
        contact=contact,
        shown=mask(contact),
        line=our_number(call),
        leg=cast.leg(mine.sid) if mine else None,
        agent=any(contact and contact in (leg.to_number, leg.from_number) for leg in others),
    )


def under_way(call: Call, verb: str, rights: Rights) -> Plan | None:
    """Of a leg that is just being dialled nothing may be known yet."""
    if not Action.objects.filter(call=call, by=rights.user_id, verb__in=WISHES, state__in=OPEN_STATES).exists():
        return None
    return Plan(verb, "", TITLES[verb], refusals=(Refusal("busy", "Your last wish on this call is under way."),))


def mine(verb: str, make: Make, default: str = "") -> Deed:
    """`fields`: leg (a sid; whom to whisper to, by default whoever has this role)."""

    def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
        done = over(call, verb) or (under_way(call, verb, rights) if verb != "leave" else None)
        if done is not None:
            return done
        cast = cast_of(call, legs)
        return make(cast, me_of(call, legs, cast, rights), meant(cast, fields.get("leg", ""), default))

    def choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
        """Where I am rung, and whether I am there; for a whisper, whom to choose from."""
        cast = cast_of(call, legs)
        me = me_of(call, legs, cast, rights)
        told = {"phone": me.shown, "there": me.leg is not None and me.leg.sid in cast.rooms}
        return told | ({"legs": to_choose(cast, me)} if verb == "whisper" else {})

    return Deed(plan, choices, EXCLUSIVE=False)


def to_choose(cast: Cast, me: Me) -> list[dict[str, Any]]:
    found = []
    for leg in cast.live:
        why = ears.not_me(cast, me) or ears.not_to_be_coached(cast, leg)
        told = {"sid": leg.sid, "role": leg.role, "name": cast.name(leg), "may": why is None}
        found.append(told | {"why": why.message if why else ""})
    return found


VERBS = {
    "monitor": mine("monitor", lambda cast, me, _: ears.monitor(cast, me)),
    "whisper": mine("whisper", ears.whisper, "agent"),
    "barge": mine("barge", lambda cast, me, _: ears.barge(cast, me)),
    "leave": mine("leave", lambda cast, me, _: ears.leave(cast, me)),
}
