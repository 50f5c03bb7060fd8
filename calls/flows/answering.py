"""How a door answers a request for TwiML: recorded first, then the document of the step; 503 makes Twilio ask again."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from calls.control.verbs.lift import room_for
from calls.intake.writer import writer
from calls.models import Action, Leg
from calls.twilio import twiml
from calls.twilio.reports import Report
from calls.twilio.signature import TwilioRequest

SORRY = "All our agents are busy. Please call again later. Goodbye."
# After a request that replaces a leg's document, the <Dial> it was in asks its action once more, in vain: measured
# within half a second, and asked again up to three times if we are slow.
IN_VAIN = timedelta(seconds=15)
SECOND_THOUGHTS = 5  # seconds
TURNS, TURN = 40, 0.05  # and its length in seconds: how long the other one may take to ask for the way into a room
log = logging.getLogger(__name__)


async def answer(request: TwilioRequest, step: Callable[[UUID, Report], str]) -> HttpResponse:
    try:
        recorded = await writer.record(request.report)
        if recorded.call_id is None:  # kept, but nobody knows whose it is
            document = twiml.goodbye(SORRY)
        else:
            document = await into_the_room(recorded.call_id, request.report)
            document = document or await sync_to_async(step)(recorded.call_id, request.report)
    except Exception as error:  # noqa: BLE001  the database's, or a full queue
        log.error("A caller's next step was not answered: %s", error)
        return HttpResponse("Come again.", status=503, headers={"Retry-After": "1"})
    return HttpResponse(document, content_type="text/xml; charset=utf-8")


async def into_the_room(call_id: UUID, report: Report) -> str:
    """Whose <Dial> is over because a wish moved the other one into a room follows there: as soon as the other one has
    asked for the way, so that nobody is there alone. "" for everybody else."""
    if report.door not in ("dial", "twiml"):
        return ""
    for _ in range(TURNS):
        document = await sync_to_async(room_for)(call_id, report)
        if document is not None:
            return document
        await asyncio.sleep(TURN)
    return ask_again(report)


def sent_elsewhere(call_id: UUID, report: Report) -> bool:
    """Did a wish just replace this leg's document? Then its <Dial> ended for that, and nobody hung up
    (twilio.com/en-us/changelog, 2021-05-24: the action is requested, and its answer ignored).

    Only one that was sent since the leg got the document with this <Dial>.
    """
    if report.was:
        return False
    leg = Leg.objects.get(pk=report.call_sid)
    since = max(filter(None, (timezone.now() - IN_VAIN, leg.heard.resumed_at)))
    asked = Action.objects.filter(call=call_id, sent_at__gt=since)
    asked = asked.exclude(state__in=(Action.State.REFUSED, Action.State.FAILED))
    return any(report.call_sid in plan.get("moves", ()) for plan in asked.values_list("plan", flat=True))


def ask_again(report: Report) -> str:
    """For whom Twilio does wait for an answer after all: the same question a little later, with what it said now."""
    was = "answered" if report.talked else report.dial_status or "completed"
    url = report.url if report.was else f"{report.url}&was={was}"  # who is asked a third time has said it already
    return twiml.please_hold(f"{settings.PUBLIC_URL}{url}{twiml.OVERRIDE}", seconds=SECOND_THOUGHTS)


def visit_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
