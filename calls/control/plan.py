"""What a wish will do, before it is done: effects per leg in words and in data, warnings, refusals. Pure.

The same function serves the preview, the wish itself and the tests.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from calls.control.bystanders import ends_the_call, left_behind, moved, others
from calls.control.cast import NOT_YET_ANSWERED, ON, THE_BOT, Cast, Effect, LegView

RING_SECONDS = 20
HANGS_UP = {"Hangup", "Reject"}  # verbs of TwiML behind which there is nothing
SPEAKS = {"Say", "Play", "Pause"}  # and those behind which the next one always comes
# Wrong in itself, whatever the call is like: the fields, not the floor.
INVALID = {
    "target",
    "leg",
    "destination",
    "number",
    "text",
    "language",
    "voice",
    "announcement",
    "twiml",
    "mode",
    "queue",
    "minutes",
}


@dataclass(frozen=True)
class Refusal:
    code: str
    message: str

    def as_json(self) -> dict[str, str]:
        return dict(vars(self))


@dataclass(frozen=True)
class Plan:
    """`sends`: the requests to Twilio in order, each with those that follow if its leg is gone (`else`); `proof`: what
    must be reported for it to be true (control.proof); `moves`: the legs whose document is replaced; `seconds`: how
    long after the request its effect is there; `facts`: what the documents of the wish are made of; `needs`: further
    permissions; `dials`: the number outside the directory that is called; `looks`: whose seats in
    which `room` are looked at when nothing is heard of it; `taps`: recordings that are looked at as well; `overtakes`:
    verbs of which no open wish may be sent again after this one; `withdraws`: verbs whose wishes end by this one if
    Twilio was not asked yet, or did not look; `then` and `otherwise`: what is sent when the proof is seen, and when it
    failed (`part`)."""

    verb: str
    target: str
    title: str
    what: str = ""
    effects: tuple[Effect, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    sends: tuple[dict[str, Any], ...] = ()
    proof: dict[str, Any] = field(default_factory=dict)
    moves: tuple[str, ...] = ()
    seconds: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    dials: str = ""
    room: str = ""
    looks: tuple[str, ...] = ()
    then: dict[str, Any] = field(default_factory=dict)
    otherwise: dict[str, Any] = field(default_factory=dict)
    taps: tuple[str, ...] = ()
    overtakes: tuple[str, ...] = ()
    withdraws: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes when the effects do: what a supervisor agreed to is what is done."""
        fates = [[effect.leg, effect.role, effect.then, effect.fate] for effect in self.effects]
        return hashlib.sha256(json.dumps([self.verb, self.target, fates]).encode()).hexdigest()[:12]

    def told(self) -> dict[str, Any]:
        """What a browser is shown: words, and no number or address that is not in them."""
        return {
            "verb": self.verb,
            "target": self.target,
            "title": self.title,
            "what": self.what,
            "effects": [effect.as_json() for effect in self.effects],
            "warnings": list(self.warnings),
            "refusals": [refusal.as_json() for refusal in self.refusals],
            "seconds": self.seconds,
        }

    def as_json(self) -> dict[str, Any]:
        """All of it, as it is kept with the action."""
        return {
            **self.told(),
            "sends": list(self.sends),
            "proof": self.proof,
            "moves": list(self.moves),
            "facts": self.facts,
            "room": self.room,
            "looks": list(self.looks),
            **({"then": self.then} if self.then else {}),
            **({"otherwise": self.otherwise} if self.otherwise else {}),
            **({"taps": list(self.taps)} if self.taps else {}),
        }

    def refused(self, *why: Refusal) -> "Plan":
        return replace(self, refusals=(*self.refusals, *why), sends=())


