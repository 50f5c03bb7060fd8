"""Plans for who is in a room: hold and resume, mute and unmute, kick, an announcement to one seat or to all, its end.

Twilio changes one participant without touching the others
(twilio.com/docs/voice/api/conference-participant-resource#update-a-participant-resource).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from calls.control.bystanders import ends_the_call, others, stays
from calls.control.cast import NOT_YET_ANSWERED, THE_BOT, Cast, Effect, LegView
from calls.control.plan import NO_SUCH_LEG, Plan, Refusal, sentence

SOON = 5  # seconds until Twilio has said that it changed
TRUE, FALSE = "true", "false"


def in_a_room(cast: Cast, leg: LegView | None) -> Refusal | None:
    """Why nothing can be done to this leg's place in a room."""
    if leg is None:
        return NO_SUCH_LEG
    if leg.sid in cast.rooms:
        return None
    if leg.status in NOT_YET_ANSWERED and leg.direction.startswith("outbound"):
        return Refusal("not_answered", sentence(f"{cast.noun(leg)} has not answered yet."))
    if cast.with_bot(leg):
        talks = f"{cast.noun(leg)} talks to {THE_BOT}, in no conference: take the call over, then this can be done."
        return Refusal("no_room", sentence(talks))
    return Refusal("no_room", sentence(f"{cast.noun(leg)} is in no conference: only there this can be done."))


def others_stay(cast: Cast, *changed: str) -> tuple[Effect, ...]:
    return tuple(stays(cast, leg) for leg in cast.live if leg.sid not in changed)


def change(
    cast: Cast,
    verb: str,
    leg: LegView | None,
    *,
    title: str,
    then: str,
    sets: Mapping[str, str],
    flags: Mapping[str, bool],
    why_not: Refusal | None = None,
    warnings: Sequence[str] = (),
    facts: Mapping[str, Any] | None = None,
) -> Plan:
    """One seat gets other flags: `sets` is asked of Twilio, `flags` is what must then be reported of it."""
    why = in_a_room(cast, leg) or why_not
    if leg is None or why is not None:
        return Plan(verb, leg.sid if leg else "", title, refusals=(why or NO_SUCH_LEG,))
    room = cast.rooms[leg.sid].room
    return Plan(
        verb=verb,
        target=leg.sid,
        title=title,
        what=cast.name(leg),
        effects=(cast.effect(leg, then, "changes"), *others_stay(cast, leg.sid)),
        warnings=tuple(warnings),
        sends=({"seat": leg.sid, "room": room, "set": dict(sets)},),
        proof={"flags": {leg.sid: dict(flags)}},
        seconds=SOON,
        facts=dict(facts or {}),
        room=room,
        looks=(leg.sid,),
    )


def hold(cast: Cast, leg: LegView | None, *, heard: str, facts: Mapping[str, Any]) -> Plan:
    """`heard`: the name of what is played to whoever waits, "" for Twilio's own music (`facts` is then empty)."""
    seat = cast.rooms.get(leg.sid) if leg else None
    who = cast.noun(leg) if leg else "somebody"
    why, warnings = None, []
    if seat is not None and seat.held:
        why = Refusal("held", sentence(f"{who} is on hold already."))
    elif seat is not None and not seat.started:
        why = Refusal("not_started", sentence(f"{who} is still waiting: the conversation has not begun."))
    elif leg is not None and (ears := [one for one in cast.live if coaches(cast, one) == leg.sid]):
        # 16027: whoever is on hold cannot be coached.
        warnings.append(sentence(f"{cast.noun(ears[0])} whispers to {who}, and is not heard as long as that lasts."))
    return change(
        cast,
        "hold",
        leg,
        title=f"Put {who} on hold?",
        then=f"hears {heard or 'music'} and is not heard",
        sets={"Hold": TRUE} | ({"HoldUrl": "sound:music", "HoldMethod": "POST"} if facts else {}),
        flags={"held": True},
        why_not=why,
        warnings=warnings,
        facts=facts,
    )


def resume(cast: Cast, leg: LegView | None) -> Plan:
    seat = cast.rooms.get(leg.sid) if leg else None
    who = cast.noun(leg) if leg else "somebody"
    why = Refusal("not_held", sentence(f"{who} is not on hold.")) if seat is not None and not seat.held else None
    return change(
        cast,
        "resume",
        leg,
        title=f"Take {who} off hold?",
        then="is back in the conversation",
        sets={"Hold": FALSE},
        flags={"held": False},
        why_not=why,
    )


