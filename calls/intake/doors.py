"""Twilio's doors for callbacks: verified, parsed, recorded, and answered when the commit is done.

Each is reached in two ways: as an ordinary Django view, and (`hot`) ahead of Django's handler, which alone costs ten
times what is done here. Both judge by the same function and answer by the same function.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.http import HttpResponse

from calls.intake.writer import QueueFull, writer
from calls.twilio.reports import Report, Source
from calls.twilio.signature import MAX_BODY, TwilioRequest, from_twilio, judge, knock_at

log = logging.getLogger(__name__)
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def accept(report: Report) -> HttpResponse:
    """204 is a promise: the report is on disk. Otherwise 503, and Twilio comes again (`#rc=3&rp=…,5xx`)."""
    try:
        await writer.record(report)
    except QueueFull:
        return HttpResponse("Too much is waiting; come again.", status=503, headers={"Retry-After": "1"})
    except Exception as error:  # noqa: BLE001  the database's; content never gets here (a failed fold is kept raw)
        log.error("A report was not recorded: %s", error)
        return HttpResponse("Not recorded; come again.", status=503, headers={"Retry-After": "1"})
    return HttpResponse(status=204)


@from_twilio("status", Source.CALLBACK)
async def status(request: TwilioRequest) -> HttpResponse:
    return await accept(request.report)


@from_twilio("conference", Source.CALLBACK)
async def conference(request: TwilioRequest) -> HttpResponse:
    return await accept(request.report)


@from_twilio("recording", Source.CALLBACK)
async def recording(request: TwilioRequest) -> HttpResponse:
    return await accept(request.report)


@from_twilio("transcription", Source.CALLBACK)
async def transcription(request: TwilioRequest) -> HttpResponse:
    return await accept(request.report)


@from_twilio("stream", Source.CALLBACK)
async def stream(request: TwilioRequest) -> HttpResponse:
    return await accept(request.report)


# Ahead of Django --------------------------------------------------------------------------------------------------

HOT = {
    b"/twilio/status/": "status",
    b"/twilio/conference/": "conference",
    b"/twilio/recording/": "recording",
    b"/twilio/transcription/": "transcription",
    b"/twilio/stream/": "stream",
}


def hot_door(scope: Mapping[str, Any]) -> str:
    """The door that this request is at, or "" when there is anything odd about it: then it is Django's."""
    path = scope.get("raw_path") or b""
    odd = scope["method"] != "POST" or scope.get("root_path") or not scope["query_string"].isascii()
    return "" if odd or scope["path"] != path.decode("latin-1") else HOT.get(path, "")


async def hot(door: str, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    body = await whole(receive)
    if body is None:
        return
    found = judge(lambda: knock_at(scope, body), door=door, source=Source.CALLBACK)
    answer = found if isinstance(found, HttpResponse) else await accept(found)
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in answer.items()]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


async def whole(receive: Receive) -> bytes | None:
    """The body, cut where it is longer than anything we take; None if whoever sent it has hung up."""
    body, more = b"", True
    while more and len(body) <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body[: MAX_BODY + 1]
