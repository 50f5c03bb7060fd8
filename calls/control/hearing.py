"""Who hears whom in a room, from what is known of everybody's place; and where that is not what was wished. Pure.

Twilio's rules (twilio.com/docs/voice/api/conference-participant-resource): before a conference starts nobody hears
anybody; who is on hold hears its music and is not heard; who is muted is not heard; who coaches is heard by one alone,
and hears all.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Pair = tuple[str, str]  # (listener, speaker)
WORDS = {"caller": "the caller", "external": "the other party", "supervisor": "a supervisor", "bot": "the AI agent",
         "agent": "an agent", "consult": "who is consulted"}  # fmt: skip


class Place(NamedTuple):
    """One leg in one room. `coaches`: whom it whispers to, "" if that is not known: then it is the agent."""

    sid: str
    role: str
    room: str
    name: str = ""
    started: bool = True
    muted: bool = False
    held: bool = False
    coaching: bool = False
    coaches: str = ""

    @property
    def noun(self) -> str:
        return self.name or WORDS.get(self.role, "somebody")


class Wish(Protocol):
    """An action, as far as it says who is to hear whom."""

    @property
    def state(self) -> str: ...

    @property
    def open(self) -> bool: ...

    @property
    def verb(self) -> str: ...

    @property
    def seen(self) -> Mapping[str, Any]: ...

    @property
    def parts(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def by(self) -> Any: ...


class Wanted(NamedTuple):
    """How somebody's place was to be, and by whose wish."""

    flags: Mapping[str, Any]
    by: str
    verb: str


def hears(places: Sequence[Place]) -> list[Pair]:
    """All pairs of (listener, speaker), in the order of the places."""
    return [(one.sid, other.sid) for one in places for other in places if hears_one(one, other, places)]


def hears_one(listener: Place, speaker: Place, places: Sequence[Place]) -> bool:
    if listener is speaker or listener.room != speaker.room or not (listener.started and speaker.started):
        return False
    if listener.held or speaker.held or speaker.muted:
        return False
    return not speaker.coaching or listener.sid == coached(speaker, places)


def coached(coach: Place, places: Sequence[Place]) -> str:
    if coach.coaches:
        return coach.coaches
    return next((other.sid for other in places if other.room == coach.room and other.role == "agent"), "")


# What was wished ------------------------------------------------------------------------------------------------

FLAGS = {"Muted": "muted", "Hold": "held", "Coaching": "coaching"}


def wanted(actions: Iterable[Wish], places: Sequence[Place]) -> dict[str, Wanted]:
    """By leg: how its place should be, by all wishes that came true (`actions`, the oldest first). Nothing is said of
    whose place somebody is just changing."""
    found: dict[str, Wanted] = {}
    there = {place.sid: place for place in places}
    for action in actions:
        for sent in (sent for part in action.parts for sent in part.get("sends", ())):
            for sid, flags in places_set(sent, action.seen):
                # A place in another room was another place.
                if sid not in there or ("set" in sent and sent["room"] != there[sid].room):
                    continue
                if action.open:
                    found.pop(sid, None)
                elif action.state == "confirmed":
                    before = found[sid].flags if sid in found else {}
                    who = action.by.get_full_name() or action.by.get_username()
                    found[sid] = Wanted({**before, **flags}, who, action.verb)
    return found


def places_set(sent: Mapping[str, Any], seen: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What one request sets of whose place."""
    if "set" in sent:
        flags: dict[str, Any] = {FLAGS[name]: value == "true" for name, value in sent["set"].items() if name in FLAGS}
        if "coaching" in flags:
            flags["coaches"] = sent["set"].get("CallSidToCoach", "") if flags["coaching"] else ""
        return [(sent["seat"], flags)] if flags else []
    if "add" in sent:
        coach = sent.get("coach", "")
        flags = {"muted": bool(sent.get("muted")), "held": False, "coaching": bool(coach), "coaches": coach}
        return [(sid, flags) for sid in seen.get("legs", ())]
    return []


def misheard(places: Sequence[Place], wants: Mapping[str, Wanted]) -> list[str]:
    """A sentence for each pair that hears each other against the wishes, or does not although it was wished."""
    is_so = hears(places)
    meant = [place._replace(**wants[place.sid].flags) if place.sid in wants else place for place in places]
    to_be = hears(meant)
    named = {place.sid: place for place in places}
    differ = {place.sid for place, other in zip(places, meant, strict=True) if place != other}
    told = []
    for pair in sorted({*is_so} ^ {*to_be}):
        listener, speaker = (named[sid] for sid in pair)
        why = wants[next(sid for sid in (speaker.sid, listener.sid) if sid in differ)]
        one, other, verb = listener.noun, speaker.noun, why.verb.replace("_", " ")
        words = f"{one} does not hear {other}: {why.by} wished otherwise ({verb})."
        if pair in is_so:
            words = f"{one} hears {other}: {why.by} wished otherwise ({verb})."
        told.append(words[0].upper() + words[1:])
    return sorted(told)
