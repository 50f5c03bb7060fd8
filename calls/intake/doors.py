"""Twilio's doors for callbacks: verified, parsed, recorded, and answered when the commit is done."""

import logging

from django.http import HttpResponse

from calls.intake.writer import QueueFull, writer
from calls.twilio.reports import Source
from calls.twilio.signature import TwilioRequest, from_twilio

log = logging.getLogger(__name__)


async def accept(request: TwilioRequest) -> HttpResponse:
    """204 is a promise: the report is on disk. Otherwise 503, and Twilio comes again (`#rc=3&rp=…,5xx`)."""
    try:
        await writer.record(request.report)
    except QueueFull:
        return HttpResponse("Too much is waiting; come again.", status=503, headers={"Retry-After": "1"})
    except Exception as error:  # noqa: BLE001  the database's; content never gets here (a failed fold is kept raw)
        log.error("A report was not recorded: %s", error)
        return HttpResponse("Not recorded; come again.", status=503, headers={"Retry-After": "1"})
    return HttpResponse(status=204)


@from_twilio("status", Source.CALLBACK)
async def status(request: TwilioRequest) -> HttpResponse:
    return await accept(request)


@from_twilio("conference", Source.CALLBACK)
async def conference(request: TwilioRequest) -> HttpResponse:
    return await accept(request)


@from_twilio("recording", Source.CALLBACK)
async def recording(request: TwilioRequest) -> HttpResponse:
    return await accept(request)
