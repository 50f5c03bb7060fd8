"""A caller phones in: a greeting, then one agent of the line's team after the other, then a kind goodbye.

Every answer is a pure function of the call and the step and visit in the address: Twilio may ask twice.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from calls.intake.writer import writer
from calls.models import Agent, Call, Leg, Visit
from calls.twilio import twiml
from calls.twilio.reports import Report, Source
from calls.twilio.signature import TwilioRequest, from_twilio

RING_SECONDS = 20
TRIES = 3
GREETING = "Thank you for calling. We are connecting you."
THANKS = "Thank you for calling. Goodbye."
SORRY = "All our agents are busy. Please call again later. Goodbye."
NOBODY_HERE = "Nobody can take your call at this number. Goodbye."
log = logging.getLogger(__name__)


@from_twilio("voice", Source.TWIML)
async def voice(request: TwilioRequest) -> HttpResponse:
    return await answer(request, voice_step)


@from_twilio("dial", Source.TWIML, methods=("POST", "GET"))
async def dial(request: TwilioRequest) -> HttpResponse:
    return await answer(request, after_ringing)


async def answer(request: TwilioRequest, step: Callable[[UUID, Report], str]) -> HttpResponse:
    """Recorded before it is answered. 503 makes Twilio ask again, which hears the same."""
    try:
        recorded = await writer.record(request.report)
        if recorded.call_id is None:  # kept, but nobody knows whose it is
            document = twiml.goodbye(SORRY)
        else:
            document = await sync_to_async(step)(recorded.call_id, request.report)
    except Exception as error:  # noqa: BLE001  the database's, or a full queue
        log.error("A caller's next step was not answered: %s", error)
        return HttpResponse("Come again.", status=503, headers={"Retry-After": "1"})
    return HttpResponse(document, content_type="text/xml; charset=utf-8")


def voice_step(call_id: UUID, report: Report) -> str:
    """The first request of a call, or a later one that our own answer asked for (`step`, `visit`)."""
    call = Call.objects.select_related("line").get(pk=call_id)
    if call.kind != "inbound":
        return twiml.goodbye(NOBODY_HERE)
    if report.step == "ring":
        return ring(call, visit_of(report.visit))
    return twiml.greeting(call.line.greeting or GREETING if call.line else GREETING, then=url("voice", call, visit=1))


def ring(call: Call, visit: int) -> str:
    agent = agent_for(call, visit)
    if agent is None:
        return twiml.goodbye(SORRY)
    return twiml.ring(
        agent.contact,
        action=url("dial", call, visit=visit),
        status=twiml.absolute(settings.PUBLIC_URL, reverse("twilio-status"), call=call.pk, role=Leg.Role.AGENT),
        seconds=RING_SECONDS,
    )


def after_ringing(call_id: UUID, report: Report) -> str:
    """The `action` of <Dial> (twilio.com/docs/voice/twiml/dial): talked, or not answered and the next one rings."""
    call = Call.objects.get(pk=call_id)
    visit = visit_of(report.visit)
    if report.bridged or report.dial_status in {"completed", "answered"}:
        return twiml.goodbye(THANKS)
    if visit >= TRIES:
        return twiml.goodbye(SORRY)
    return twiml.go_on(url("voice", call, visit=visit + 1))


def agent_for(call: Call, visit: int) -> Agent | None:
    """Who is rung at this visit: decided once, the same when asked again."""
    with transaction.atomic():
        Call.objects.select_for_update().get(pk=call.pk)
        decided = Visit.objects.select_related("agent").filter(call=call, step="ring", visit=visit).first()
        if decided is None:
            decided = Visit.objects.create(
                call=call, step="ring", visit=visit, agent=free_agent(call), at=timezone.now()
            )
    return decided.agent


def free_agent(call: Call) -> Agent | None:
    """Of the line's team: available, on no call, not just being rung for another, and longest without a call."""
    if call.team_id is None:
        return None
    mates = Agent.objects.filter(teams=call.team_id, state=Agent.State.AVAILABLE)
    # Of two callers at once the second waits here, and then sees whom the first one got. `no_key`: the commit of a
    # report checks its foreign keys to agents and need not wait.
    list(mates.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    just_now = timezone.now() - timedelta(seconds=RING_SECONDS + 5)
    theirs = Q(to_number=OuterRef("contact")) | Q(from_number=OuterRef("contact"))
    talking = Leg.objects.filter(theirs, ended_at=None, unverified=False)
    rung = Visit.objects.filter(agent=OuterRef("pk"), at__gt=just_now, call__ended_at=None).exclude(call=call)
    tried = Visit.objects.filter(agent=OuterRef("pk"), call=call)
    return (
        mates.exclude(Exists(talking) | Exists(rung) | Exists(tried))
        .annotate(rung_at=Max("visit__at"))
        .order_by(F("rung_at").asc(nulls_first=True), "pk")
        .first()
    )


def url(door: str, call: Call, *, visit: int) -> str:
    path = reverse(f"twilio-{door}")
    return twiml.absolute(settings.PUBLIC_URL, path, call=call.pk, role=Leg.Role.CALLER, step="ring", visit=visit)


def visit_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
