"""The matrix of what runs beside a call: recordings, transcriptions, streams, privacy, the time limit."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.control.floor import Desk
from tests.control.scenes import Scene, talking

if TYPE_CHECKING:
    from tests.control.witness import Witness


def after(make: Callable[[Desk], Scene], *wishes: tuple[str, dict[str, str]]) -> Callable[[Desk], Scene]:
    """The scene after these wishes were granted."""

    def scene(desk: Desk) -> Scene:
        there = make(desk)
        for verb, fields in wishes:
            desk.does(there.call, verb, **{name: desk.known.get(value, value) for name, value in fields.items()})
        return Scene(desk, there.call, there.first, there.other, wishes=len(wishes))

    return scene


recorded = after(talking, ("record", {}))
SHAPES = {
    "while it is recorded": recorded,
    "while the recording is paused": after(talking, ("record", {}), ("pause", {})),
    "while it is transcribed and streamed": after(talking, ("transcribe", {}), ("stream", {"destination": "ears"})),
    "while privacy is on": after(talking, ("record", {}), ("privacy", {})),
}
WISHES = {
    "record": lambda s: ("record", {}),
    "record the other leg": lambda s: ("record", {"leg": s.other}),
    "stop recording": lambda s: ("stop_recording", {}),
    "pause the recording": lambda s: ("pause", {}),
    "let the recording go on": lambda s: ("resume_recording", {}),
    "transcribe": lambda s: ("transcribe", {"language": "de-DE"}),
    "transcribe Klingon": lambda s: ("transcribe", {"language": "tlh"}),
    "stop transcribing": lambda s: ("stop_transcript", {}),
    "stream": lambda s: ("stream", {"destination": s.desk.known["ears"]}),
    "stream to nowhere": lambda s: ("stream", {}),
    "stop streaming": lambda s: ("stop_stream", {}),
    "privacy": lambda s: ("privacy", {"minutes": "5"}),
    "end privacy": lambda s: ("end_privacy", {}),
    "limit": lambda s: ("limit", {"minutes": "60"}),
    "take the limit away": lambda s: ("limit", {"minutes": "0"}),
    "limit to nothing": lambda s: ("limit", {}),
}
DONE, GONE, RINGS = "confirmed", "refused:call_ended", "refused:not_answered"
NOT_RECORDED, NOTHING, PRIVATE, RUNS = (
    f"refused:{code}" for code in ("not_recorded", "not_running", "privacy", "running")
)
TABLE = {
    "in the greeting": {
        "record": DONE,
        "transcribe": DONE,
        "limit": DONE,
        "pause the recording": NOT_RECORDED,
        "end privacy": "refused:no_privacy",
    },
    "while the agent is rung": {"record": DONE, "record the other leg": RINGS, "limit": DONE},
    "while talking": {
        "record": DONE,
        "record the other leg": DONE,
        "stop recording": NOT_RECORDED,
        "pause the recording": NOT_RECORDED,
        "let the recording go on": NOT_RECORDED,
        "transcribe": DONE,
        "transcribe Klingon": "refused:language",
        "stop transcribing": NOTHING,
        "stream": DONE,
        "stream to nowhere": "refused:destination",
        "stop streaming": NOTHING,
        "privacy": NOTHING,
        "end privacy": "refused:no_privacy",
        "limit": DONE,
        "take the limit away": DONE,
        "limit to nothing": "refused:minutes",
    },
    "hearing an announcement": {"record": DONE, "limit": DONE},  # they wait for nobody
    "bridged by another application": {"record": DONE, "transcribe": DONE, "limit": DONE},
    "in a click-to-call": {"record": DONE, "limit": DONE},
    "while the customer is rung": {"record": RINGS, "transcribe": RINGS, "stream": RINGS, "limit": RINGS},
    "with a customer who is alone": {"record": DONE, "limit": DONE},
    "in a foreign conference": {"record": DONE, "record the other leg": DONE, "privacy": NOTHING, "limit": DONE},
    "waiting in a queue": {"record": DONE, "limit": DONE},
    "while an agent is called into the room": {"record": DONE, "record the other leg": RINGS},
    "two in a room": {"record": DONE, "record the other leg": DONE, "transcribe": DONE, "stream": DONE, "limit": DONE},
    "after the end": {"record": GONE, "pause the recording": GONE, "privacy": GONE, "limit": GONE},
    "while it is recorded": {
        "record": RUNS,
        "stop recording": DONE,
        "pause the recording": DONE,
        "let the recording go on": DONE,
        "privacy": DONE,
        "transfer to an agent": DONE,
        "announce": DONE,
        "end the call": DONE,
    },
    "while the recording is paused": {
        "pause the recording": "refused:paused",
        "let the recording go on": DONE,
        "stop recording": DONE,
        "privacy": DONE,
        "end the call": DONE,
    },
    "while it is transcribed and streamed": {
        "transcribe": RUNS,
        "stream": RUNS,
        "record": DONE,
        "stop transcribing": DONE,
        "stop streaming": DONE,
        "privacy": DONE,
        "end the call": DONE,
    },
    "while privacy is on": {
        "privacy": PRIVATE,
        "record": PRIVATE,
        "transcribe": PRIVATE,
        "stream": PRIVATE,
        "let the recording go on": PRIVATE,
        "pause the recording": "refused:paused",
        "end privacy": DONE,
        "end the call": DONE,
    },
}


# What is seen of it at the far side --------------------------------------------------------------------------------


def seen(witness: "Witness", sid: str, then: str) -> bool | None:
    """Whether it is so at Twilio; None if that is not about what runs beside a leg."""
    if then.startswith("is not recorded until somebody"):
        return statuses(witness, sid) == ["paused"]
    if then.endswith("until privacy is over"):
        return silent(witness, sid)
    if then.startswith("is recorded"):
        return statuses(witness, sid) == ["in-progress"]
    if then == "is not recorded any more":
        return set(statuses(witness, sid)) <= {"stopped", "processing", "completed", "absent"}
    if then.startswith(("is transcribed", "is not transcribed")):
        return last_event(witness, sid, "transcription") == ("-stopped" if " not " in then else "-started")
    if then.startswith(("is streamed", "is not streamed")):
        return streams(witness, sid) == (" not " not in then)
    if then.startswith("is hung up in"):
        return 2400 < limit(witness, sid) < 4800  # counted from the answer, and the simulated clock runs ahead
    if then == "has no time limit any more":
        return limit(witness, sid) > 14_000
    return True if then == "ends with it" else None


def statuses(witness: "Witness", sid: str) -> list[str]:
    found = witness.desk.floor.rest("GET", f"Calls/{sid}/Recordings")["recordings"]
    return [one["status"] for one in found]


def silent(witness: "Witness", sid: str) -> bool:
    quiet = last_event(witness, sid, "transcription") in ("", "-stopped") and not streams(witness, sid)
    return quiet and "in-progress" not in statuses(witness, sid)


def last_event(witness: "Witness", sid: str, purpose: str) -> str:
    """What it said of itself last, besides what somebody said."""
    told = witness.desk.floor.twilio.webhooks(purpose, sid)
    words = [dict(one["params"])["TranscriptionEvent"] for one in told]
    return next((word.removeprefix(purpose) for word in reversed(words) if not word.endswith("content")), "")


def streams(witness: "Witness", sid: str) -> bool:
    """By what came over the sockets."""
    ears = witness.desk.floor.ears
    began = [one["streamSid"] for one in ears.of("start") if one["start"]["callSid"] == sid]
    return any(one not in {end["streamSid"] for end in ears.of("stop")} for one in began)


def limit(witness: "Witness", sid: str) -> int:
    """Seconds, as Twilio was last told."""
    asked = [one for one in witness.desk.floor.twilio.asked() if one["path"].endswith(f"/Calls/{sid}.json")]
    return max(int(dict(one["params"]).get("TimeLimit", 0)) for one in asked)
