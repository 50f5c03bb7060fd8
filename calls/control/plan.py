"""What a wish will do, before it is done: effects per leg in words and in data, warnings, refusals. Pure.

The same function serves the preview, the wish itself and the tests.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

NOT_YET_ANSWERED = {"queued", "initiated", "ringing"}
ROLE_WORDS = {
    "caller": "Caller",
    "agent": "Agent",
    "consult": "Consulted",
    "supervisor": "Supervisor",
    "bot": "AI agent",
    "external": "Other party",
}
STATUS_WORDS = {
    "queued": "about to be dialled",
    "initiated": "being dialled",
    "ringing": "ringing",
    "in-progress": "talking",
}
RING_SECONDS = 20
HANGS_UP = {"Hangup", "Reject"}  # verbs of TwiML behind which there is nothing
SPEAKS = {"Say", "Play", "Pause"}  # and those behind which the next one always comes
# Wrong in itself, whatever the call is like: the fields, not the floor.
INVALID = {"target", "leg", "destination", "number", "text", "language", "voice", "announcement", "twiml", "mode"}


class LegView(Protocol):
    """What a plan needs to know of a leg (a row, or a stand-in of a test)."""

    sid: str
    role: str
    status: str
    direction: str
    parent_id: str | None
    ended_at: datetime | None
    resume_url: str


@dataclass(frozen=True)
class Effect:
    leg: str  # its sid; "" for one that is yet to be dialled
    role: str
    name: str
    now: str
    then: str
    fate: str  # goes | stays | moves | joins | unsure

    def as_json(self) -> dict[str, str]:
        return dict(vars(self))


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
    permissions; `dials`: the number outside the directory that is called."""

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
        }

    def refused(self, *why: Refusal) -> "Plan":
        return replace(self, refusals=(*self.refusals, *why), sends=())


@dataclass(frozen=True)
class WayBack:
    """Where a leg goes on after an interruption: a step of ours (path and query), or one who is called again."""

    url: str = ""
    contact: str = ""
    who: str = ""  # who is rung again; "" if nobody was with the leg

    @property
    def words(self) -> str:
        return f"{self.who} is rung again" if self.who else "goes on where it was"

    def as_json(self) -> dict[str, str]:
        return dict(vars(self))


@dataclass(frozen=True)
class Cast:
    """The legs of one call, who they are called on the screen, and the contact of those who are agents.

    `who` is the caller's name on the screen, `rooms` the legs that are in a conference.
    """

    legs: Sequence[LegView]
    who: str
    names: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    rooms: frozenset[str] = frozenset()

    @property
    def live(self) -> list[LegView]:
        return [leg for leg in self.legs if leg.ended_at is None]

    def leg(self, sid: str) -> LegView | None:
        return next((leg for leg in self.live if leg.sid == sid), None)

    def children(self, sid: str) -> list[LegView]:
        return [leg for leg in self.live if leg.parent_id == sid]

    def parent(self, leg: LegView) -> LegView | None:
        return self.leg(leg.parent_id) if leg.parent_id else None

    def name(self, leg: LegView) -> str:
        return self.names.get(leg.sid) or ROLE_WORDS.get(leg.role, "Leg")

    def noun(self, leg: LegView) -> str:
        """The same within a sentence: Ana Pereira, the caller."""
        role = ROLE_WORDS.get(leg.role, "Leg")
        return self.names.get(leg.sid) or "the " + (role if role[1].isupper() else role[0].lower() + role[1:])

    def moved(self, sid: str = "") -> LegView | None:
        """The leg that is meant: the one that is named, else the caller, else whoever is none of ours (the customer of
        a click-to-call was dialled for an agent), else the first that nobody dialled for us."""
        if sid:
            return self.leg(sid)
        live = [leg for leg in self.live if leg.role != "supervisor"]
        outside = [leg for role in ("caller", "external") for leg in live if leg.role == role]
        return next(iter(outside), None) or next((leg for leg in live if not leg.parent_id), None)

    def way_back(self, leg: LegView) -> WayBack | None:
        """None: nothing is known of where this leg came from. Another application made its call."""
        with_it = next(iter(self.children(leg.sid)), None)
        # Somebody whom no step of ours has rung is not rung again by one.
        ours = with_it is not None and (with_it.role == "agent" or "/twiml/" in leg.resume_url)
        who = self.noun(with_it) if with_it and ours else ""
        if leg.resume_url:
            return WayBack(url=leg.resume_url, who=who)
        if with_it is not None and self.contacts.get(with_it.sid):
            return WayBack(contact=self.contacts[with_it.sid], who=who)
        return None

    def effect(self, leg: LegView, then: str, fate: str) -> Effect:
        return Effect(leg.sid, leg.role, self.name(leg), self.now(leg), then, fate)

    def now(self, leg: LegView) -> str:
        """Of a leg that dials for another we may have heard by that one alone."""
        if leg.sid in self.rooms:
            return "in a conference"
        children = [child.status for child in self.children(leg.sid)]
        if children and leg.status in NOT_YET_ANSWERED:
            return "talking" if "in-progress" in children else "hears ringing"
        return STATUS_WORDS.get(leg.status, leg.status)

    def hung_up(self, leg: LegView) -> Effect:
        rings = leg.status in NOT_YET_ANSWERED and leg.direction != "inbound"
        return self.effect(leg, "stops ringing" if rings else "is hung up", "goes")


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
        sends=tuple(ending(leg, live) for leg in live if leg.parent_id not in sids),
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
    effects += [stays(cast, other) for other in cast.live if other.sid not in {each.leg for each in effects}]
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


