"""What a leg hears because a supervisor wished it: the documents of transfer, announce and redirect.

An address is made for one action of one call. Whoever else asks there is kept on the line, and nothing happens.
"""

from functools import partial
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from calls.control.verbs import VERBS
from calls.control.verbs.redirecting import NOT_APPLIED, action_of, back, too_late
from calls.flows.answering import answer, ask_again, sent_elsewhere
from calls.models import Action, Leg
from calls.twilio import twiml
from calls.twilio.reports import Report, Source
from calls.twilio.signature import TwilioRequest, from_twilio

A_MOMENT = 30  # seconds


@from_twilio("twiml", Source.TWIML, methods=("POST", "GET"))
async def document(request: TwilioRequest, signed: str) -> HttpResponse:
    return await answer(request, partial(step, signed))


def step(signed: str, call_id: UUID, report: Report) -> str:
    pk = action_of(signed)
    action = Action.objects.select_related("call__line").filter(pk=pk).first() if pk else None
    leg = Leg.objects.get(pk=report.call_sid)
    # The call of the action may have become part of this one.
    if action is None or report.action_id != pk or leg.call_id not in (action.call_id, action.call.merged_into_id):
        return twiml.please_hold(
            f"{settings.PUBLIC_URL}{leg.resume_url or report.url}{twiml.OVERRIDE}", seconds=A_MOMENT
        )
    if report.dial_status and sent_elsewhere(call_id, report):
        return ask_again(report)
    # Nor is anything heard of which its supervisor was told that it did not happen.
    if too_late(action, timezone.now()) or action.code == NOT_APPLIED:
        return back(action, leg, report)
    return VERBS[action.verb].document(action, leg, report)
