"""Plans for taking a call over from its agent, and for giving it back. Pure.

Nobody who phoned in is ever alone by it: first the one who comes is in the room and heard, then the other one goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from calls.control.bystanders import moved
from calls.control.cast import BOT_AGAIN, THE_BOT, Cast, Effect, LegView
from calls.control.plan import RING_SECONDS, Plan, Refusal, Target, left_warnings, part, sentence, transfer, unmovable
from calls.control.plans.ears import LISTENS, SPEAKS, Me, call_in, called_in, not_me, nothing_to_hear, setting
from calls.control.plans.seats import FALSE, SOON, others_stay

HEARD = {"muted": False, "coaching": False}


@dataclass(frozen=True)
class Taken:
    """What a call was taken over by: who went (`contact`: where they are rung; `bot`: the step of the flow where an AI
    agent is), and the leg of who stayed."""

    name: str
    contact: str
    leg: LegView | None
    bot: str = ""


def take_over(cast: Cast, me: Me, to: Target | None = None, *, consults: bool = False) -> Plan:
    """The agent leaves, and I stay, or who is named (`to`). `consults`: the caller waits while the agent consults."""
    name = to.name if to else me.name
    title = f"Take over the call of {cast.who}?" if to is None else f"Give the call of {cast.who} to {to.name}?"
    leaves = agent_of(cast)
    why = nothing_to_hear(cast) or (not_me(cast, me) if to is None else None)
    if why is None and leaves is None:
        why = Refusal("no_agent", "No agent is in the room: there is nobody to take the call over from.")
    if why is None and consults and leaves is not None:
        busy = f"{cast.noun(leaves)} consults somebody while the caller waits: hand over or cancel that first."
        why = Refusal("consulting", sentence(busy))
    if leaves is None or why is not None:
        return Plan("take_over", "", title, refusals=(why,) if why else ())
    sends, proof, comes, seconds = comes_in(cast, me, to)
    goes = cast.effect(leaves, f"is taken out of the room once {name} is in it", "goes")
    told = [goes, comes]
    stays = others_stay(cast, *(effect.leg for effect in told))
    nobody = f"{sentence(cast.noun(leaves))} is still there: nothing has changed for the caller."
    return Plan(
        verb="take_over",
        target=leaves.sid,
        title=title,
        what=f"by {name}",
        effects=(goes, *stays, comes),
        warnings=(*([to.warning] if to and to.warning else []), *on_hold(cast)),
        sends=(sends,),
        proof=proof | ({"back": nobody} if "entered" in proof else {}),
        seconds=seconds,
        facts={"left": {"name": cast.name(leaves), "contact": cast.contacts.get(leaves.sid, "")}},
        room=cast.room,
        looks=(sends["seat"],) if "seat" in sends else (),
        then=taken_out(cast, leaves, words=f"{name} is in the room. Now {cast.noun(leaves)} is taken out of it."),
    )


def take_from_bot(cast: Cast, leg: LegView, me: Me, to: Target | None) -> Plan:
    """An AI agent is in no room, and ends with its conversation: the caller is put through to whoever takes over, and
    goes back to it if nobody answers."""
    name = to.name if to else me.name
    title = f"Take the call of {cast.who} over from {THE_BOT}?" if to is None else ""
    title = title or f"Give the call of {cast.who} to {name}?"
    why = not_me(cast, me) if to is None else None
    if why is not None:
        return Plan("take_over", leg.sid, title, refusals=(why,))
    made = transfer(cast, leg, to or Target(me.name, me.contact, "agent", "you"))
    way = {"name": THE_BOT, "contact": "", "bot": bot_step(leg)}
    return replace(made, verb="take_over", title=title, what=f"by {name}", facts={**made.facts, "left": way})


def bot_step(leg: LegView) -> str:
    """Where our flow connects them: `bot.7`."""
    return parse_qs(urlsplit(leg.resume_url).query)["step"][0]


def agent_of(cast: Cast) -> LegView | None:
    """Or who was consulted, and has the caller now."""
    there = cast.seated(cast.room)
    return next((leg for role in ("agent", "consult") for leg in there if leg.role == role), None)


def comes_in(cast: Cast, me: Me, to: Target | None) -> tuple[dict[str, Any], dict[str, Any], Effect, int]:
    """(request, proof, effect, seconds) of the one who is to be heard by everybody."""
    if to is None and me.leg is not None:
        change = {"seat": me.leg.sid, "room": cast.room, "set": setting(HEARD)}
        return change, {"flags": {me.leg.sid: HEARD}}, cast.effect(me.leg, SPEAKS, "changes"), SOON
    entered = {"entered": to.name if to else me.name, "as": HEARD}
    if to is None:
        return call_in(cast, me), entered, called_in(me, SPEAKS), RING_SECONDS + SOON
    return added(cast, me, to), entered, rung(to), RING_SECONDS + SOON


def added(cast: Cast, me: Me, to: Target) -> dict[str, Any]:
    return {"add": to.contact, "from": me.line, "room": cast.room, "role": to.role}


def rung(to: Target) -> Effect:
    then = f"is rung for up to {RING_SECONDS} s; whoever picks up {SPEAKS}"
    return Effect("", to.role, to.name, to.state, then, "joins")


def taken_out(cast: Cast, leg: LegView, *, words: str) -> dict[str, Any]:
    seat = cast.rooms[leg.sid]
    keeps = {"seat": leg.sid, "room": seat.room, "set": {"EndConferenceOnExit": FALSE}, "must": True}
    out = {"kick": leg.sid, "room": seat.room}
    proof = {"gone": [leg.sid], "room": seat.room}
    return part([keeps, out] if seat.end_on_exit else [out], proof, words=words, looks=[leg.sid])


def on_hold(cast: Cast) -> tuple[str, ...]:
    held = [cast.noun(leg) for leg in cast.seated(cast.room) if leg.role == "caller" and cast.rooms[leg.sid].held]
    return tuple(sentence(f"{who} stays on hold until somebody takes them off.") for who in held)


def hand_back(cast: Cast, me: Me, taken: Taken | None, to: Target | None, *, listens: bool) -> Plan:
    """The agent who left is called in again; then who had taken over goes, or (`listens`) goes on listening."""
    title = f"Give the call of {cast.who} back?" if to is None else f"Give the call of {cast.who} back to {to.name}?"
    with_bot = any(cast.with_bot(leg) for leg in cast.live)  # who is where they would be given back to
    why = (None if with_bot else nothing_to_hear(cast)) or not_to_give(cast, taken, to)
    if taken is None or taken.leg is None or to is None or why is not None:
        return Plan("hand_back", "", title, refusals=(why,) if why else ())
    stayed = taken.leg
    if listens and stayed.role == "supervisor":
        now = cast.effect(stayed, f"{LISTENS}, once {to.name} is there", "changes")
        then = muted(cast, stayed, words=f"{to.name} is in the room. {sentence(cast.noun(stayed))} is muted.")
    else:
        now = cast.effect(stayed, f"is taken out of the room once {to.name} is in it", "goes")
        then = taken_out(cast, stayed, words=f"{to.name} is in the room. {sentence(cast.noun(stayed))} leaves.")
    still = f"{sentence(cast.noun(stayed))} still talks with the caller."
    return Plan(
        verb="hand_back",
        target=stayed.sid,
        title=title,
        what=f"to {to.name}",
        effects=(now, *others_stay(cast, stayed.sid), rung(to)),
        warnings=(*([to.warning] if to.warning else []), *on_hold(cast)),
        sends=(added(cast, me, to),),
        proof={"entered": to.name, "as": HEARD, "back": still},
        seconds=RING_SECONDS + SOON,
        room=cast.room,
        then=then,
    )


def back_to_bot(cast: Cast, leg: LegView | None, taken: Taken) -> Plan:
    """Whoever had taken over is hung up by that, as after a blind transfer."""
    title = f"Give the call of {cast.who} back to {THE_BOT}?"
    why = unmovable(cast, leg)
    if why is None and leg is not None and cast.with_bot(leg):
        why = Refusal("there", sentence(f"{cast.noun(leg)} talks to {THE_BOT} again already."))
    if leg is None or why is not None:
        return Plan("hand_back", "", title, refusals=(why,) if why else ())
    return Plan(
        verb="hand_back",
        target=leg.sid,
        title=title,
        what=f"to {THE_BOT}",
        effects=moved(cast, leg, BOT_AGAIN),
        warnings=left_warnings(cast, leg),
        sends=({"sid": leg.sid, "step": "go"},),
        proof={"there": leg.sid, "sign": "bot"},
        moves=(leg.sid,),
        seconds=SOON,
        facts={"bot": taken.bot},
    )


def not_to_give(cast: Cast, taken: Taken | None, to: Target | None) -> Refusal | None:
    if taken is None:
        return Refusal("not_taken", "Nobody has taken this call over: there is nobody to give it back to.")
    if taken.leg is None or taken.leg.sid not in cast.rooms:
        return Refusal("left", "Whoever had taken the call over is not in the room any more.")
    if to is None:
        return Refusal("no_contact", f"Nobody knows where to ring {taken.name}: no agent has such a contact.")
    return None


def muted(cast: Cast, leg: LegView, *, words: str) -> dict[str, Any]:
    wanted: Mapping[str, Any] = {"muted": True, "coaching": False}
    change = {"seat": leg.sid, "room": cast.rooms[leg.sid].room, "set": setting(wanted)}
    return part([change], {"flags": {leg.sid: dict(wanted)}}, words=words, looks=[leg.sid])
