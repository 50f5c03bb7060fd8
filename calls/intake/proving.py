"""Which wishes a batch of reports proves: done, failed, or overtaken."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from calls.control import proof
from calls.control.proof import with_sign
from calls.intake.gather import Gathering
from calls.intake.taps import TapState
from calls.models import Action, Leg, Presence
from calls.twilio.reports import Report

log = logging.getLogger(__name__)
Moved = tuple[Action, dict[str, Any] | None]


def moved(found: Gathering, reports: Sequence[Report], now: datetime) -> Iterator[Moved]:
    """The wishes of which something new was seen, each with what the audit is told if it is settled by it."""
    signs: dict[UUID, list[Report]] = {}
    for report in reports:
        if report.action_id is not None:
            signs.setdefault(report.action_id, []).append(report)
    for action in found.actions:
        if action.state == Action.State.REQUESTED and not action.step:
            continue
        seen = action.seen
        legs = legs_of(found, action.call_id)
        for report in signs.get(action.pk, ()):
            # A stranger at its address proves nothing; an announcement to a whole room is about no leg.
            if report.call_sid in legs or not report.call_sid and is_about(found, action.call_id, report):
                seen = with_sign(seen, report)
        judgement, before, action.seen = None, action.seen, seen
        if action.state != Action.State.REQUESTED:  # what was not sent yet proves nothing
            judgement = judged(action, seen, legs, seats_of(found, legs))
        if judgement is not None:
            yield action, action.learn(judgement.state, at=now, code=judgement.code, message=judgement.message)
        elif any(action.call_id == call.pk for call in found.merged):
            why = "The call turned out to be a part of another one. Look there."
            yield action, action.become(Action.State.OVERTAKEN, at=now, message=why)
        elif seen != before:
            yield action, None


def is_about(found: Gathering, call: UUID, report: Report) -> bool:
    room = found.rooms.get(report.conference_sid)
    return report.call_id == call or room is not None and room.call_id == call


def judged(
    action: Action, seen: dict[str, Any], legs: dict[str, Leg], seats: dict[str, Presence]
) -> proof.Verdict | None:
    """A plan that cannot be judged costs no report: who follows its wish up settles it."""
    try:
        return proof.verdict(action.part.get("proof", {}), seen, legs, seats, taps_of(legs))
    except Exception:
        log.exception("Whether the wish %s came true cannot be judged.", action.pk)
        return None


def legs_of(found: Gathering, call: UUID) -> dict[str, Leg]:
    return {sid: leg for sid, leg in found.legs.items() if leg.call_id == call}


def seats_of(found: Gathering, legs: dict[str, Leg]) -> dict[str, Presence]:
    return {
        presence.leg_id: presence
        for presence in found.presences.values()
        if presence.present and presence.leg_id in legs
    }


def taps_of(legs: dict[str, Leg]) -> dict[str, TapState]:
    """What runs, or ran, beside these legs."""
    return {tap.sid: tap for leg in legs.values() if leg.heard.taps for tap in leg.heard.tapped}