def ends_the_call(effects: Sequence[Effect], cast: Cast) -> tuple[str, ...]:
    gone = {effect.leg for effect in effects if effect.fate == "goes"}
    return ("Nobody is left: the call ends.",) if all(leg.sid in gone for leg in cast.live) else ()


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
    back = cast.way_back(leg)
    returns = f"goes back: {back.words}" if back and back.who else "goes back to where it was" if back else "is hung up"
    warnings = [f"If nobody answers there within {RING_SECONDS} s, {cast.noun(leg)} {returns}."]
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
        proof={"joined": leg.sid, "who": to.name, "back": sentence(f"{cast.noun(leg)} {returns}.")},
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
    back, runs = cast.way_back(leg), "runs " + ", ".join(verbs)
    then, fate = f"{runs}, then {back.words if back else 'is hung up'}", "moves"
    if HANGS_UP.intersection(verbs):
        then, fate = f"{runs}: is hung up", "goes"
    elif "Redirect" in verbs:
        then = f"{runs}: goes where that leads"
    return Plan(
        verb="redirect",
        target=leg.sid,
        title=title,
        what="with TwiML: " + ", ".join(verbs),
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


def moved(cast: Cast, leg: LegView, then: str, fate: str = "moves") -> tuple[Effect, ...]:
    """What happens around a leg whose document is replaced (twilio.com/en-us/changelog, 2021-05-24): its children
    end; its parent's <Dial> is over."""
    effects = [cast.effect(leg, then, fate), *(cast.hung_up(child) for child in cast.children(leg.sid))]
    if (parent := cast.parent(leg)) is not None:
        effects.append(left_behind(cast, parent, leg))
    effects += [stays(cast, other) for other in cast.live if other.sid not in {each.leg for each in effects}]
    return tuple(effects)


def left_behind(cast: Cast, parent: LegView, child: LegView) -> Effect:
    """Whose <Dial> is over because its child is gone."""
    if "/twiml/" in parent.resume_url:
        return cast.effect(parent, "goes back to where it was transferred from", "stays")
    if parent.resume_url and child.role == "agent":
        return cast.effect(parent, "is put through to the next free agent", "stays")
    if parent.resume_url:
        return cast.effect(parent, "goes on where it was", "stays")
    return cast.effect(parent, "goes on as the application says that dialled for it, or is hung up", "unsure")


def stays(cast: Cast, leg: LegView) -> Effect:
    return cast.effect(leg, "stays in the conference" if leg.sid in cast.rooms else "is not touched", "stays")


def left_warnings(cast: Cast, leg: LegView) -> tuple[str, ...]:
    talking = [cast.noun(child) for child in cast.children(leg.sid) if child.status == "in-progress"]
    found = [f"It ends the conversation with {name}: {name}’s leg is hung up." for name in talking]
    if leg.sid in cast.rooms:
        found.append(sentence(f"{cast.noun(leg)} leaves the conference; the others stay in it."))
    return tuple(found)


NO_SUCH_LEG = Refusal("leg", "There is no such live leg on this call.")


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
