"""Plans for a supervisor on the call: to listen, to whisper to the agent, to speak to all, and to leave again. Pure.

Each changes nothing but the supervisor's own place (twilio/facts: participant Muted, Coaching with CallSidToCoach). Who
is not there yet is called, muted from the first instant by Twilio itself, and the room neither begins nor ends by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calls.control.bystanders import others
from calls.control.cast import THE_BOT, Cast, Effect, LegView
from calls.control.plan import NO_SUCH_LEG, RING_SECONDS, Plan, Refusal, ending, sentence
from calls.control.plans.seats import FALSE, SOON, TRUE, others_stay

LISTENS, WHISPERS, SPEAKS = "hears everybody, and is heard by nobody", "is heard by {} alone", "is heard by everybody"
EVERYBODY_SEES = "Nobody on the call hears that you join. The desks show it to everybody who watches this call."


@dataclass(frozen=True)
class Me:
    """Who wishes. `contact`: where they are rung ("" if nobody knows), `shown` the same as the screen has it; `line`:
    who calls them; `leg`: theirs on this call; `agent`: they are on it as somebody else than a supervisor."""

    name: str
    contact: str = ""
    shown: str = ""
    line: str = ""
    leg: LegView | None = None
    agent: bool = False


def monitor(cast: Cast, me: Me) -> Plan:
    """Also the way back from whispering and from speaking."""
    if me.leg is not None and cast.speaks(me.leg) and not in_company(cast, me.leg):
        alone = "The caller would be alone with somebody who only listens: give the call back, or leave it."
        return Plan("monitor", "", f"Listen to the call of {cast.who}?", refusals=(Refusal("alone", alone),))
    return take_part(cast, "monitor", me, title=f"Listen to the call of {cast.who}?", then=LISTENS, muted=True)


def in_company(cast: Cast, leg: LegView) -> bool:
    """The caller has somebody else to talk to."""
    seat = cast.rooms.get(leg.sid)
    others = cast.seated(seat.room, besides=leg.sid) if seat else []
    return any(other.role != "caller" and cast.speaks(other) for other in others)


def barge(cast: Cast, me: Me) -> Plan:
    return take_part(cast, "barge", me, title=f"Speak on the call of {cast.who}?", then=SPEAKS)


def whisper(cast: Cast, me: Me, to: LegView | None) -> Plan:
    to = to or next((leg for leg in cast.seated(cast.room) if leg.role == "consult"), None)
    who = cast.noun(to) if to else "somebody"
    title = f"Whisper to {who}?"
    why = nothing_to_hear(cast) or not_to_be_coached(cast, to)
    if to is None or why is not None:
        return Plan("whisper", to.sid if to else "", title, refusals=(why or NO_SUCH_LEG,))
    return take_part(cast, "whisper", me, title=title, then=WHISPERS.format(who), coach=to.sid)


def not_to_be_coached(cast: Cast, leg: LegView | None) -> Refusal | None:
    if leg is None:
        return Refusal("no_agent", "There is no agent on this call to whisper to.")
    who, seat = cast.noun(leg), cast.rooms.get(leg.sid)
    if leg.role not in ("agent", "consult"):
        return Refusal("leg", sentence(f"{who} cannot be whispered to: only an agent, or who is consulted."))
    if seat is None:
        return Refusal("absent", sentence(f"{who} is not in the room: nobody can be whispered to who is not there."))
    if seat.held:
        return Refusal("held", sentence(f"{who} is on hold: whoever waits cannot be whispered to (16027)."))
    return None


def take_part(cast: Cast, verb: str, me: Me, *, title: str, then: str, muted: bool = False, coach: str = "") -> Plan:
    """`muted`: heard by nobody; `coach`: heard by this leg alone; neither: by everybody."""
    wanted = {"muted": muted, "coaching": bool(coach)} | ({"coaches": coach} if coach else {})
    why = nothing_to_hear(cast) or not_me(cast, me)
    if why is None and me.leg is not None and is_so(cast, me.leg.sid, wanted):
        why = Refusal("same", so_already(cast, me, muted=muted, coach=coach))
    if why is not None:
        return Plan(verb, "", title, refusals=(why,))
    if me.leg is not None:
        return change_mine(cast, verb, me.leg, title=title, then=then, wanted=wanted)
    return Plan(
        verb=verb,
        target="",
        title=title,
        effects=(*others_stay(cast), called_in(me, then)),
        warnings=(EVERYBODY_SEES,),
        sends=(call_in(cast, me, muted=muted, coach=coach),),
        proof={"entered": me.name, "as": wanted, "back": "Nobody on the call has heard anything of it."},
        seconds=RING_SECONDS + SOON,
        room=cast.room,
    )


def so_already(cast: Cast, me: Me, *, muted: bool, coach: str) -> str:
    if muted:
        return f"It is so already: {me.name} hears everybody, and is heard by nobody."
    if (heard_by := cast.leg(coach)) is not None:
        return f"It is so already: {me.name} is heard by {cast.noun(heard_by)} alone."
    return f"It is so already: {me.name} is heard by everybody."


def nothing_to_hear(cast: Cast) -> Refusal | None:
    room = cast.room
    if not room and any(cast.with_bot(leg) for leg in cast.live):
        return Refusal("no_room", f"They talk to {THE_BOT}, in no conference: take the call over, then listen in.")
    if not room:
        return Refusal("no_room", "This call is in no conference: only there somebody can listen in.")
    if not any(seat.started for seat in cast.rooms.values() if seat.room == room):
        return Refusal("not_started", "Nobody talks yet: the caller is still waiting, and there is nothing to hear.")
    return None


def not_me(cast: Cast, me: Me) -> Refusal | None:
    """Why this person cannot be on the call as a supervisor."""
    if me.agent:
        return Refusal("on_it", "You are on this call yourself.")
    if me.leg is not None and me.leg.sid not in cast.rooms:
        return Refusal("rings", "Your telephone rings for this call already: pick it up.")
    if me.leg is None and not me.contact:
        why = "neither a telephone nor an agent's contact is entered for you"
        return Refusal("no_phone", f"Nobody knows where to ring you: {why}. Whoever keeps the people here can do it.")
    return None


def is_so(cast: Cast, sid: str, wanted: Mapping[str, Any]) -> bool:
    return all(getattr(cast.rooms[sid], name) == value for name, value in wanted.items())


def call_in(cast: Cast, me: Me, *, muted: bool = False, coach: str = "") -> dict[str, Any]:
    return {
        "add": me.contact, "from": me.line, "room": cast.room, "role": "supervisor",
        "muted": muted, "coach": coach, "start": False,
    }  # fmt: skip


def called_in(me: Me, then: str) -> Effect:
    rung = f"{me.shown} is rung for up to {RING_SECONDS} s"
    return Effect("", "supervisor", me.name, "not on the call", f"{rung}; whoever picks up {then}", "joins")


def setting(wanted: Mapping[str, Any]) -> dict[str, str]:
    """The same as Twilio has it. Of nobody in particular one cannot stop to be heard: CallSidToCoach only with true."""
    said = {"Muted": TRUE if wanted["muted"] else FALSE, "Coaching": TRUE if wanted["coaching"] else FALSE}
    return said | ({"CallSidToCoach": wanted["coaches"]} if wanted.get("coaches") else {})


def change_mine(
    cast: Cast, verb: str, leg: LegView, *, title: str, then: str, wanted: Mapping[str, Any], **more: Any
) -> Plan:
    room = cast.rooms[leg.sid].room
    return Plan(
        verb=verb,
        target=leg.sid,
        title=title,
        what="",
        effects=(cast.effect(leg, then, "changes"), *others_stay(cast, leg.sid)),
        sends=({"seat": leg.sid, "room": room, "set": setting(wanted)},),
        proof={"flags": {leg.sid: dict(wanted)}},
        seconds=SOON,
        room=room,
        looks=(leg.sid,),
        **more,
    )


def leave(cast: Cast, me: Me) -> Plan:
    """My telephone is hung up; the others go on."""
    title, leg = f"Leave the call of {cast.who}?", me.leg
    if leg is None:
        return Plan("leave", "", title, refusals=(Refusal("not_there", "You are not on this call."),))
    seat = cast.rooms.get(leg.sid)
    gone = {"kick": leg.sid, "room": seat.room} if seat else ending(leg, [leg])
    return Plan(
        verb="leave",
        target=leg.sid,
        title=title,
        effects=(out := cast.hung_up(leg), *others(cast, [out])),
        sends=(gone,),
        proof={"ended": [leg.sid]},
        seconds=SOON,
        room=seat.room if seat else "",
        looks=(leg.sid,),
    )