def mute(cast: Cast, leg: LegView | None, *, on: bool) -> Plan:
    """A supervisor's own leg is muted by listening (monitor), which this is not."""
    seat = cast.rooms.get(leg.sid) if leg else None
    who = cast.noun(leg) if leg else "somebody"
    why = None
    if leg is not None and leg.role == "supervisor":
        why = Refusal("supervisor", "A supervisor listens, whispers or speaks: choose one of those.")
    elif seat is not None and not seat.started:
        # Twilio calls whoever waits muted: it is no wish of anybody.
        why = Refusal("not_started", sentence(f"{who} is still waiting: the conversation has not begun."))
    elif seat is not None and seat.muted == on:
        why = Refusal("not_muted", sentence(f"{who} is not muted."))
        if on:
            why = Refusal("muted", sentence(f"{who} is muted already."))
    return change(
        cast,
        "mute" if on else "unmute",
        leg,
        title=f"Mute {who}?" if on else f"Unmute {who}?",
        then="hears all, and is not heard" if on else "is heard again",
        sets={"Muted": TRUE if on else FALSE},
        flags={"muted": on},
        why_not=why,
    )


def kick(cast: Cast, leg: LegView | None) -> Plan:
    """Out of the room. A leg that we called is hung up by that; who phoned in goes on behind the room."""
    why = in_a_room(cast, leg)
    title = f"Remove {cast.noun(leg)} from the call?" if leg else "Remove somebody?"
    if leg is None or why is not None:
        return Plan("kick", leg.sid if leg else "", title, refusals=(why or NO_SUCH_LEG,))
    if leg.role == "caller":
        why = Refusal("caller", "The caller cannot be removed from their own call: end it, or transfer them.")
        return Plan("kick", leg.sid, title, refusals=(why,))
    seat = cast.rooms[leg.sid]
    out = cast.effect(leg, "is taken out of the room", "goes")
    effects = (out, *others(cast, [out]))
    keeps = ({"seat": leg.sid, "room": seat.room, "set": {"EndConferenceOnExit": FALSE}, "must": True},)
    return Plan(
        verb="kick",
        target=leg.sid,
        title=title,
        what=cast.name(leg),
        effects=effects,
        warnings=ends_the_call(effects, cast),
        sends=(*(keeps if seat.end_on_exit else ()), {"kick": leg.sid, "room": seat.room}),
        proof={"gone": [leg.sid], "room": seat.room},
        seconds=SOON,
        room=seat.room,
        looks=(leg.sid,),
    )


def end_room(cast: Cast) -> Plan:
    """Everybody who is in the room leaves it; who phoned in by a flow of ours hears its goodbye."""
    title = "End the conference?"
    room = cast.room
    if not room:
        return Plan("end", "room", title, refusals=(Refusal("target", "This call is in no room."),))
    inside = cast.seated(room)
    return Plan(
        verb="end",
        target="room",
        title=title,
        effects=(
            *(leaves_the_room(cast, leg) for leg in inside),
            *others_stay(cast, *(leg.sid for leg in inside)),
        ),
        sends=({"over": room},),
        proof={"gone": [leg.sid for leg in inside], "room": room},
        seconds=SOON,
        room=room,
        looks=tuple(leg.sid for leg in inside),
    )


def leaves_the_room(cast: Cast, leg: LegView) -> Effect:
    if leg.role != "caller":
        return cast.hung_up(leg)
    if leg.resume_url:
        return cast.effect(leg, "leaves the room: waits again, or hears the goodbye, as its flow says", "unsure")
    return cast.effect(leg, "goes on as the application says that brought it there, or is hung up", "unsure")


def say(
    cast: Cast, leg: LegView | None, *, heard: str, seconds: int, facts: Mapping[str, Any], legs: Sequence[LegView]
) -> Plan:
    """An announcement in a room: one seat (`leg`) hears it or, without one, all of `legs`; nobody leaves it."""
    room = cast.rooms[(leg or legs[0]).sid]
    who = cast.noun(leg) if leg else "everybody in the room"
    listeners = [leg] if leg else list(legs)
    if not room.started:
        # 16001. What waits in front of a conference hears the wait's own document.
        why = Refusal("not_started", sentence(f"{who} is still waiting: the conversation has not begun."))
        return Plan("announce", leg.sid if leg else "room", f"Announce to {who}?", refusals=(why,))
    return Plan(
        verb="announce",
        target=leg.sid if leg else "room",
        title=f"Announce to {who}?",
        what=f"“{heard}”" if len(heard) < 60 else f"“{heard[:58]}…”",
        effects=(
            *(cast.effect(each, f"hears it (about {seconds} s), and stays in the room", "stays") for each in listeners),
            *others_stay(cast, *(each.sid for each in listeners)),
        ),
        sends=({"say": leg.sid if leg else "room", "room": room.room},),
        proof={"announced": [each.sid for each in listeners]},
        seconds=seconds + 3,
        facts=dict(facts),
        room=room.room,
    )


def coaches(cast: Cast, leg: LegView) -> str:
    """Whom this leg whispers to: a sid, or "" for nobody. Unless it is known, it is the agent."""
    seat = cast.rooms.get(leg.sid)
    if seat is None or not seat.coaching:
        return ""
    agents = [other.sid for other in cast.seated(seat.room) if other.role == "agent"]
    return seat.coaches or next(iter(agents), "")
