"""Is the process alive, and can it work?"""

import asyncio

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.live.hint import layer_answers
from calls.models import Board, Report
from calls.twilio.reports import Source

PATIENCE = 3  # seconds; who asks gives up soon after


@login_not_required
@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database and the channel layer answer; tells how old the last callback is (seconds)."""
    found: dict[str, object] = {}
    try:
        found["database"], found["last_callback_age"] = await sync_to_async(database)()
    except Exception:  # noqa: BLE001  whatever the driver raises: not ready
        found["database"] = False
    try:
        async with asyncio.timeout(PATIENCE):
            found["layer"] = await layer_answers()
    except TimeoutError:
        found["layer"] = False
    return JsonResponse(found, status=200 if found["database"] and found["layer"] else 503)


def database() -> tuple[bool, float | None]:
    there = Board.objects.filter(pk=1).exists()
    said = Report.objects.exclude(source=Source.REST)  # what we asked for says nothing about who calls us
    last = said.order_by("-received_at").values_list("received_at", flat=True).first()
    return there, None if last is None else round((timezone.now() - last).total_seconds(), 1)