def part(
    sends: Sequence[Mapping[str, Any]],
    proof: Mapping[str, Any],
    *,
    words: str,
    seconds: int = 5,
    looks: Sequence[str] = (),
    then: Mapping[str, Any] | None = None,
    otherwise: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A further step of a wish, for a plan's `then` or `otherwise`.

    Some wishes are safe only one thing after the other: the agent leaves when the other one is in the room, and not
    before. What the plan itself sends is the first part. When its proof is seen, what its `then` sends is asked for (by
    floor.outcomes, within about a second, if the proof of the part before still holds at that moment), and its proof
    is waited for. When a part turns out to have failed, its `otherwise` makes good what was begun (the caller comes off
    hold), and after that the wish has failed, with the reason of the part that did. Parts may have parts of their own.
    Between two of them the action is `requested` again, still open and exclusive, and `Action.step` names the part
    ("then", "then.otherwise"): nothing of it was sent. A process that dies there leaves it to the next one: an
    `otherwise` is sent whenever, a `then` in time, or the wish ends in words.
    What was refused by Twilio, or of which nobody knows, ends where it is: no part follows.

    `words` say what is done now, as long as it is; `seconds` is when its effect is there, after the request. All parts
    share the plan's `room` and the signs (a leg that was dialled by any of them).
    """
    made = {
        "sends": [dict(one) for one in sends],
        "proof": dict(proof),
        "words": words,
        "seconds": seconds,
        "looks": list(looks),
    }
    return {**made, **({"then": dict(then)} if then else {}), **({"otherwise": dict(otherwise)} if otherwise else {})}


# End -----------------------------------------------------------------------------------------------------------


def end_call(cast: Cast) -> Plan:
    """End the whole call: every leg that lives.

    A child of <Dial> ends with its parent, so it is asked for only if the parent turns out to be gone.
    """
    live = cast.live
    sids = {leg.sid for leg in live}
    return Plan(
        verb="end",
        target="call",
        title=f"End the call of {cast.who}?",
        effects=tuple(cast.hung_up(leg) for leg in live),
        refusals=() if live else (Refusal("call_ended", "The call has ended already."),),
        sends=tuple(ending(leg, live) for leg in live if leg.parent_id not in sids or leg.sid in cast.rooms),
        proof={"ended": sorted(sids)},
    )


def end_leg(cast: Cast, sid: str) -> Plan:
    """End one leg. Its children end with it; its parent goes on: with the next agent if the flow is ours."""
    leg = cast.leg(sid)
    if leg is None:
        return Plan("end", "leg", "End one leg?", refusals=(NO_SUCH_LEG,))
    effects = [cast.hung_up(leg), *(cast.hung_up(child) for child in cast.children(sid))]
    if (parent := cast.parent(leg)) is not None:
        effects.append(left_behind(cast, parent, leg))
    effects += others(cast, effects)
    return Plan(
        verb="end",
        target=sid,
        title=f"End the leg of {cast.noun(leg)}?",
        what=cast.name(leg),
        effects=tuple(effects),
        warnings=ends_the_call(effects, cast),
        sends=(ending(leg, cast.live),),
        proof={"ended": [sid]},
    )


def ending(leg: LegView, live: Sequence[LegView]) -> dict[str, Any]:
    """`canceled` has no effect on a leg in progress (twilio.com/docs/voice/api/call-resource), and an inbound leg
    reports no progress: what we take for ringing is often answered long since."""
    children = [ending(child, live) for child in live if child.parent_id == leg.sid]
    unanswered = leg.status in NOT_YET_ANSWERED and leg.direction.startswith("outbound")
    return {"sid": leg.sid, "status": "canceled" if unanswered else "completed", "else": children}


# Redirect: transfer, announce, another flow --------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """Whom a call is transferred to. `contact`: +E164, client: or sip:; `state`: what is known of them now."""

    name: str
    contact: str
    role: str  # agent | external
    state: str = ""
    warning: str = ""
    external: bool = False


def transfer(cast: Cast, leg: LegView | None, to: Target) -> Plan:
    """Blind: the leg leaves whom it talks to and hears ringing; if nobody answers it goes back."""
    title = f"Transfer {cast.who} to {to.name}?"
    why = unmovable(cast, leg)
    if leg is None or why is not None:
        return Plan("transfer", "", title, refusals=(why or NO_SUCH_LEG,))
    back, who = cast.way_back(leg), cast.noun(leg)
    returns = f"{who} is hung up"
    if back is not None:
        returns = f"{who} goes back: {back.words}" if back.words != ON else f"{who} goes back to where it was"
    warnings = [f"If nobody answers there within {RING_SECONDS} s, {returns}."]
    if back is None:
        warnings.append("Another application made this call: nothing is known of a way back.")
    joins = Effect("", to.role, to.name, to.state, f"is called, for up to {RING_SECONDS} s", "joins")
    return Plan(
        verb="transfer",
        target=leg.sid,
        title=title,
        what=f"to {to.name}",
        effects=(*moved(cast, leg, f"hears ringing, then talks to {to.name}"), joins),
        warnings=(*([to.warning] if to.warning else []), *warnings, *left_warnings(cast, leg)),
        sends=({"sid": leg.sid, "step": "ring"},),
        proof={"joined": leg.sid, "who": to.name, "back": sentence(f"{returns}.")},
        moves=(leg.sid,),
        seconds=RING_SECONDS + 5,
        facts={"contact": to.contact, "role": to.role, "back": back.as_json() if back else None},
        needs=("dial_external",) if to.external else (),
        dials=to.contact if to.external else "",
    )


def announce(cast: Cast, leg: LegView | None, *, heard: str, seconds: int, facts: Mapping[str, Any]) -> Plan:
    """One leg hears something, then goes on where it was. `heard`: the words, or the recording's name."""
    title = f"Announce to {cast.noun(leg)}?" if leg else "Announce?"
    why = unmovable(cast, leg)
    if leg is None or why is not None:
        return Plan("announce", "", title, refusals=(why or NO_SUCH_LEG,))
    back = cast.way_back(leg)
    if back is None:
        lost = "Nothing is known of a way back for this leg: after an announcement it would be hung up."
        if cast.parent(leg) is not None:
            lost = f"{cast.noun(leg)} was dialled for somebody: an announcement would end their conversation for good."
        return Plan("announce", leg.sid, title, refusals=(Refusal("no_way_back", sentence(lost)),))
    then = f"hears it (about {seconds} s), then {back.words}"
    return Plan(
        verb="announce",
        target=leg.sid,
        title=title,
        what=f"“{heard}”" if len(heard) < 60 else f"“{heard[:58]}…”",
        effects=moved(cast, leg, then),
        warnings=left_warnings(cast, leg),
        sends=({"sid": leg.sid, "step": "say"},),
        proof={"heard": leg.sid},
        moves=(leg.sid,),
        seconds=seconds + 3,
        facts={**facts, "back": back.as_json()},
    )


def redirect(cast: Cast, leg: LegView | None, *, name: str, facts: Mapping[str, Any]) -> Plan:
    """Hand a leg over to a line's flow or to another application's document."""
    title = f"Send {cast.who} to {name}?"
    why = unmovable(cast, leg)
    if leg is None or why is not None:
        return Plan("redirect", "", title, refusals=(why or NO_SUCH_LEG,))
    return Plan(
        verb="redirect",
        target=leg.sid,
        title=title,
        what=f"to {name}",
        effects=moved(cast, leg, f"leaves for {name}"),
        warnings=left_warnings(cast, leg),
        sends=({"sid": leg.sid, "step": "go" if "line" in facts else "leave"},),
        proof={"there": leg.sid, "sign": "line" if "line" in facts else "leave"},
        moves=(leg.sid,),
        seconds=5,
        facts={**facts, "back": back.as_json() if (back := cast.way_back(leg)) else None},
    )


def raw(cast: Cast, leg: LegView | None, *, twiml: str, verbs: Sequence[str], seconds: int, numbers: str) -> Plan:
    """Give a leg TwiML as it was typed; behind it, it goes on where it was, if that is known."""
    title = f"Give {cast.noun(leg)} this TwiML?" if leg else "Give this TwiML?"
    why = unmovable(cast, leg)
    if leg is None or why is not None:
        return Plan("redirect", "", title, refusals=(why or NO_SUCH_LEG,), needs=("raw_twiml",))
    back, runs = cast.way_back(leg), f"runs {', '.join(verbs)}"
    then, fate = f"{runs}, then {back.words if back else 'is hung up'}", "moves"
    if HANGS_UP.intersection(verbs):
        then, fate = f"{runs}: is hung up", "goes"
    elif "Redirect" in verbs:
        then = f"{runs}: goes where that leads"
    return Plan(
        verb="redirect",
        target=leg.sid,
        title=title,
        what=f"with TwiML: {', '.join(verbs)}",
        effects=moved(cast, leg, then, fate),
        warnings=(*left_warnings(cast, leg), "What it really does is up to the TwiML: watch the legs."),
        sends=({"sid": leg.sid, "twiml": twiml},),
        proof={
            "ran": leg.sid,
            "children": sorted(child.sid for child in cast.legs if child.parent_id == leg.sid),
            "comes_back": SPEAKS.issuperset(verbs),
        },
        moves=(leg.sid,),
        seconds=seconds,
        facts={"back": back.as_json() if back else None},
        needs=("raw_twiml", "dial_external") if numbers else ("raw_twiml",),
        dials=numbers,
    )


def unmovable(cast: Cast, leg: LegView | None) -> Refusal | None:
    """Twilio redirects what is in progress (21220). Of an inbound leg we hear late that it is, so it is asked for."""
    if leg is None:
        return NO_SUCH_LEG
    if leg.status in NOT_YET_ANSWERED and leg.direction.startswith("outbound"):
        return Refusal("not_answered", "This leg has not been answered yet: only one that was can be sent elsewhere.")
    parent = cast.parent(leg)
    if parent is not None and parent.resume_url:
        other = cast.noun(parent)
        return Refusal("child", sentence(f"{cast.noun(leg)} was dialled for {other}: move {other} instead."))
    return None


def left_warnings(cast: Cast, leg: LegView) -> tuple[str, ...]:
    talking = [cast.noun(child) for child in cast.children(leg.sid) if child.status == "in-progress"]
    found = [f"It ends the conversation with {name}: {name}’s leg is hung up." for name in talking]
    if cast.with_bot(leg):
        found.append(f"It ends the conversation with {THE_BOT}, which is told nothing of it but that it is over.")
    seat = cast.rooms.get(leg.sid)
    if seat is not None and seat.end_on_exit:
        if cast.seated(seat.room, besides=leg.sid):
            found.append(f"The room ends with {cast.noun(leg)}: everybody else there is hung up.")
    elif seat is not None:
        found.append(sentence(f"{cast.noun(leg)} leaves the conference; the others stay in it."))
    return tuple(found)


NO_SUCH_LEG = Refusal("leg", "There is no such live leg on this call.")


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
