"""Hold and resume, mute and unmute, kick: what is done to somebody's place in a room."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calls.control.cast import Cast, LegView
from calls.control.plan import Plan
from calls.control.plans import seats
from calls.control.verbs.announce import library_of, words_of
from calls.control.verbs.cast import cast_of, over, refused
from calls.control.verbs.deed import Deed
from calls.models import Call, Leg, Rights


def of_one(verb: str, make: Callable[[Cast, LegView | None], Plan], default: str = "") -> Deed:
    """A verb that is done to one leg. `fields`: leg (a sid; default: whoever has this role)."""

    def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
        cast = cast_of(call, legs)
        return over(call, verb) or make(cast, meant(cast, fields.get("leg", ""), default))

    def choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
        return {"legs": seats_to_choose(cast_of(call, legs), make)}

    return Deed(plan, choices)


def meant(cast: Cast, sid: str, role: str) -> LegView | None:
    return cast.leg(sid) if sid else next((leg for leg in cast.live if leg.role == role), None)


def hold_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: leg (a sid; default the caller), announcement (an id of the library: what they hear meanwhile)."""
    if (done := over(call, "hold")) is not None:
        return done
    cast = cast_of(call, legs)
    leg = meant(cast, fields.get("leg", ""), "caller")
    if not fields.get("announcement"):
        return seats.hold(cast, leg, heard="", facts={})
    found = words_of(call, fields["announcement"])
    if found is None:
        return refused("hold", "announcement", "There is no such announcement for calls of this team.")
    return seats.hold(cast, leg, heard=found.heard, facts=found.facts)


def hold_choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    held = seats_to_choose(cast_of(call, legs), lambda cast, leg: seats.hold(cast, leg, heard="", facts={}))
    return {"legs": held, "announcements": library_of(call)}


def seats_to_choose(cast: Cast, make: Callable[[Cast, LegView | None], Plan]) -> list[dict[str, Any]]:
    """Every live leg, and why this cannot be done to it."""
    found = []
    for leg in cast.live:
        why = next(iter(make(cast, leg).refusals), None)
        told = {"sid": leg.sid, "role": leg.role, "name": cast.name(leg), "may": why is None}
        found.append(told | {"why": why.message if why else ""})
    return found


VERBS = {
    "hold": Deed(hold_plan, hold_choices),
    "resume": of_one("resume", seats.resume, "caller"),
    "mute": of_one("mute", lambda cast, leg: seats.mute(cast, leg, on=True), "agent"),
    "unmute": of_one("unmute", lambda cast, leg: seats.mute(cast, leg, on=False), "agent"),
    "kick": of_one("kick", seats.kick, "agent"),
}
