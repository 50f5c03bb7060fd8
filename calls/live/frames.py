"""What browsers are told: a whole call, and the messages of the live stream around the lean ones (`lean.py`). Pure."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as COUNTRIES

from calls.control.hearing import Place, hears, misheard, wanted

if TYPE_CHECKING:
    from calls.live.seen import SeenCall, SeenLeg
    from calls.models import Action, Call, Leg, Presence, Pulse

# A telephone number, alone or as the user of a SIP address, with the gaps that people write. Names of clients and
# hosts stay readable.
Seen = TypeVar("Seen", bound="Leg | SeenLeg")
NUMBER = re.compile(r"\+?\(?\d(?:[ ().-]{0,2}\d){6,}")
SOME_LEGS, SOME_ACTIONS = 5, 3
ROLES = ("caller", "agent", "external", "consult", "bot", "supervisor", "")
RANKS = {role: rank for rank, role in enumerate(ROLES)}
NEVER = datetime.max.replace(tzinfo=UTC)


def body(
    call: "Call",
    legs: Sequence["Leg"],
    actions: Sequence["Action"],
    presences: Sequence["Presence"] = (),
    beside: "dict[str, Any] | None" = None,
    *,
    full: bool,
) -> dict[str, Any]:
    """One call as JSON values, with all its legs and actions. `full`: numbers are shown."""

    def shown(number: str) -> str:
        return number if full else mask(number)

    where = {presence.leg_id: presence for presence in presences if presence.present}
    places = places_of(legs, presences)
    outside = call.to_number if call.direction.startswith("outbound") else call.from_number
    inside = call.from_number if call.direction.startswith("outbound") else call.to_number
    return {
        "id": str(call.pk),
        "revision": call.revision,
        "shape": str(call.shape),
        "status": call.status,
        "since": moment(call.status_since),
        "direction": call.direction,
        "kind": call.kind,
        "team": call.team_id,
        "team_name": call.team.name if call.team else "",
        "line": call.line.name if call.line else "",
        # A line's number is public; without a line nobody knows whose it is (a SIP phone that calls out is "inbound").
        "line_number": call.line.address if call.line else shown(inside),
        "queue": call.queue,
        "caller": shown(outside),
        "agent": agent_of(call, legs),
        "started_at": moment(call.started_at),
        "answered_at": moment(call.answered_at),
        "ended_at": moment(call.ended_at),
        "ended_by": call.ended_by,
        "outcome": call.outcome,
        "unverified_since": moment(call.unverified_since),
        "heard_at": moment(call.heard_at),
        "hears": [list(pair) for pair in hears(places)] if places else None,
        "misheard": misheard(places, wanted(oldest_first(actions), places)),
        "legs": [leg_body(leg, where.get(leg.pk), shown) for leg in in_order(legs)],
        "more_legs": 0,
        "actions": [action_body(action, shown) for action in actions],
        "beside": beside or {},
        "tags": tags_of(call.tags),
        "waits_since": moment(call.waits_since),
    }


def tags_of(told: str) -> list[str]:
    """As a call's row has them: there is no comma in a tag."""
    return told.split(", ") if told else []


def agent_of(call: "Call | SeenCall", legs: Iterable["Leg | SeenLeg"]) -> str:
    """Who is on the call; of one that is over, who was. Who has left it stands among the legs, and nowhere else.
    Where no agent is, a supervisor may be who pulled the caller to themselves."""
    known = call.agent.name if call.agent else ""
    if call.ended_at:
        return known
    there = [leg.who for leg in legs if leg.role == "agent" and not leg.ended_at and not leg.unverified]
    return known if known and {known, ""} & set(there) else next(filter(None, there), "")


def leg_body(leg: "Leg", presence: "Presence | None", shown: Any) -> dict[str, Any]:
    # The inside of a leg is the agent's contact or our line; the outside is the person on the telephone.
    number = leg.from_number if leg.direction == "inbound" else leg.to_number
    return {
        "sid": leg.sid,
        "parent": leg.parent_id or "",
        "role": leg.role,
        "status": leg.status,
        "name": leg.who,
        "number": shown(number),
        "direction": leg.direction,
        "started_at": moment(leg.started_at),
        "ringing_at": moment(leg.ringing_at),
        "answered_at": moment(leg.answered_at),
        "ended_at": moment(leg.ended_at),
        "duration": leg.duration,
        "sip_code": leg.sip_code,
        "inferred": leg.inferred,
        "unverified": leg.unverified,
        "healed": leg.healed,
        "held": bool(presence and presence.held),
        "held_since": moment(presence.held_since) if presence and presence.held else None,
        "muted": bool(presence and presence.muted),
        "coaching": bool(presence and presence.coaching),
    }


