"""A call as it goes to the desks: what `frames.body` says, without what is usual or not drawn on a row. Pure.

`static/desk/lean.js` has the same tables and puts back what was left out. A time is milliseconds after the call's
`started_at`; as text, like that one, if nobody knows when the call began.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from calls.control.hearing import hears, misheard, wanted
from calls.live.beside import beside
from calls.live.frames import (
    agent_of,
    in_order,
    mask,
    moment,
    oldest_first,
    pending,
    places_of,
    recent,
    tags_of,
    text,
)

if TYPE_CHECKING:
    from calls.live.seen import SeenCall, SeenLeg
    from calls.models import Action, Call, Leg, Presence, Tap

CALL: dict[str, Any] = {
    "status": "talking", "since": None, "direction": "inbound", "team": None, "team_name": "", "line": "",
    "line_number": "", "queue": "", "caller": "", "agent": "", "started_at": None, "ended_at": None, "ended_by": "",
    "outcome": "", "unverified_since": None, "heard_at": None, "more_legs": 0, "actions": [], "beside": {},
    "hears": None, "misheard": [], "tags": [],
    "waits_since": None,
}  # fmt: skip
# Of a caller's leg the usual number is the call's caller, of an agent's leg the usual name is the call's agent.
LEG: dict[str, Any] = {
    "status": "in-progress", "name": "", "number": "", "started_at": None, "ringing_at": None, "answered_at": None,
    "ended_at": None, "sip_code": None, "unverified": False, "healed": False, "held": False,
    "held_since": None, "muted": False, "coaching": False,
}  # fmt: skip
ACTION: dict[str, Any] = {
    "what": "", "began": False, "exclusive": True, "sent_at": None, "accepted_at": None, "settled_at": None,
    "code": None, "message": "",
}  # fmt: skip
# Since when they wait in a queue, though an agent may be rung for them now, or was a moment ago.
WAIT = ("waiting", "ringing")
EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def texts(
    call: "Call | SeenCall",
    legs: Sequence["Leg | SeenLeg"],
    actions: Sequence["Action"],
    presences: Sequence["Presence"] = (),
    taps: Sequence["Tap"] = (),
) -> tuple[str, str]:
    """(numbers masked, in full), each as JSON."""
    told = body(call, legs, actions, presences, taps)
    numbers = ("caller",) if call.line else ("caller", "line_number")  # as frames.body has it
    masked = hide(told, numbers) | {"legs": [hide(leg, ("number",)) for leg in told["legs"]]}
    if actions:
        masked["actions"] = [hide(action, ("what", "message")) for action in told.get("actions", ())]
    return text(masked), text(told)


def hide(told: dict[str, Any], numbers: Sequence[str]) -> dict[str, Any]:
    return told | {key: mask(told[key]) for key in numbers if key in told}


def body(
    call: "Call | SeenCall",
    legs: Sequence["Leg | SeenLeg"],
    actions: Sequence["Action"],
    presences: Sequence["Presence"],
    taps: Sequence["Tap"] = (),
) -> dict[str, Any]:
    """In full."""
    clock = Clock(call.started_at)
    team, line = call.team, call.line
    told = recent(in_order(legs))
    inside, caller = call.to_number, call.from_number
    if call.direction.startswith("outbound"):
        inside, caller = caller, inside
    name = agent_of(call, legs)
    seats = {presence.leg_id: presence for presence in presences if presence.present}
    places, at = places_of(legs, presences) if seats else [], {leg.sid: place for place, leg in enumerate(told)}
    said = {
        "id": str(call.pk),
        "revision": call.revision,
        "shape": str(call.shape),
        "status": call.status,
        "since": clock.at(call.status_since),
        "direction": call.direction,
        "team": call.team_id,
        "team_name": team.name if team else "",
        "line": line.name if line else "",
        "line_number": line.address if line else inside,
        "queue": call.queue,
        "caller": caller,
        "agent": name,
        "started_at": moment(call.started_at),
        "ended_at": clock.at(call.ended_at),
        "ended_by": call.ended_by,
        "outcome": call.outcome,
        "unverified_since": clock.at(call.unverified_since),
        "heard_at": clock.at(call.heard_at),
        "legs": [leg_body(leg, caller, name, clock, seats.get(leg.pk)) for leg in told],
        "more_legs": len(legs) - len(told),
        # Whom by their places among the legs: (listener, speaker).
        "hears": [[at[listener], at[speaker]] for listener, speaker in hears(places)] if places else None,
        "misheard": misheard(places, wanted(oldest_first(actions), places)) if actions and places else [],
        "actions": [action_body(action, clock) for action in pending(actions)],
        "beside": beside(taps, actions),
        "tags": tags_of(call.tags),
        "waits_since": clock.at(call.waits_since) if call.status in WAIT else None,
    }
    return unusual(said, CALL)


def leg_body(leg: "Leg | SeenLeg", caller: str, agent: str, clock: "Clock", seat: "Presence | None") -> dict[str, Any]:
    number = leg.from_number if leg.direction == "inbound" else leg.to_number
    said = {
        "sid": leg.sid,
        "role": leg.role,
        "status": leg.status,
        "started_at": clock.at(leg.started_at),
        # Drawn only of a leg whose beginning is not known.
        "ringing_at": None if leg.started_at else clock.at(leg.ringing_at),
        "answered_at": clock.at(leg.answered_at),
        "ended_at": clock.at(leg.ended_at),
        "sip_code": leg.sip_code,
        "unverified": leg.unverified,
        "healed": leg.healed,
        "held": seat is not None and seat.held,
        "held_since": clock.at(seat.held_since) if seat is not None and seat.held else None,
        "muted": seat is not None and seat.muted,
        "coaching": seat is not None and seat.coaching,
    }
    told = unusual(said, LEG)
    if leg.who != (agent if leg.role == "agent" else ""):
        told["name"] = leg.who
    if number != (caller if leg.role == "caller" else ""):
        told["number"] = number
    return told


def action_body(action: "Action", clock: "Clock") -> dict[str, Any]:
    said = {
        "id": str(action.pk),
        "verb": action.verb,
        "target": action.target,
        "what": action.plan.get("what", ""),
        "began": bool(action.seen),
        "by": action.by.get_full_name() or action.by.get_username(),
        "state": action.state,
        "exclusive": action.exclusive,
        "requested_at": clock.at(action.requested_at),
        "sent_at": clock.at(action.sent_at),
        "accepted_at": clock.at(action.accepted_at),
        "settled_at": clock.at(action.settled_at),
        "code": action.code,
        "message": action.message,
    }
    return unusual(said, ACTION)


def unusual(said: dict[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in usual or value != usual[key]}


class Clock:
    """Times of one call, counted from when it began."""

    def __init__(self, began: datetime | None) -> None:
        self.began = None if began is None else (began - EPOCH) // MILLISECOND

    def at(self, time: datetime | None) -> int | str | None:
        if time is None or self.began is None:
            return moment(time)
        return (time - EPOCH) // MILLISECOND - self.began
