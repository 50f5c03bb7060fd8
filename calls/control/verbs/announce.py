"""Announce: one leg hears a text or a recording, and goes on where it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.signing import Signer
from django.urls import reverse

from calls.control.plan import Cast, LegView, Plan
from calls.control.plan import announce as announce_plan
from calls.control.verbs.cast import cast_of, legs_to_choose, over, refused
from calls.control.verbs.redirecting import ABSOLUTE, address, back, send
from calls.models import Action, Announcement, Call, Leg, Rights
from calls.models.library import LANGUAGES, VOICES
from calls.twilio import twiml
from calls.twilio.reports import Report

__all__ = ["ABSOLUTE", "EXCLUSIVE", "choices", "document", "plan", "send"]
EXCLUSIVE = True
audio = Signer(salt="calls.audio", sep="~")


def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: announcement (an id of the library) or text, language and voice; target (a leg's sid)."""
    if (done := over(call, "announce")) is not None:
        return done
    if fields.get("target") in ("room", "call"):
        return refused("announce", "target", "This call is in no room: choose one leg of it.")
    cast = cast_of(call, legs)
    leg = cast.moved(fields.get("target", ""))
    if fields.get("announcement"):
        return of_library(call, cast, leg, fields["announcement"])
    text, language, voice = fields.get("text", ""), fields.get("language") or "en-US", fields.get("voice", "")
    if not twiml.spoken(text).strip():
        return refused("announce", "text", "Choose an announcement, or type what is said.")
    if len(text) > twiml.LONGEST_SPOKEN:
        return refused("announce", "text", f"That is longer than {twiml.LONGEST_SPOKEN:,} characters.")
    if language not in dict(LANGUAGES):
        return refused("announce", "language", "That language is not spoken here.")
    if voice and voice not in dict(VOICES):
        return refused("announce", "voice", "There is no such voice.")
    facts = {"text": twiml.spoken(text), "language": language, "voice": voice}
    return announce_plan(cast, leg, heard=facts["text"], seconds=twiml.how_long(text), facts=facts)


def of_library(call: Call, cast: Cast, leg: LegView | None, pk: str) -> Plan:
    known = pk.isascii() and pk.isdecimal() and len(pk) < 10
    found = Announcement.objects.of(call.team_id).filter(pk=pk).first() if known else None
    if found is None:
        return refused("announce", "announcement", "There is no such announcement for calls of this team.")
    facts: dict[str, Any] = {"text": found.text, "language": found.language, "voice": found.voice}
    seconds = twiml.how_long(found.text)
    if found.audio:
        facts, seconds = {"audio": found.pk}, found.seconds or 30
    return announce_plan(cast, leg, heard=found.name, seconds=seconds, facts=facts)


def audio_address(pk: int) -> str:
    """Where Twilio gets the recording of an announcement. Nobody else knows the address: it is signed."""
    return settings.PUBLIC_URL + reverse("twilio-audio", args=[audio.sign(str(pk))])


def choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    library = [
        {
            "id": str(one.pk),
            "name": one.name,
            "text": one.text,
            "seconds": one.seconds or 30 if one.audio else twiml.how_long(one.text),
            "language": dict(LANGUAGES).get(one.language, one.language),
        }
        for one in Announcement.objects.of(call.team_id)
    ]
    return {
        "announcements": library,
        "languages": [list(one) for one in LANGUAGES],
        "voices": [list(one) for one in VOICES],
        "legs": legs_to_choose(cast_of(call, legs)),
        "longest": twiml.LONGEST_SPOKEN,
    }


def document(action: Action, leg: Leg, report: Report) -> str:
    """say → after → back where it was."""
    if report.step == "say":
        facts, then = action.plan["facts"], address(action, "after")
        if "audio" in facts:
            return twiml.recording(audio_address(facts["audio"]), then=then)
        return twiml.announcement(facts["text"], language=facts["language"], voice=facts["voice"], then=then)
    return back(action, leg, report)
