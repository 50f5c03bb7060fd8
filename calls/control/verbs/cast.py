"""What the rows say of a call's parties, as the plans want it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from calls.control.cast import Cast, LegView, Seat
from calls.control.plan import Plan, Refusal, unmovable
from calls.live.frames import mask
from calls.models import Action, Call, Leg, Presence


class Together(list[Leg]):
    """The legs of a call as they will be: with the `seats` of a room that two of them are yet to be moved into."""

    def __init__(self, legs: Sequence[Leg], seats: dict[str, Seat]) -> None:
        super().__init__(legs)
        self.seats = seats


def cast_of(call: Call, legs: Sequence[Leg]) -> Cast:
    return Cast(
        legs=[leg for leg in legs if not leg.unverified],
        who=mask(outside_of(call, legs)) or "an unknown caller",
        names={leg.sid: leg.who for leg in legs if leg.who},
        contacts={leg.sid: leg.agent.contact for leg in legs if leg.agent},
        rooms=legs.seats if isinstance(legs, Together) else seats_of(legs),
    )


def seats_of(legs: Sequence[Leg]) -> dict[str, Seat]:
    present = Presence.objects.filter(leg__in=[leg.sid for leg in legs if leg.live], present=True)
    return {
        each.leg_id: Seat(
            room=each.room_id,
            name=each.room.name,
            # Of another application's room nobody need tell us that it began.
            started=each.room.status == "in-progress" or not each.room.name.startswith("call-"),
            muted=each.muted,
            held=each.held,
            coaching=each.coaching,
            coaches=each.coaches,
            end_on_exit=each.end_on_exit,
        )
        for each in present.select_related("room")
    }


def outside_of(call: Call, legs: Sequence[Leg]) -> str:
    """The address of whom the call is with: of a click-to-call, who is dialled for the agent."""
    if not call.direction.startswith("outbound"):
        return call.from_number
    others = [leg.to_number for leg in legs if leg.role == Leg.Role.EXTERNAL and leg.direction.startswith("outbound")]
    return next(iter(others), call.to_number)


def our_number(call: Call) -> str:
    """Who calls, when somebody is called into the call's room: the line, else our side of it."""
    if call.line is not None:
        return call.line.address
    return call.from_number if call.direction.startswith("outbound") else call.to_number


def consulted(call: Call) -> Action | None:
    """The wish that put the caller on hold for a consultation, if nobody has ended that or put them on hold anew."""
    done = Q(verb__in=("complete", "cancel", "hold"), state=Action.State.CONFIRMED)
    told = call.actions.filter(done | Q(verb="transfer", plan__facts__consult=True)).order_by("-requested_at").first()
    return told if told is not None and told.verb == "transfer" else None


def over(call: Call, verb: str) -> Plan | None:
    """The plan for a call on which nothing can be wished any more."""
    if call.merged_into_id is not None:
        return Plan(
            verb,
            "",
            TITLES[verb],
            refusals=(Refusal("merged", "This call became part of another one: use that one."),),
        )
    if call.ended_at is not None:
        return Plan(verb, "", TITLES[verb], refusals=(Refusal("call_ended", "The call has ended already."),))
    return None


TITLES = {
    "end": "End the call?", "transfer": "Transfer?", "announce": "Announce?", "redirect": "Send to another flow?",
    "kick": "Remove from the call?", "pull": "Pull to somebody?", "front": "Put first?",
    "move": "Move to another queue?",
    "monitor": "Listen?", "leave": "Leave?", "whisper": "Whisper?", "barge": "Speak?",
    "take_over": "Take over?", "hand_back": "Give back?",
    "hold": "Hold?", "resume": "Resume?", "mute": "Mute?", "unmute": "Unmute?",
    "complete": "Complete?", "cancel": "Cancel?", "swap": "Swap?", "add": "Add?",
    "record": "Record?", "stop_recording": "Stop recording?", "pause": "Pause?",
    "resume_recording": "Resume recording?", "privacy": "Privacy?", "end_privacy": "End privacy?",
    "transcribe": "Transcribe?", "stop_transcript": "Stop transcript?", "stream": "Stream?",
    "stop_stream": "Stop stream?", "limit": "Limit?",
}  # fmt: skip


def refused(verb: str, code: str, message: str) -> Plan:
    return Plan(verb, "", TITLES[verb], refusals=(Refusal(code, message),))


def legs_to_choose(cast: Cast) -> list[dict[str, Any]]:
    """Every live leg, and why it cannot be moved."""
    return [leg_to_choose(cast, leg) for leg in cast.live]


def leg_to_choose(cast: Cast, leg: LegView) -> dict[str, Any]:
    why = unmovable(cast, leg)
    return {
        "sid": leg.sid,
        "role": leg.role,
        "name": cast.name(leg),
        "may": why is None,
        "why": why.message if why else "",
    }
