"""What Twilio plays into a room: the announcement of a wish, or the music of a hold. It changes nothing."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone

from calls.control.verbs.redirecting import NOT_APPLIED, action_of, too_late
from calls.control.verbs.sounds import document
from calls.flows.answering import answer
from calls.models import Action
from calls.twilio import twiml
from calls.twilio.reports import Report, Source
from calls.twilio.signature import TwilioRequest, from_twilio


@from_twilio("sound", Source.TWIML, methods=("POST", "GET"))
async def sound(request: TwilioRequest, signed: str) -> HttpResponse:
    return await answer(request, partial(heard, signed))


def heard(signed: str, call_id: UUID, report: Report) -> str:
    """Made for one wish of one call; elsewhere nothing is heard."""
    pk = action_of(signed)
    action = Action.objects.select_related("call").filter(pk=pk).first() if pk else None
    if action is None or report.action_id != pk or call_id not in (action.call_id, action.call.merged_into_id):
        return twiml.silence()
    # Nor is anything heard of which its supervisor was told that it did not happen.
    if too_late(action, timezone.now()) or action.code == NOT_APPLIED:
        return twiml.silence()
    return document(action, report.step)
