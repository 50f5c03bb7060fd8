"""What is heard in a room because somebody wished it: an announcement once, the music of a hold until it is over."""

from calls.control.verbs.announce import audio_address
from calls.control.verbs.requests import sound
from calls.models import Action
from calls.twilio import twiml


def document(action: Action, step: str) -> str:
    """`say` → `after`, whose request proves that it was heard; `music` is without end. Of Play, Say, Pause and Redirect
    alone: nothing else is allowed in a room (13238)."""
    facts = action.plan["facts"]
    recorded = audio_address(facts["audio"]) if "audio" in facts else ""
    if step not in ("say", "music") or not (recorded or facts.get("text")):
        return twiml.silence()
    if step == "music":
        if recorded:
            return twiml.looped(recorded)
        return twiml.repeated(facts["text"], language=facts["language"], voice=facts["voice"])
    then = sound(action, "after")
    if recorded:
        return twiml.recording(recorded, then=then)
    return twiml.announcement(facts["text"], language=facts["language"], voice=facts["voice"], then=then)
