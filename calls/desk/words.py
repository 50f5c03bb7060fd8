"""What the pages say of a call, a leg and a wish: the same words as on the live desk (`static/desk/words.js`).

The tables are in English, as browsers and rows have it; what the functions return is in the reader's language.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

# Control characters, and those that turn the direction of what follows: a name must not dress up as another one.
TRICKS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Look(NamedTuple):
    word: str
    icon: str
    look: str


STATES = {
    "waiting": Look(_("Waiting"), "waiting", "waiting"),
    "in-menu": Look(_("In menu"), "menu", "menu"),
    "ringing": Look(_("Ringing"), "ringing", "ringing"),
    "talking": Look(_("In call"), "talking", "talking"),
    "held": Look(_("On hold"), "hold", "hold"),
    "consulting": Look(_("Consulting"), "consulting", "consulting"),
    "with-bot": Look(_("AI agent"), "ai", "ai"),
    "ending": Look(_("Ending"), "ending", "ending"),
    "ended": Look(_("Ended"), "ending", "ended"),
}
UNVERIFIED = Look(_("Unverified"), "unverified", "unverified")
OUTCOMES = {
    "completed": _("Ended"), "missed": _("Missed"), "busy": _("Busy"), "failed": _("Failed"), "canceled": _("Canceled"),
}  # fmt: skip
ROLES = {
    "caller": ("C", _("Caller")),
    "agent": ("A", _("Agent")),
    "external": ("T", _("Other party")),
    "consult": ("T", _("Consult")),
    "supervisor": ("S", _("Supervisor")),
    "bot": ("B", _("AI agent")),
}
LEG_WORDS = {
    "queued": _("about to be dialled"),
    "initiated": _("being dialled"),
    "ringing": _("ringing"),
    "in-progress": _("connected"),
    "completed": _("ended"),
    "busy": _("was busy"),
    "failed": _("failed"),
    "no-answer": _("did not answer"),
    "canceled": _("canceled"),
}
VERBS = {
    "transfer": _("Transfer"), "announce": _("Announce"), "redirect": _("Redirect"), "end": _("End"), "hold": _("Hold"),
    "resume": _("Take off hold"), "mute": _("Mute"), "unmute": _("Unmute"), "kick": _("Remove"),
    "complete": _("Hand over"), "cancel": _("Cancel the consultation"), "swap": _("Swap"), "add": _("Add"),
    "pull": _("Pull"), "move": _("Move"), "front": _("Put first"),
    "monitor": _("Listen"), "leave": _("Leave"), "whisper": _("Whisper"), "barge": _("Speak"),
    "take_over": _("Take over"), "hand_back": _("Give back"),
    "record": _("Record"), "stop_recording": _("Stop recording"), "pause": _("Pause recording"),
    "resume_recording": _("Go on recording"), "privacy": _("Privacy"), "end_privacy": _("End privacy"),
    "transcribe": _("Transcribe"), "stop_transcript": _("Stop transcribing"), "stream": _("Stream"),
    "stop_stream": _("Stop streaming"), "limit": _("Limit"),
}  # fmt: skip
# What goes on with another wish, or takes it back: there is a button for it when that one was made.
UNDOES = {
    "resume", "unmute", "leave", "hand_back", "complete", "cancel", "swap", "stop_recording", "pause",
    "resume_recording", "end_privacy", "stop_transcript", "stop_stream", "front",
}  # fmt: skip
ALARMS = {
    "waiting": _("Callers waiting"), "wait": _("Longest wait"), "service": _("Service level"), "hold": _("On hold"),
    "talk": _("Talk time"), "unverified": _("Unverified"),
}  # fmt: skip
STEPS = {
    "requested": _("recorded"),
    "sending": _("sent"),
    "accepted": _("accepted"),
    "confirmed": _("effect seen"),
    "failed": _("failed"),
    "unknown": _("unknown"),
    "refused": _("refused"),
    "overtaken": _("overtaken"),
    "abandoned": _("needs a human"),
}
# What happens to a leg: a word and an icon each, so that neither hue nor sentence has to carry it alone.
FATES = {
    "goes": (_("ends"), "close"),
    "stays": (_("stays"), "check"),
    "moves": (_("moves"), "transfer"),
    "joins": (_("joins"), "joins"),
    "changes": (_("changes"), "changes"),
    "unsure": (_("not sure"), "unverified"),
}
ENDED_BY = {
    "caller": _("the caller hung up"),
    "agent": _("the agent hung up"),
    "supervisor": _("ended by a supervisor"),
    "external": _("the other party hung up"),
}


def beside_lines(beside: Mapping[str, Any]) -> list[dict[str, str]]:
    """What runs beside the call, in words: `at` is the moment that belongs to it, if there is one."""
    recording = {
        "paused": ("pause", gettext("Recording paused, confirmed at"), beside.get("paused_at", "")),
        "pausing": ("record", gettext("Pausing … still recording"), ""),
        "recording": ("record", gettext("Recording"), ""),
    }.get(beside.get("recording", ""))
    lines = [
        recording,
        ("transcribe", gettext("Transcribed"), "") if beside.get("transcribed") else None,
        ("stream", gettext("Streamed"), "") if beside.get("streamed") else None,
        ("privacy", gettext("Privacy since"), beside["private_since"]) if beside.get("private_since") else None,
        ("limit", gettext("Ends by itself at"), beside["limit_at"]) if beside.get("limit_at") else None,
    ]
    return [{"icon": icon, "words": words, "at": at} for icon, words, at in filter(None, lines)]


def ended_by(call: Mapping[str, Any]) -> str:
    return gettext(ENDED_BY.get(call["ended_by"], ""))


def effect_shown(effect: Mapping[str, Any]) -> dict[str, Any]:
    word, icon = FATES.get(effect["fate"], FATES["unsure"])
    return {**effect, "letter": letter_of(effect), "word": gettext(word), "icon": icon}


def state_of(call: Mapping[str, Any]) -> Look:
    look = STATES.get(call["status"], Look(call["status"], "unverified", "menu"))
    if call["ended_at"]:
        look = STATES["ended"]._replace(word=OUTCOMES.get(call["outcome"], "Ended"))
    elif call["unverified_since"]:
        look = UNVERIFIED
    return look._replace(word=gettext(look.word))


def verb_of(verb: str) -> str:
    return gettext(VERBS.get(verb, verb))


def letter_of(leg: Mapping[str, Any]) -> str:
    return ROLES.get(leg["role"], ("?", ""))[0]


def role_of(leg: Mapping[str, Any]) -> str:
    return gettext(ROLES.get(leg["role"], ("", _("Leg")))[1])


def party_of(leg: Mapping[str, Any]) -> str:
    nobody = gettext("Unknown caller") if leg["role"] == "caller" else role_of(leg)
    return leg["name"] or leg["number"] or nobody


def leg_word(leg: Mapping[str, Any]) -> str:
    if leg["healed"]:
        return gettext("ended, callback lost")
    if leg["unverified"]:
        return gettext("unverified")
    return gettext("on hold") if leg["held"] else gettext(LEG_WORDS.get(leg["status"], leg["status"]))


def leg_look(leg: Mapping[str, Any]) -> str:
    """How its letter is drawn: filled talking, dashed ringing, striped held, outlined listening, faint ended."""
    if leg["ended_at"]:
        return "kend"
    if leg["unverified"]:
        return "kask"
    if leg["held"]:
        return "kheld"
    if leg["role"] == "supervisor":
        return "kear"
    return "kring" if leg["status"] in {"queued", "initiated", "ringing"} else "ktalk"


def hearing(call: Mapping[str, Any]) -> list[str]:
    """A sentence for each who hears somebody; nothing of a call without a room."""
    named = {leg["sid"]: leg["name"] or role_of(leg).lower() for leg in call["legs"]}
    told = []
    for sid, name in named.items():
        heard = [named[speaker] for listener, speaker in call["hears"] or () if listener == sid]
        if heard:
            told.append(gettext("{0} hears {1}.").format(name[0].upper() + name[1:], gettext(" and ").join(heard)))
    return told


def visible(value: Any) -> Any:
    """The same value, and every string in it shows what it holds."""
    if isinstance(value, str):
        return TRICKS.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: visible(each) for key, each in value.items()}
    return [visible(each) for each in value] if isinstance(value, list | tuple) else value
