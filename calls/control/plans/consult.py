"""Plans for a third party: a warm transfer (somebody is consulted while the caller waits), how it ends, and a guest.

The caller and whoever is consulted hear each other only when it is completed
(twilio.com/docs/voice/api/conference-participant-resource: Hold).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from calls.control.cast import NOT_YET_ANSWERED, Cast, Effect, LegView
from calls.control.plan import RING_SECONDS, Plan, Refusal, Target, part, sentence
from calls.control.plans.seats import FALSE, SOON, TRUE, coaches, in_a_room, others_stay

NOBODY_CONSULTED = Refusal("nobody", "Nobody is being consulted on this call.")
JUST_NOW = Refusal("calling", "Whoever is consulted is just being called: a moment, then look again.")


@dataclass(frozen=True)
class Consultation:
    """Who is who in it. `agent`: who talks with both, None if gone; `third`: who is consulted, None if nobody is."""

    caller: LegView
    agent: LegView | None
    third: LegView | None
    room: str

    @property
    def rings(self) -> bool:
        return self.third is not None and self.third.status in NOT_YET_ANSWERED


def consultation(cast: Cast, *, begun: bool) -> Consultation | None:
    """As the legs and seats show it; None if there is nobody in a room who could be transferred. `begun`: a wish has
    put the caller on hold for it, and it has not been ended: with whoever is there."""
    room, caller = cast.room, outside(cast)
    if not room or caller is None:
        return None
    sits = [leg for leg in cast.seated(room, besides=caller.sid) if leg.role != "supervisor"]
    third = next((leg for leg in reversed(cast.live) if leg.role == "consult" and (begun or is_third(leg, sits))), None)
    others = sorted((leg for leg in sits if leg is not third), key=lambda leg: WHO_TALKS.index(leg.role))
    return Consultation(caller, next(iter(others), None), third, room)


WHO_TALKS = ("agent", "consult", "external", "bot", "caller", "")


def outside(cast: Cast) -> LegView | None:
    """The caller or, of a call that an agent made, the customer."""
    order = [leg for role in ("caller", "external") for leg in cast.live if leg.role == role]
    return next((leg for leg in order if leg.sid in cast.rooms), None)


def is_third(leg: LegView, sits: Sequence[LegView]) -> bool:
    """Who was consulted and has the caller now, after the agent has gone, is as good as an agent."""
    beside = any(other is not leg and other.role in ("agent", "consult") for other in sits)
    return leg.status in NOT_YET_ANSWERED or leg.sid in {other.sid for other in sits} and beside


# A warm transfer -----------------------------------------------------------------------------------------------------


def warm(cast: Cast, to: Target, *, caller_id: str, begun: bool) -> Plan:
    """The caller is put on hold and, when that is seen, the target called; whoever does not answer leaves all as it
    was."""
    title = f"Consult {to.name} about {cast.who}?"
    now = consultation(cast, begun=begun)
    why = why_not_consult(cast, now)
    if now is None or now.agent is None or why is not None:
        return Plan("transfer", "", title, refusals=(why or NOBODY_CONSULTED,))
    caller, agent = cast.noun(now.caller), cast.noun(now.agent)
    # As long as it lasts, an agent who hangs up must not take the others along.
    closes = now.agent.sid if cast.rooms[now.agent.sid].end_on_exit else ""
    keeps_open = [ends_with(now.agent, now.room, FALSE) | {"must": True}] if closes else []
    closes_again = [ends_with(now.agent, now.room, TRUE)] if closes else []
    holds = {now.caller.sid: {"held": True}}
    resumes = part(
        [off_hold(now.caller, now.room), *closes_again],
        {"flags": {now.caller.sid: {"held": False}}},
        words=sentence(f"{caller} is taken off hold again."),
        looks=[now.caller.sid],
    )
    calls = part(
        [added(now.room, to, "consult", caller_id)],
        {"entered": to.name, "back": sentence(f"{caller} is taken off hold again.")},
        words=sentence(f"{caller} is on hold. {to.name} is called."),
        seconds=RING_SECONDS + 5,
        looks=[now.caller.sid],
        otherwise=resumes,
    )
    return Plan(
        verb="transfer",
        target=now.caller.sid,
        title=title,
        what=f"warm, to {to.name}",
        effects=(
            cast.effect(now.caller, "hears music and is not heard", "changes"),
            Effect(
                "",
                "consult",
                to.name,
                to.state,
                f"is called, for up to {RING_SECONDS} s, and talks to {agent}",
                "joins",
            ),
            *others_stay(cast, now.caller.sid),
        ),
        warnings=(*([to.warning] if to.warning else []), *what_if(cast, now, to.name), *ears(cast, now.caller)),
        sends=(*keeps_open, {"seat": now.caller.sid, "room": now.room, "set": {"Hold": TRUE}}),
        proof={"flags": holds},
        then=calls,
        seconds=SOON,
        needs=("dial_external",) if to.external else (),
        dials=to.contact if to.external else "",
        room=now.room,
        looks=(now.caller.sid,),
        facts={"consult": True, "closes": closes},
    )


def why_not_consult(cast: Cast, now: Consultation | None) -> Refusal | None:
    if now is None:
        return in_a_room(cast, cast.moved()) or Refusal("nobody", "Nobody is there who could be transferred.")
    if now.third is not None:
        told = f"{cast.noun(now.third)} is being consulted already: complete that, or cancel it."
        return Refusal("consulting", sentence(told))
    if not cast.rooms[now.caller.sid].started or now.agent is None:
        told = f"Nobody talks to {cast.noun(now.caller)}: there is nobody who could consult anybody."
        return Refusal("not_started", sentence(told))
    return None


def what_if(cast: Cast, now: Consultation, name: str) -> list[str]:
    """What becomes of the caller if it does not go as it should. What is said here is done by floor.consults."""
    caller, agent = cast.noun(now.caller), cast.noun(now.agent) if now.agent else "the agent"
    told = [f"If {name} does not answer within {RING_SECONDS} s, or hangs up, {caller} is taken off hold again."]
    return [*told, f"If {agent} hangs up meanwhile, {caller} and {name} are joined."]


def ears(cast: Cast, leg: LegView) -> list[str]:
    """16027: whoever is on hold cannot be coached."""
    return [
        sentence(f"{cast.noun(one)} whispers to {cast.noun(leg)}, and is not heard as long as that lasts.")
        for one in cast.live
        if coaches(cast, one) == leg.sid
    ]


def complete(cast: Cast, *, begun: bool, closes: str = "") -> Plan:
    """The caller comes off hold and, when that is seen, the agent leaves. If the agent is gone, they are joined.
    `closes`: the agent with whom the room would have ended before it began."""
    title = f"Hand {cast.who} over?"
    now = consultation(cast, begun=begun)
    why = why_not_end(cast, now)
    if now is None or now.third is None or why is not None:
        return Plan("complete", "", title, refusals=(why or NOBODY_CONSULTED,))
    pair = (now.caller, now.third)
    joined = {"flags": {leg.sid: {"held": False} for leg in pair}}
    first = tuple(off_hold(leg, now.room) for leg in pair if cast.rooms[leg.sid].held)
    effects = [
        cast.effect(now.caller, f"talks to {cast.noun(now.third)}", "changes"),
        cast.effect(now.third, f"talks to {cast.noun(now.caller)}", "changes"),
    ]
    step: dict[str, Any] = {"sends": first, "proof": joined}
    if now.agent is not None:
        effects.append(cast.effect(now.agent, "is taken out of the room", "goes"))
        step = agent_leaves(cast, now, step, closes=bool(closes))
    return Plan(
        verb="complete",
        target=now.third.sid,
        title=title,
        what=f"to {cast.name(now.third)}",
        effects=(*effects, *others_stay(cast, *(effect.leg for effect in effects))),
        seconds=SOON,
        room=now.room,
        looks=tuple(leg.sid for leg in pair),
        **step,
    )


def agent_leaves(cast: Cast, now: Consultation, joined: dict[str, Any], *, closes: bool) -> dict[str, Any]:
    """When nobody is on hold any more, and not before. With whom the room ends, or did (`closes`), leaves that to the
    one who stays."""
    agent, third = now.agent, now.third
    assert agent is not None and third is not None  # noqa: S101  looked at by `complete`
    sends: list[dict[str, Any]] = [{"kick": agent.sid, "room": now.room}]
    if cast.rooms[agent.sid].end_on_exit:
        sends = [ends_with(agent, now.room, FALSE) | {"must": True}, *sends]
    if closes or cast.rooms[agent.sid].end_on_exit:
        sends = [ends_with(third, now.room, TRUE), *sends]
    gone = {"gone": [agent.sid], "room": now.room}
    if not joined["sends"]:
        return {"sends": tuple(sends), "proof": {"all": [joined["proof"], gone]}}
    words = sentence(f"{cast.noun(third)} has the caller. {cast.noun(agent)} leaves.")
    return {**joined, "then": part(sends, gone, words=words, looks=[agent.sid])}


def why_not_end(cast: Cast, now: Consultation | None) -> Refusal | None:
    if now is None or now.third is None:
        return NOBODY_CONSULTED
    if now.third.sid not in cast.rooms:
        told = f"{cast.noun(now.third)} has not answered yet: wait, or cancel."
        return Refusal("not_answered", sentence(told))
    return None


def cancel(cast: Cast, *, begun: bool, calling: bool, closes: str = "") -> Plan:
    """Who is consulted goes, and the caller comes off hold: at any moment of it. `begun`: there is a consultation that
    may have left the caller on hold; `calling`: somebody is being called of whose leg nothing is known yet; `closes`:
    the agent with whom the room ended before it began, and does again."""
    title = f"Cancel the consultation, and take {cast.who} off hold?"
    now = consultation(cast, begun=begun)
    held = now is not None and cast.rooms[now.caller.sid].held
    if now is None or (now.third is None and not (begun and held)):
        return Plan("cancel", "", title, refusals=(JUST_NOW if calling else NOBODY_CONSULTED,))
    if now.third is None and calling:
        return Plan("cancel", "", title, refusals=(JUST_NOW,))
    effects: list[Effect] = []
    sends: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    if now.third is not None:
        effects.append(cast.hung_up(now.third))
        parts.append({"ended": [now.third.sid]})
        sends.append(
            {"kick": now.third.sid, "room": now.room}
            if now.third.sid in cast.rooms
            else {"sid": now.third.sid, "status": "canceled"}
        )
    if held:
        effects.append(cast.effect(now.caller, "is back in the conversation", "changes"))
        sends.append(off_hold(now.caller, now.room))
    if now.agent is not None and now.agent.sid == closes:
        sends.append(ends_with(now.agent, now.room, TRUE))
    parts.append({"flags": {now.caller.sid: {"held": False}}})
    return Plan(
        verb="cancel",
        target=now.third.sid if now.third else now.caller.sid,
        title=title,
        what=f"with {cast.name(now.third)}" if now.third else "",
        effects=(*effects, *others_stay(cast, *(effect.leg for effect in effects))),
        warnings=() if now.agent else (sentence(f"{cast.noun(now.caller)} is left alone in the room."),),
        sends=tuple(sends),
        proof={"all": parts},
        seconds=SOON,
        room=now.room,
        looks=(now.caller.sid, *([now.third.sid] if now.third else [])),
    )


def swap(cast: Cast, *, begun: bool) -> Plan:
    """Whom the agent talks to: the one who waits comes off hold only after the other one was put on it."""
    now = consultation(cast, begun=begun)
    why = why_not_end(cast, now)
    title = f"Talk to {cast.who} again?"
    if now is None or now.third is None or why is not None:
        return Plan("swap", "", title, refusals=(why or NOBODY_CONSULTED,))
    both = (now.caller, now.third) if not cast.rooms[now.caller.sid].held else (now.third, now.caller)
    waits, back = both
    if now.agent is None:
        why = Refusal("nobody", sentence(f"Nobody is there to talk to {cast.noun(back)}."))
    elif not cast.rooms[back.sid].held:
        why = Refusal("not_held", "Nobody is on hold: all of them talk with each other.")
    if why is not None:
        return Plan("swap", "", title, refusals=(why,))
    on = {"seat": waits.sid, "room": now.room, "set": {"Hold": TRUE}}
    return Plan(
        verb="swap",
        target=back.sid,
        title=f"Talk to {cast.noun(back)} instead of {cast.noun(waits)}?",
        what=f"to {cast.name(back)}",
        effects=(
            cast.effect(waits, "hears music and is not heard", "changes"),
            cast.effect(back, "is back in the conversation", "changes"),
            *others_stay(cast, waits.sid, back.sid),
        ),
        warnings=tuple(ears(cast, waits)),
        sends=(on,),
        proof={"flags": {waits.sid: {"held": True}}},
        then=part(
            [off_hold(back, now.room)],
            {"flags": {waits.sid: {"held": True}, back.sid: {"held": False}}},
            words=sentence(f"{cast.noun(waits)} is on hold."),
            looks=[waits.sid, back.sid],
        ),
        seconds=SOON,
        room=now.room,
        looks=(waits.sid, back.sid),
    )


def ends_with(leg: LegView, room: str, whether: str) -> dict[str, Any]:
    """Does the room end for all when this one leaves it?"""
    return {"seat": leg.sid, "room": room, "set": {"EndConferenceOnExit": whether}}


def off_hold(leg: LegView, room: str) -> dict[str, Any]:
    return {"seat": leg.sid, "room": room, "set": {"Hold": FALSE}}


def added(room: str, to: Target, role: str, caller_id: str) -> dict[str, Any]:
    return {"add": to.contact, "room": room, "role": role, "from": caller_id}


# A guest -------------------------------------------------------------------------------------------------------------


def add(cast: Cast, to: Target, *, caller_id: str) -> Plan:
    """Somebody more comes into the room, and is heard by all."""
    title = f"Add {to.name} to the call of {cast.who}?"
    leg = cast.moved()
    why = in_a_room(cast, leg)
    if leg is None or why is not None:
        return Plan("add", "", title, refusals=(why or Refusal("leg", "Nobody is on this call."),))
    seat = cast.rooms[leg.sid]
    if not seat.started:
        why = Refusal("not_started", sentence(f"{cast.noun(leg)} is still waiting: the conversation has not begun."))
        return Plan("add", "", title, refusals=(why,))
    return Plan(
        verb="add",
        target="room",
        title=title,
        what=to.name,
        effects=(
            Effect("", to.role, to.name, to.state, f"is called, for up to {RING_SECONDS} s", "joins"),
            *others_stay(cast),
        ),
        warnings=(
            *([to.warning] if to.warning else []),
            f"If {to.name} does not answer within {RING_SECONDS} s, nothing has changed.",
        ),
        sends=(added(seat.room, to, to.role, caller_id),),
        proof={"entered": to.name, "back": "Nothing has changed for the others."},
        seconds=RING_SECONDS + 5,
        needs=("dial_external",) if to.external else (),
        dials=to.contact if to.external else "",
        room=seat.room,
    )
