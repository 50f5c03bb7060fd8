"""Plans for what runs beside a leg: recording, transcription, media stream, the privacy switch; and for a time limit.

None of them touches the conversation. Twilio records, transcribes and streams a leg, not a room: the caller's, which
hears and says all that the caller hears and says (twilio.com/docs/voice/api/recording, …/media-streams).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from calls.control.cast import NOT_YET_ANSWERED, Cast, LegView
from calls.control.plan import NO_SUCH_LEG, Plan, Refusal, sentence
from calls.control.plans.seats import others_stay
from calls.intake.taps import PAUSES, RESUMES

SOON = 5  # seconds until Twilio has said so
READY = 20  # seconds until a recording that is stopped can be had, which is what is reported
RESOURCES = {"recording": "Recordings", "transcription": "Transcriptions", "stream": "Streams"}
BEGINS = {"record": "recording", "transcribe": "transcription", "stream": "stream"}
# In whole sentences: other languages turn them round.
TITLES = {
    "recording": "Record the call of {}?",
    "transcription": "Transcribe the call of {}?",
    "stream": "Stream the call of {}?",
}
MAY_MIND = {
    "recording": "Whoever talks to {} may have to be told that they are recorded.",
    "transcription": "Whoever talks to {} may have to be told that they are transcribed.",
    "stream": "Whoever talks to {} may have to be told that they are streamed.",
}
BROKE_OFF = {
    "recording": "Twilio began, and it broke off: nothing is recorded.",
    "transcription": "Twilio began, and it broke off: nothing is transcribed.",
    "stream": "Twilio began, and it broke off: nothing is streamed.",
}
RUNS_ALREADY = {
    "recording": "This call is recorded already.",
    "transcription": "This call is transcribed already.",
    "stream": "This call is streamed already.",
}
NO_MORE = {
    "recording": "is not recorded any more",
    "transcription": "is not transcribed any more",
    "stream": "is not streamed any more",
}
NOTHING = {
    "recording": "Nothing of this call is recorded, as far as this desk knows.",
    "transcription": "Nothing of this call is transcribed.",
    "stream": "Nothing of this call is streamed.",
}
NOT_DONE = {
    "recording": "is not recorded",
    "stream": "is not streamed",
    "transcription": "is not transcribed",
}
AND_NOT = {"stream": "{} and not streamed", "transcription": "{} and not transcribed"}
MOST_MINUTES = 240
RECORDED = {
    "RecordingChannels": "dual",
    "RecordingStatusCallback": "door:twilio-recording",
    "RecordingStatusCallbackMethod": "POST",
    "RecordingStatusCallbackEvent": ["in-progress", "completed", "absent"],
}


@dataclass(frozen=True)
class Running:
    """`paused`: a recording of which Twilio has said so since anybody last wished it to go on. `wish`: of one that is
    just being begun and has no sid yet; `sent`: that wish may have reached Twilio."""

    sid: str
    kind: str  # recording | transcription | stream
    leg: str
    paused: bool = False
    wish: str = ""
    sent: bool = False


@dataclass(frozen=True)
class Beside:
    """What runs beside the legs of a call, and what is just being begun. `private`: the privacy switch is on; `now` in
    ms since 1970, and from `trusted` on a look says how a recording is."""

    running: Sequence[Running] = ()
    begun: Sequence[Running] = ()
    private: bool = False
    now: int = 0
    trusted: int = 0

    def of(self, *kinds: str) -> list[Running]:
        return [one for one in self.running if one.kind in kinds]


# Begin -----------------------------------------------------------------------------------------------------------


def begin(
    cast: Cast, leg: LegView | None, beside: Beside, kind: str, *, verb: str, to: str = "", values: Mapping[str, Any]
) -> Plan:
    """Record, transcribe or stream a leg. `to`: the name of who it is streamed to, or the language; `values`: for
    Twilio, in which `door:<name>` is an address of ours that names the wish."""
    who = cast.noun(leg) if leg else "somebody"
    plan = Plan(verb, leg.sid if leg else "", TITLES[kind].format(cast.who))
    why = unheard(cast, leg) or no_more_of(beside, kind)
    if leg is None or why is not None:
        return plan.refused(why or NO_SUCH_LEG)
    return replace(
        plan,
        what=f"to {to}" if kind == "stream" else to,
        effects=(cast.effect(leg, begun(kind, to), "changes"), *others_stay(cast, leg.sid)),
        warnings=(MAY_MIND[kind].format(who),),
        sends=({"beside": RESOURCES[kind], "sid": leg.sid, "start": dict(values)},),
        proof={"began": leg.sid, "failed": BROKE_OFF[kind]},
        seconds=SOON,
        looks=(leg.sid,),
    )


def begun(kind: str, to: str) -> str:
    if kind == "stream":
        return f"is streamed to {to}, with all that is heard there"
    if kind == "transcription":
        return f"is transcribed in {to}, with all that is heard there"
    return "is recorded, with all that is heard there"


def unheard(cast: Cast, leg: LegView | None) -> Refusal | None:
    """Twilio takes a leg that is in progress (21220). Of an inbound leg we hear late that it is, so it is asked for."""
    if leg is None:
        return NO_SUCH_LEG
    if leg.status in NOT_YET_ANSWERED and leg.direction.startswith("outbound"):
        return Refusal(
            "not_answered", sentence(f"{cast.noun(leg)} has not answered yet: there is nothing to be heard.")
        )
    return None


def no_more_of(beside: Beside, kind: str) -> Refusal | None:
    if beside.private:
        return Refusal("privacy", "The privacy switch is on: end it first.")
    if beside.of(kind):
        return Refusal("running", RUNS_ALREADY[kind])
    return None


# Pause and go on -------------------------------------------------------------------------------------------------


def pause(cast: Cast, beside: Beside) -> Plan:
    """Until a look says that it is paused, it is taken for recording; and a resume that is still on its way may yet
    arrive, so that a look counts only after that."""
    tapes = beside.of("recording")
    plan = Plan("pause", "", "Pause the recording?", overtakes=RESUMES)
    if not tapes:
        return plan.refused(NOT_RECORDED)
    if all(one.paused for one in tapes):
        return plan.refused(Refusal("paused", "The recording is paused already."))
    return replace(
        plan,
        effects=changed(cast, tapes, "is not recorded until somebody lets it go on"),
        warnings=("Until it is confirmed, assume that it still records.",),
        sends=tuple(tape_to(one, "paused") for one in tapes),
        proof=tapes_are("paused", tapes, max(beside.now, beside.trusted)),
        seconds=SOON,
        looks=legs_of(tapes),
        taps=sids_of(tapes),
    )


def resume(cast: Cast, beside: Beside) -> Plan:
    tapes = beside.of("recording")
    plan = Plan("resume_recording", "", "Let the recording go on?", overtakes=PAUSES)
    if not tapes:
        return plan.refused(NOT_RECORDED)
    if beside.private:
        return plan.refused(Refusal("privacy", "The privacy switch is on: end it first."))
    return replace(
        plan,
        effects=changed(cast, tapes, "is recorded again"),
        warnings=("Are no card numbers read aloud any more?",),
        sends=tuple(tape_to(one, "in-progress") for one in tapes),
        proof=tapes_are("in-progress", tapes, beside.now),
        seconds=SOON,
        looks=legs_of(tapes),
        taps=sids_of(tapes),
    )


def tape_to(one: Running, status: str) -> dict[str, Any]:
    """PauseBehavior: silence keeps the times in the recording right."""
    to = {"Status": status} | ({"PauseBehavior": "silence"} if status == "paused" else {})
    return {"beside": "Recordings", "sid": one.leg, "its": one.sid, "to": to, "each": True}


def tapes_are(status: str, tapes: Sequence[Running], after: int) -> dict[str, Any]:
    return {"tapes": list(sids_of(tapes)), "are": status, "after": after, "beside": {one.sid: one.leg for one in tapes}}


# Stop ------------------------------------------------------------------------------------------------------------


def stop(cast: Cast, beside: Beside, kind: str, *, verb: str) -> Plan:
    """For good: what is recorded, transcribed or streamed after this is another one."""
    mine = beside.of(kind)
    title = {"recording": "Stop recording?", "transcription": "Stop transcribing?", "stream": "Stop streaming?"}[kind]
    # Nothing may be sent again that would let a stopped recording go on, or be paused.
    overtakes = (*PAUSES, *RESUMES) if kind == "recording" else ()
    plan = Plan(verb, "", title, overtakes=overtakes)
    if not mine:
        return plan.refused(NOT_RECORDED if kind == "recording" else Refusal("not_running", NOTHING[kind]))
    lost = ("A recording that is stopped does not go on: another one would be begun.",) if kind == "recording" else ()
    return replace(
        plan,
        effects=changed(cast, mine, NO_MORE[kind]),
        warnings=lost,
        sends=tuple(stopping(one) for one in mine),
        proof=silent(mine),
        seconds=READY if kind == "recording" else SOON,
        looks=legs_of(mine),
        taps=sids_of(beside.of(kind)) if kind == "recording" else (),
    )


def stopping(one: Running) -> dict[str, Any]:
    return {"beside": RESOURCES[one.kind], "sid": one.leg, "its": one.sid, "to": {"Status": "stopped"}, "each": True}


def silent(taps: Sequence[Running]) -> dict[str, Any]:
    return {"silent": list(sids_of(taps)), "beside": {one.sid: one.leg for one in taps}}


# The privacy switch ----------------------------------------------------------------------------------------------


def privacy(cast: Cast, beside: Beside, *, minutes: int) -> Plan:
    """Everything at once: recordings are paused, transcriptions and streams stopped. Nothing goes on by itself; after
    `minutes` the desk reminds of it.

    What is just being begun: what Twilio was not asked for yet is not asked for any more; of the rest nobody knows the
    sid, so it is paused or stopped as soon as that is told (floor.tapes), and until then this is not confirmed."""
    tapes, others = beside.of("recording"), beside.of("transcription", "stream")
    plan = Plan("privacy", "", "Switch on privacy?", f"for {minutes} min", overtakes=RESUMES, withdraws=tuple(BEGINS))
    if beside.private and not others and not beside.begun and all(one.paused for one in tapes):
        return plan.refused(Refusal("privacy", "The privacy switch is on already."))
    if not tapes and not others and not beside.begun:
        return plan.refused(Refusal("not_running", NOTHING_AT_ALL))
    stopped = ("What is transcribed or streamed is stopped, and is begun anew by hand.",) if others else ()
    after = max(beside.now, beside.trusted)
    coming = {one.wish: one.leg for one in beside.begun if one.sent}
    all_of_them = (*beside.running, *beside.begun)
    return replace(
        plan,
        effects=changed(cast, all_of_them, "{} until privacy is over"),
        warnings=(
            "Until it is confirmed, assume that it still records.",
            *stopped,
            f"It does not end by itself: after {minutes} min the desk reminds of it.",
        ),
        sends=(*(tape_to(one, "paused") for one in tapes), *(stopping(one) for one in others)),
        proof={"all": [tapes_are("paused", tapes, after), silent(others), {"coming": coming, "after": after}]},
        seconds=SOON,
        facts={"minutes": minutes, "coming": list(coming)},
        looks=legs_of(all_of_them),
        taps=sids_of(tapes),
    )


def end_privacy(cast: Cast, beside: Beside) -> Plan:
    """The recordings go on. What was transcribed or streamed was stopped, and is not begun again by this."""
    tapes = beside.of("recording")
    plan = Plan("end_privacy", "", "End privacy?", overtakes=PAUSES)
    if not beside.private:
        return plan.refused(Refusal("no_privacy", "The privacy switch is not on."))
    live = [leg for leg in cast.live if leg.sid not in legs_of(tapes)]
    nothing = [cast.effect(leg, "is not touched", "stays") for leg in live]
    return replace(
        plan,
        effects=changed(cast, tapes, "is recorded again") if tapes else tuple(nothing),
        warnings=("What was transcribed or streamed does not begin again by this.",),
        sends=tuple(tape_to(one, "in-progress") for one in tapes),
        proof=tapes_are("in-progress", tapes, beside.now),
        seconds=SOON,
        looks=legs_of(tapes) or tuple(leg.sid for leg in cast.live),
        taps=sids_of(tapes),
    )


# What they share -------------------------------------------------------------------------------------------------

NOTHING_AT_ALL = "Nothing of this call is recorded, transcribed or streamed."
NOT_RECORDED = Refusal("not_recorded", NOTHING["recording"])


def changed(cast: Cast, taps: Sequence[Running], then: str) -> tuple[Any, ...]:
    """`then` of each leg that has one of them; {} stands for all that is not done beside it any more."""
    effects = []
    for leg in (leg for leg in cast.live if leg.sid in legs_of(taps)):
        first, *more = sorted({one.kind for one in taps if one.leg == leg.sid}, key=list(NOT_DONE).index)
        words = NOT_DONE[first]
        for kind in more:
            words = AND_NOT[kind].format(words)
        effects.append(cast.effect(leg, then.format(words), "changes"))
    return (*effects, *others_stay(cast, *legs_of(taps)))


def legs_of(taps: Iterable[Running]) -> tuple[str, ...]:
    return tuple(sorted({one.leg for one in taps}))


def sids_of(taps: Iterable[Running]) -> tuple[str, ...]:
    return tuple(sorted(one.sid for one in taps))


# The time limit --------------------------------------------------------------------------------------------------


def limit(cast: Cast, leg: LegView | None, *, minutes: int, until: str) -> Plan:
    """Twilio ends the leg by itself, `minutes` from now; 0 takes the limit away again. `until`: when that is (ISO)."""
    who = cast.noun(leg) if leg else "somebody"
    title = f"End the call of {cast.who} in {minutes} min?" if minutes else "Take the time limit away?"
    plan = Plan("limit", leg.sid if leg else "", title)
    why = unheard(cast, leg)
    if leg is None or why is not None:
        return plan.refused(why or NO_SUCH_LEG)
    then = f"is hung up in {minutes} min, unless it has ended by then" if minutes else "has no time limit any more"
    children = [child for child in cast.children(leg.sid) if minutes]
    return replace(
        plan,
        what=f"to {minutes} min" if minutes else "taken away",
        effects=(
            cast.effect(leg, then, "changes"),
            *(cast.effect(child, "ends with it", "changes") for child in children),
            *others_stay(cast, leg.sid, *(child.sid for child in children)),
        ),
        warnings=(sentence(f"{who} is not told before: announce it."),) if minutes else (),
        sends=({"sid": leg.sid, "until": until},),
        proof={"answered": leg.sid, "words": "Twilio took it, and tells nothing more of it until then."},
        seconds=SOON,
        facts={"until": until if minutes else ""},
        looks=(leg.sid,),
    )
