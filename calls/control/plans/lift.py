"""Two who are connected by <Dial> are moved into a room, because somebody wants what can be done only there.

The one who was dialled goes first; that ends the <Dial> of the other, who is asked for at its `action` and gets the
same room (twilio.com/docs/voice/twiml/dial#action). Without an `action` of ours, the other would be hung up.
"""

from dataclasses import replace

from calls.control.cast import NOT_YET_ANSWERED, Cast, Effect, LegView, Seat
from calls.control.plan import Plan, Refusal, part, sentence

INTO = "moves into a room"
SOON = 5  # seconds
SILENCE = "Both are moved into a room first: they hear nothing for about a second (0.3 to 0.8 s at Twilio)."


def pair(cast: Cast) -> tuple[LegView, LegView] | None:
    """Who dialled and who was dialled, if two talk, and none of them is in a room."""
    for child in cast.live:
        parent = cast.parent(child)
        if parent is None or child.status != "in-progress" or parent.sid in cast.rooms:
            continue
        return parent, child
    return None


def why_not(cast: Cast, returns: bool) -> Refusal | None:
    """`returns`: the line's application leads the `action` of its <Dial> here."""
    found = pair(cast)
    if found is None:
        rings = next((leg for leg in cast.live if leg.parent_id and leg.status in NOT_YET_ANSWERED), None)
        return Refusal("not_answered", sentence(f"{cast.noun(rings)} has not answered yet.")) if rings else None
    parent, child = found
    if parent.resume_url or returns:
        return None
    told = (
        f"{cast.noun(child)} and {cast.noun(parent)} cannot be moved into a room, where alone this can be done: "
        "another application connected them, and its <Dial> has no action that leads here."
    )
    return Refusal("no_room", sentence(told))


def together(cast: Cast, room: str) -> dict[str, Seat]:
    """The seats as they will be. The room ends with whoever of the two hangs up, as their conversation does now."""
    seat = Seat(room=room, name=room, end_on_exit=True)
    return dict(cast.rooms) | {leg.sid: seat for leg in pair(cast) or ()}


def first(cast: Cast, made: Plan, room: str) -> Plan:
    """The plan `made` for those who are in the room, with the way there before it."""
    found = pair(cast)
    if found is None or made.refusals:
        return made
    parent, child = found
    both = {parent.sid, child.sid}
    return replace(
        made,
        effects=tuple(into(cast, effect) if effect.leg in both else effect for effect in made.effects),
        warnings=(SILENCE, *made.warnings),
        sends=({"sid": child.sid, "step": "room"},),
        proof={"seated": sorted(both)},
        then=part(
            made.sends,
            made.proof,
            words="Both are in a room.",
            seconds=made.seconds,
            looks=made.looks,
            then=made.then,
            otherwise=made.otherwise,
        ),
        otherwise={},
        moves=(child.sid,),
        seconds=SOON,
        looks=tuple(sorted(both)),
        facts={**made.facts, "lift": {"parent": parent.sid, "child": child.sid}},
        room=room,
    )


def into(cast: Cast, effect: Effect) -> Effect:
    leg = cast.leg(effect.leg)
    now = cast.now(leg) if leg else effect.now
    if effect.then == "is in the room as before":
        return replace(effect, now=now, then=INTO, fate="moves")
    return replace(effect, now=now, then=f"{INTO}, then {effect.then}")