def places_of(legs: Iterable["Leg | SeenLeg"], presences: Iterable["Presence"]) -> list[Place]:
    """Of everybody who is in a room, in the order in which legs are shown."""
    there = {presence.leg_id: presence for presence in presences if presence.present}
    found = []
    for leg in in_order([leg for leg in legs if leg.sid in there and not leg.ended_at]):
        seat = there[leg.sid]
        # Of another application's room nobody need tell us that it began.
        started = seat.room.status == "in-progress" or not seat.room.name.startswith("call-")
        flags = (started, seat.muted, seat.held, seat.coaching, seat.coaches)
        found.append(Place(leg.sid, leg.role, seat.room_id, leg.who, *flags))
    return found


def oldest_first(actions: Iterable["Action"]) -> list["Action"]:
    return sorted(actions, key=lambda action: action.requested_at)


def action_body(action: "Action", shown: Any) -> dict[str, Any]:
    return {
        "id": str(action.pk),
        "verb": action.verb,
        "target": action.target,
        "what": shown(action.plan.get("what", "")),  # a number outside the directory, if it went there
        "began": bool(action.seen),
        "by": action.by.get_full_name() or action.by.get_username(),
        "state": action.state,
        "exclusive": action.exclusive,
        "requested_at": moment(action.requested_at),
        "sent_at": moment(action.sent_at),
        "accepted_at": moment(action.accepted_at),
        "settled_at": moment(action.settled_at),
        "code": action.code,
        "message": shown(action.message),  # Twilio's words may name a number
    }


def in_order(legs: Iterable[Seen]) -> list[Seen]:
    """By role, then as they began; what nobody knows the beginning of comes last."""
    return sorted(legs, key=lambda leg: (RANKS[leg.role], leg.started_at or NEVER, leg.sid))


def recent(legs: list[Seen]) -> list[Seen]:
    """All that live and the last five that ended: a row stays small however long the call goes on."""
    if len(legs) <= SOME_LEGS:
        return legs
    ended = sorted((leg for leg in legs if leg.ended_at), key=lambda leg: (leg.ended_at, leg.sid))[-SOME_LEGS:]
    kept = {leg.sid for leg in ended}
    return [leg for leg in legs if not leg.ended_at or leg.sid in kept]


def pending(actions: Sequence["Action"]) -> list["Action"]:
    """All that are open and the last three that are settled, newest first."""
    settled = [action for action in actions if not action.open][:SOME_ACTIONS]
    return [action for action in actions if action.open or action in settled]


def text(call_body: dict[str, Any]) -> str:
    """ASCII, as all that is sent: what the windows count in characters are bytes."""
    return ENCODER.encode(call_body)


ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)


def frame(from_revision: int, to_revision: int, bodies: Iterable[str], gone: Iterable[str]) -> str:
    """The inside of a frame message, without its number `n`, from bodies that are JSON already."""
    return (
        f'"op":"frame","from":{from_revision},"to":{to_revision},'
        f'"calls":[{",".join(bodies)}],"gone":{json.dumps(sorted(gone), separators=(",", ":"))}}}'
    )


def around_snapshot(epoch: str, revision: int) -> tuple[str, str]:
    """What stands before and after the bodies of a snapshot."""
    return f'{{"epoch":{json.dumps(epoch)},"revision":{revision},"calls":[', "]}"


def message(op: str, **values: Any) -> str:
    """The inside of any other message, without its number `n`."""
    return json.dumps({"op": op, **values}, separators=(",", ":"))[1:]


def floor(pulse: "Pulse") -> dict[str, Any]:
    """Whether Twilio answers, and when it was last heard of, by itself (a callback) and when we asked (a sweep).

    `since`: since when it does not answer, or since when nobody has compared (None: never).
    """
    return {
        "callback_at": moment(pulse.callback_at),
        "swept_at": moment(pulse.swept_at),
        "provider": pulse.word,
        "since": moment(pulse.swept_at if pulse.word == "unknown" else pulse.down_since),
    }


def numbered(n: int, inside: str) -> str:
    """A message as it goes out: every socket counts for itself, all share what is inside."""
    return f'{{"n":{n},{inside}'


@lru_cache(10_000)  # of the dozen times in a body one is new
def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as JavaScript reads it."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@lru_cache(10_000)  # the numbers of a call are shown with every change of it
def mask(number: str) -> str:
    """Country and last digits at most: +46 ··· 4417. A short one shows two digits only."""
    user, at, host = number.partition("@")
    return NUMBER.sub(hidden, user) + at + host


def hidden(found: re.Match[str]) -> str:
    digits = re.sub(r"[ ().-]", "", found.group())
    shown = f"··· {digits[-4:] if len(digits) > 9 else digits[-2:]}"
    if not digits.startswith("+"):
        return shown
    # One to three digits, and no code is the beginning of another one (E.164).
    country = next((digits[:end] for end in (2, 3, 4) if int(digits[1:end]) in COUNTRIES), "+")
    return f"{country} {shown}"
