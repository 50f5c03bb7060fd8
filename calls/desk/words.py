"""What the pages say of a call, a leg and a wish: the same words as on the live desk (`static/desk/words.js`). Pure."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

# Control characters, and those that turn the direction of what follows: a name must not dress up as another one.
TRICKS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Look(NamedTuple):
    word: str
    icon: str
    look: str


STATES = {
    "waiting": Look("Waiting", "waiting", "waiting"),
    "in-menu": Look("In menu", "menu", "menu"),
    "ringing": Look("Ringing", "ringing", "ringing"),
    "talking": Look("In call", "talking", "talking"),
    "held": Look("On hold", "hold", "hold"),
    "consulting": Look("Consulting", "consulting", "consulting"),
    "with-bot": Look("AI agent", "ai", "ai"),
    "ending": Look("Ending", "ending", "ending"),
    "ended": Look("Ended", "ending", "ended"),
}
UNVERIFIED = Look("Unverified", "unverified", "unverified")
OUTCOMES = {"completed": "Ended", "missed": "Missed", "busy": "Busy", "failed": "Failed", "canceled": "Canceled"}
ROLES = {
    "caller": ("C", "Caller"),
    "agent": ("A", "Agent"),
    "external": ("T", "Other party"),
    "consult": ("T", "Consult"),
    "supervisor": ("S", "Supervisor"),
    "bot": ("B", "AI agent"),
}
LEG_WORDS = {
    "queued": "about to be dialled",
    "initiated": "being dialled",
    "ringing": "ringing",
    "in-progress": "connected",
    "completed": "ended",
    "busy": "was busy",
    "failed": "failed",
    "no-answer": "did not answer",
    "canceled": "canceled",
}
VERBS = {"transfer": "Transfer", "announce": "Announce", "redirect": "Redirect", "end": "End"}
STEPS = {
    "requested": "recorded",
    "sending": "sent",
    "accepted": "accepted",
    "confirmed": "effect seen",
    "failed": "failed",
    "unknown": "unknown",
    "refused": "refused",
    "overtaken": "overtaken",
    "abandoned": "needs a human",
}
# What happens to a leg: a word and an icon each, so that neither hue nor sentence has to carry it alone.
FATES = {
    "goes": ("ends", "close"),
    "stays": ("stays", "check"),
    "moves": ("moves", "transfer"),
    "joins": ("joins", "joins"),
    "unsure": ("not sure", "unverified"),
}
ENDED_BY = {
    "caller": "the caller hung up",
    "agent": "the agent hung up",
    "supervisor": "ended by a supervisor",
    "external": "the other party hung up",
}


def effect_shown(effect: Mapping[str, Any]) -> dict[str, Any]:
    word, icon = FATES.get(effect["fate"], FATES["unsure"])
    return {**effect, "letter": letter_of(effect), "word": word, "icon": icon}


def state_of(call: Mapping[str, Any]) -> Look:
    if call["ended_at"]:
        return STATES["ended"]._replace(word=OUTCOMES.get(call["outcome"], "Ended"))
    if call["unverified_since"]:
        return UNVERIFIED
    return STATES.get(call["status"], Look(call["status"], "unverified", "menu"))


def letter_of(leg: Mapping[str, Any]) -> str:
    return ROLES.get(leg["role"], ("?", ""))[0]


def role_of(leg: Mapping[str, Any]) -> str:
    return ROLES.get(leg["role"], ("", "Leg"))[1]


def party_of(leg: Mapping[str, Any]) -> str:
    nobody = "Unknown caller" if leg["role"] == "caller" else role_of(leg)
    return leg["name"] or leg["number"] or nobody


def leg_word(leg: Mapping[str, Any]) -> str:
    if leg["healed"]:
        return "ended, callback lost"
    if leg["unverified"]:
        return "unverified"
    return "on hold" if leg["held"] else LEG_WORDS.get(leg["status"], leg["status"])


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


def visible(value: Any) -> Any:
    """The same value, and every string in it shows what it holds."""
    if isinstance(value, str):
        return TRICKS.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: visible(each) for key, each in value.items()}
    return [visible(each) for each in value] if isinstance(value, list | tuple) else value
