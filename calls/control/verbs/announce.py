"""Announce: one leg hears a text or a recording, and goes on where it was; in a room, one or all, who stay in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.signing import Signer
from django.urls import reverse

from calls.control.cast import Cast, LegView
from calls.control.plan import Plan, Refusal
from calls.control.plan import announce as announce_plan
from calls.control.plans import queues
from calls.control.plans.seats import say
from calls.control.verbs import requests
from calls.control.verbs.cast import cast_of, leg_to_choose, over, refused
from calls.control.verbs.queues import place_of
from calls.control.verbs.redirecting import ABSOLUTE, address, back
from calls.models import Action, Announcement, Call, Leg, Rights
from calls.models.library import LANGUAGES, VOICES
from calls.twilio import twiml
from calls.twilio.reports import Report

__all__ = ["ABSOLUTE", "EXCLUSIVE", "choices", "document", "plan", "send"]
EXCLUSIVE = True
send = requests.send
audio = Signer(salt="calls.audio", sep="~")


def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: announcement (an id of the library) or text, language and voice; target (a leg's sid)."""
    if (done := over(call, "announce")) is not None:
        return done
    cast = cast_of(call, legs)
    to_all = fields.get("target") in ("room", "call")
    if to_all and not cast.room:
        return refused("announce", "no_room", "This call is in no room: choose one leg of it.")
    leg = None if to_all else cast.moved(fields.get("target", ""))
    words = words_of(call, fields["announcement"]) if fields.get("announcement") else typed(fields)
    if words is None:
        return refused("announce", "announcement", "There is no such announcement for calls of this team.")
    if isinstance(words, Refusal):
        return refused("announce", words.code, words.message)
    if to_all or (leg is not None and leg.sid in cast.rooms):
        place, waits = place_of(call), queues.who_waits(cast)
        if place is not None and waits is not None and leg in (None, waits):
            return queues.say(cast, waits, place, heard=words.heard, seconds=words.seconds, facts=words.facts)
        everybody = cast.seated(cast.room)
        return say(cast, leg, heard=words.heard, seconds=words.seconds, facts=words.facts, legs=everybody)
    return announce_plan(cast, leg, heard=words.heard, seconds=words.seconds, facts=words.facts)


@dataclass(frozen=True)
class Words:
    """What is heard: `heard` is how it is called, `facts` what its documents are made of."""

    heard: str
    seconds: int
    facts: dict[str, Any]


def typed(fields: Mapping[str, str]) -> Words | Refusal:
    text, language, voice = fields.get("text", ""), fields.get("language") or "en-US", fields.get("voice", "")
    if not twiml.spoken(text).strip():
        return Refusal("text", "Choose an announcement, or type what is said.")
    if len(text) > twiml.LONGEST_SPOKEN:
        return Refusal("text", f"That is longer than {twiml.LONGEST_SPOKEN:,} characters.")
    if language not in dict(LANGUAGES):
        return Refusal("language", "That language is not spoken here.")
    if voice and voice not in dict(VOICES):
        return Refusal("voice", "There is no such voice.")
    facts = {"text": twiml.spoken(text), "language": language, "voice": voice}
    return Words(facts["text"], twiml.how_long(text), facts)


def words_of(call: Call, pk: str) -> Words | None:
    """Of the library, if it is for calls of this team."""
    known = pk.isascii() and pk.isdecimal() and len(pk) < 10
    found = Announcement.objects.of(call.team_id).filter(pk=pk).first() if known else None
    if found is None:
        return None
    facts: dict[str, Any] = {"text": found.text, "language": found.language, "voice": found.voice}
    seconds = twiml.how_long(found.text)
    if found.audio:
        facts, seconds = {"audio": found.pk}, found.seconds or 30
    return Words(found.name, seconds, facts)


def audio_address(pk: int) -> str:
    """Where Twilio gets the recording of an announcement. Nobody else knows the address: it is signed."""
    return settings.PUBLIC_URL + reverse("twilio-audio", args=[audio.sign(str(pk))])


def choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    return {
        "announcements": library_of(call),
        "languages": [list(one) for one in LANGUAGES],
        "voices": [list(one) for one in VOICES],
        "legs": listeners(cast_of(call, legs), place_of(call)),
        "longest": twiml.LONGEST_SPOKEN,
    }


def listeners(cast: Cast, place: queues.Place | None) -> list[dict[str, Any]]:
    """Every live leg, and the room if several are in it; each with why it cannot hear an announcement."""
    found = [in_the_room(cast, leg, place) if leg.sid in cast.rooms else leg_to_choose(cast, leg) for leg in cast.live]
    everybody = {"sid": "room", "role": "", "name": "Everybody in the room", "may": True, "why": ""}
    inside = cast.seated(cast.room)
    return [*found, everybody] if len(inside) > 1 and cast.rooms[inside[0].sid].started else found


def in_the_room(cast: Cast, leg: LegView, place: queues.Place | None) -> dict[str, Any]:
    waits = place is not None and queues.who_waits(cast) == leg
    why = None if waits else next(iter(say(cast, leg, heard="", seconds=0, facts={}, legs=[leg]).refusals), None)
    told = {"sid": leg.sid, "role": leg.role, "name": cast.name(leg), "may": why is None}
    return told | {"why": why.message if why else ""}


def library_of(call: Call) -> list[dict[str, Any]]:
    return [of_one(each) for each in Announcement.objects.of(call.team_id)]


def of_one(one: Announcement) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "name": one.name,
        "text": one.text,
        "seconds": one.seconds or 30 if one.audio else twiml.how_long(one.text),
        "language": dict(LANGUAGES).get(one.language, one.language),
    }


def document(action: Action, leg: Leg, report: Report) -> str:
    """say → after → back where it was."""
    if report.step == "say":
        facts, then = action.plan["facts"], address(action, "after")
        if "audio" in facts:
            return twiml.recording(audio_address(facts["audio"]), then=then)
        return twiml.announcement(facts["text"], language=facts["language"], voice=facts["voice"], then=then)
    return back(action, leg, report)
