"""Who may not be on a call as a supervisor any more does not go on hearing it: a right was taken away, or the person
was disabled, and the desk went blank; the telephone would not."""

import logging
import time
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from calls.models import Audit, Call, Leg, Presence, append_audit, twilio_down
from calls.models.rights import read_rights
from calls.twilio import gateway

# One of these on the call's team is enough, whichever they came by.
ENOUGH = ("monitor_call", "whisper_call", "barge_call", "take_over_call")
AGAIN = timedelta(seconds=5)  # until somebody is taken out once more
PATIENCE = 2.0  # seconds for one of them
MOST = 4  # a round
LONG_AGO = datetime.min.replace(tzinfo=UTC)
asked: dict[str, datetime] = {}  # legs, and when
log = logging.getLogger(__name__)


def end_listening() -> None:
    """One round; in as many processes as like: who is gone is gone, and it is written down once."""
    now = timezone.now()
    for sid in [sid for sid, at in asked.items() if now - at > AGAIN]:
        del asked[sid]
    unwanted = [leg for leg in without_right() if now - asked.get(leg.pk, LONG_AGO) > AGAIN]
    if not unwanted or twilio_down() is not None:
        return
    for leg in unwanted[:MOST]:
        asked[leg.pk] = now
        if (room := to_leave(leg)) is not None:
            take_out(leg, room)


def without_right() -> list[Leg]:
    """Supervisors' legs that live, of people who may not be there."""
    live = Leg.objects.filter(ended_at=None, person__isnull=False, role=Leg.Role.SUPERVISOR, unverified=False)
    legs = list(live.select_related("call").order_by("pk"))
    rights = read_rights({leg.person_id for leg in legs if leg.person_id}) if legs else {}
    return [
        leg
        for leg in legs
        if not any(rights[leg.person_id or 0].may(codename, leg.call.team_id) for codename in ENOUGH)
    ]


def to_leave(leg: Leg) -> str | None:
    """The room that they hear; None if they are in none, or if the caller would have nobody left to talk to."""
    seat = Presence.objects.filter(leg=leg, present=True).first()
    if seat is None:
        return None
    if seat.muted or seat.coaching:
        return seat.room_id
    others = Presence.objects.filter(room=seat.room_id, present=True, leg__ended_at=None, held=False, muted=False)
    company = others.exclude(leg__role__in=(Leg.Role.CALLER, Leg.Role.SUPERVISOR)).exists()
    return seat.room_id if company and not seat.end_on_exit else None


def take_out(leg: Leg, room: str) -> None:
    try:
        gateway.remove_participant(room, leg.pk, until=time.monotonic() + PATIENCE)
    except (gateway.Refused, gateway.Unreachable) as error:
        log.warning("Who may not listen any more could not be taken out: %s", error)
        return
    with transaction.atomic():
        call = Call.objects.select_for_update().get(pk=leg.call_id)
        known = Audit.objects.filter(call_id=call.pk, what="listening.ended", facts__leg=leg.pk)
        if not known.exists():
            entry = {"what": "listening.ended", "user_id": leg.person_id, "call_id": call.pk, "facts": {"leg": leg.pk}}
            append_audit([entry], at=timezone.now())
