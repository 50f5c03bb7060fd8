"""Lift: before a verb that needs a room, the two whom a <Dial> connects are moved into the room of their call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from calls.control.plan import Plan
from calls.control.plans import lift
from calls.control.verbs.cast import Together, cast_of
from calls.control.verbs.redirecting import address, goodbye
from calls.models import Action, Call, Leg, Presence, Rights
from calls.twilio import twiml
from calls.twilio.reports import Report

# Who dialled is asked for at once, and again by Twilio if we do not answer.
AT_ONCE = timedelta(seconds=60)
OURS = ("agent", "consult", "supervisor")


@dataclass(frozen=True)
class Lifting:
    """The verb, for calls that are in no room as well."""

    verb: Any

    def plan(self, call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
        made: Plan = self.verb.plan(call, legs, fields, rights)
        if not any(why.code == "no_room" for why in made.refusals):
            return made
        cast = cast_of(call, legs)
        if (why_not := lift.why_not(cast, returns(call))) is not None:
            return replace(made, refusals=(why_not,))
        if lift.pair(cast) is None:
            return made
        there = Together(legs, lift.together(cast, call.room))
        return lift.first(cast, self.verb.plan(call, there, fields, rights), call.room)

    def choices(self, call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
        cast = cast_of(call, legs)
        chosen: dict[str, Any] = self.verb.choices(call, legs, rights)
        if lift.pair(cast) is None or lift.why_not(cast, returns(call)) is not None:
            return chosen
        there: dict[str, Any] = self.verb.choices(call, Together(legs, lift.together(cast, call.room)), rights)
        known = chosen.get("legs", ())
        if not any(leg["may"] for leg in known):
            return there
        # To whom it can be done where they are, nobody is moved for it; only who is there in a room alone comes new.
        more = [leg for leg in there["legs"] if leg["sid"] not in {each["sid"] for each in known}]
        return chosen | {"legs": [*known, *more]}

    def document(self, action: Action, leg: Leg, report: Report) -> str:
        """room → left. Only who was dialled asks for these: the other one comes by its own <Dial> (`room_for`)."""
        if report.step == "room":
            return enter(action, leg, then=address(action, "left"))
        if report.step == "left":
            return twiml.hang_up() if leg.role in OURS else goodbye(action, "thanks")
        heard: str = self.verb.document(action, leg, report)
        return heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self.verb, name)


def returns(call: Call) -> bool:
    """The application that answers this line has said that the `action` of its <Dial> leads here."""
    return call.line is not None and call.line.dial_returns


def enter(action: Action, leg: Leg, *, then: str) -> str:
    label = "caller" if leg.role == Leg.Role.CALLER else f"{leg.role}-{leg.sid[-12:]}"
    return twiml.enter_room(
        action.call.room,
        action=then,
        wait="",
        events=twiml.absolute(settings.PUBLIC_URL, reverse("twilio-conference"), call=action.call_id),
        label=label,
        starts=True,
    )


def room_for(call_id: UUID, report: Report) -> str | None:
    """The document for who dialled, if their <Dial> is over because the other one went into the room: the room, too,
    and behind it what would have come behind the <Dial>. "": it is over for another reason. None: not known yet."""
    action = lifted(call_id, report.call_sid)
    if action is None or report.dial_duration is not None:  # only who hung up is told of with a duration
        return ""
    child = Leg.objects.get(pk=action.plan["facts"]["lift"]["child"])
    been_there = Presence.objects.filter(leg=report.call_sid, room__name=action.call.room).exists()
    if child.sid != report.dialled_sid and (report.dialled_sid or been_there) or child.ended_at:
        return ""
    if action.seen.get("room") != child.sid:
        return None
    leg = Leg.objects.get(pk=report.call_sid)
    return enter(action, leg, then=f"{settings.PUBLIC_URL}{report.url}{twiml.OVERRIDE}")


def lifted(call_id: UUID, parent: str) -> Action | None:
    """The wish that is moving these two now."""
    wishes = Action.objects.filter(call=call_id, requested_at__gt=timezone.now() - AT_ONCE).select_related("call")
    wishes = wishes.exclude(state__in=(Action.State.REFUSED, Action.State.FAILED))
    moving = [one for one in wishes if one.plan.get("facts", {}).get("lift", {}).get("parent") == parent]
    return moving[0] if moving else None
