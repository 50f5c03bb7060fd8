"""Plans for who waits in a queue: told something, pulled to a person, put first, or into another queue. Pure.

Where somebody waits is a row of ours, and what they hear there a document of ours that is asked for at every turn: of
these plans only `pull` asks anything of Twilio.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from calls.control.cast import Cast, Effect, LegView
from calls.control.plan import RING_SECONDS, Plan, Refusal, Target, part, sentence
from calls.control.plans.seats import SOON, others_stay


@dataclass(frozen=True)
class Place:
    """Where a caller waits. `entry`: the row; `before`: how many are served first; `agent`: who is rung for them, by
    the leg `ringing` ("" while that is not known yet); `words`: path and query of what they hear; `turn`: seconds that
    pass at most until it is asked for again."""

    entry: int
    queue: int
    name: str
    before: int = 0
    agent: str = ""
    ringing: str = ""
    words: str = ""
    turn: int = 0


@dataclass(frozen=True)
class Elsewhere:
    """Another queue, as it is now."""

    pk: int
    name: str
    waiting: int = 0
    open: bool = True
    free: bool = True  # an agent who could be rung


def who_waits(cast: Cast) -> LegView | None:
    """The caller, alone in a room of ours that has not begun."""
    for leg in cast.live:
        seat = cast.rooms.get(leg.sid)
        if leg.role == "caller" and seat is not None and not seat.started:
            return leg
    return None


def waits_no_more(cast: Cast, place: Place | None) -> Refusal | None:
    if place is None or who_waits(cast) is None:
        return Refusal("not_waiting", sentence(f"{cast.who} does not wait in a queue."))
    return None


# Said to them -------------------------------------------------------------------------------------------------------


def say(cast: Cast, leg: LegView, place: Place, *, heard: str, seconds: int, facts: Mapping[str, Any]) -> Plan:
    """At the next turn of the music. Nothing is asked of Twilio, which asks us (flows.queue.wished)."""
    soon = f"hears it (about {seconds} s) at the next turn of the music, within {place.turn} s, and goes on waiting"
    return Plan(
        verb="announce",
        target=leg.sid,
        title=f"Announce to {cast.noun(leg)}?",
        what=f"“{heard}”" if len(heard) < 60 else f"“{heard[:58]}…”",
        effects=(cast.effect(leg, soon, "stays"), *others_stay(cast, leg.sid)),
        warnings=(f"If {place.agent} answers before, it is not heard.",) if place.agent else (),
        proof={"heard": leg.sid, "alone_in": cast.rooms[leg.sid].room},
        seconds=place.turn + seconds + 3,
        facts={**facts, "turn": True, "back": {"url": place.words, "contact": "", "who": ""}},
        room=cast.rooms[leg.sid].room,
        looks=(leg.sid,),
    )


# Elsewhere in the line ----------------------------------------------------------------------------------------------


def front(cast: Cast, place: Place | None) -> Plan:
    title = f"Put {cast.who} first?"
    why = waits_no_more(cast, place)
    if why is None and place is not None and not place.before:
        why = Refusal("first", sentence(f"{cast.who} is the first of {place.name} already."))
    if why is not None or place is None:
        return Plan("front", "", title, refusals=(why,) if why else ())
    late = "Who came before will wait longer."
    if place.before > 1:
        late = f"{place.before} who came before will wait longer."
    return placed(
        cast,
        "front",
        title,
        then=f"is the first of {place.name}",
        warnings=(late,),
        proof={"placed": place.entry, "queue": place.queue, "at": "front"},
    )


def move(cast: Cast, place: Place | None, to: Elsewhere | None) -> Plan:
    title = f"Move {cast.who} to {to.name}?" if to else f"Move {cast.who} to another queue?"
    why = waits_no_more(cast, place) or not_there(place, to)
    if why is not None or place is None or to is None:
        return Plan("move", "", title, refusals=(why,) if why else ())
    warnings = [f"{to.waiting} wait there already."] if to.waiting > 1 else []
    if to.waiting == 1:
        warnings.append(f"{to.waiting} waits there already.")
    if not to.open:
        warnings.append(f"{to.name} is closed: who waits there is still served.")
    if not to.free:
        warnings.append(f"Nobody is free in {to.name} now.")
    return placed(
        cast,
        "move",
        title,
        then=f"waits in {to.name}, behind everybody who is there",
        what=f"to {to.name}",
        warnings=warnings,
        proof={"placed": place.entry, "queue": to.pk, "at": "end"},
    )


def not_there(place: Place | None, to: Elsewhere | None) -> Refusal | None:
    if to is not None and place is not None and place.queue == to.pk:
        return Refusal("queue", f"They wait in {to.name} already.")
    if place is not None and place.agent:
        return Refusal("rung", rung(place.agent))  # before anything is chosen: it is refused whatever that is
    if to is None:
        return Refusal("queue", "Choose a queue: there is none like that for calls of this team.")
    return None


def rung(agent: str) -> str:
    return f"{agent} is being rung for them: wait for that, or pull them to somebody."


def placed(
    cast: Cast, verb: str, title: str, *, then: str, warnings: Sequence[str], proof: Mapping[str, Any], what: str = ""
) -> Plan:
    """The row is the effect: it is written in the transaction that confirms the wish (control.perform)."""
    leg = who_waits(cast)
    if leg is None:
        raise ValueError("nobody waits")
    return Plan(
        verb=verb,
        target=leg.sid,
        title=title,
        what=what,
        effects=(
            cast.effect(leg, f"{then}; hears nothing of it but the next turn", "changes"),
            *others_stay(cast, leg.sid),
        ),
        warnings=tuple(warnings),
        proof=dict(proof),
        seconds=1,
    )


# To a person --------------------------------------------------------------------------------------------------------


def pull(cast: Cast, place: Place | None, to: Target, *, line: str) -> Plan:
    """Somebody is called into the caller's room. Whom routing rings for them stops ringing first, and must be seen to
    have stopped: two who pick up at once would both be in the room."""
    title = f"Pull {cast.who} to {to.name}?"
    leg, why = who_waits(cast), waits_no_more(cast, place) or not_to_be_called(cast, place, to)
    if why is not None or place is None or leg is None:
        return Plan("pull", "", title, refusals=(why,) if why else ())
    room = cast.rooms[leg.sid].room
    rings = cast.leg(place.ringing) if place.ringing else None
    effects = [cast.effect(leg, f"goes on waiting until {to.name} answers, then they talk", "stays")]
    if rings is not None:
        effects.append(cast.hung_up(rings))
    joins = Effect("", to.role, to.name, to.state, f"is called into the room, for up to {RING_SECONDS} s", "joins")
    call_in = {"add": to.contact, "from": line, "room": room, "role": "agent"}
    comes = {"entered": to.name, "back": f"{sentence(cast.noun(leg))} waits where they were."}
    plan = Plan(
        verb="pull",
        target=leg.sid,
        title=title,
        what=f"to {to.name}",
        effects=(*effects, *others_stay(cast, *(each.leg for each in effects)), joins),
        warnings=(
            *([to.warning] if to.warning else []),
            f"If nobody answers within {RING_SECONDS} s, {cast.noun(leg)} waits where they were.",
        ),
        sends=(call_in,),
        proof=comes,
        seconds=RING_SECONDS + SOON,
        room=room,
    )
    if rings is None:
        return plan
    return replace(
        plan,
        sends=({"withdraw": rings.sid},),
        proof={"withdrawn": rings.sid, "who": cast.noun(rings)},
        seconds=SOON,
        looks=(rings.sid,),
        then=part(plan.sends, comes, words=f"{to.name} is called now.", seconds=plan.seconds),
    )


def not_to_be_called(cast: Cast, place: Place | None, to: Target) -> Refusal | None:
    if not to.contact:
        why = "neither a telephone nor an agent's contact is entered for you"
        return Refusal("destination", f"Nobody knows where to ring you: {why}. Choose an agent.")
    if place is not None and place.agent == to.name:
        return Refusal("rung", f"{to.name} is being rung for them already.")
    if place is not None and place.agent and cast.leg(place.ringing) is None:
        return Refusal("rung", f"{place.agent} is about to be rung for them. Look again in a moment.")
    return None
