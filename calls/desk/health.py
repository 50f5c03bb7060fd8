"""Is the process alive, and can it work?"""

import asyncio
from datetime import datetime

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.live.hint import layer_answers
from calls.models import Board, pulse

PATIENCE = 3  # seconds; who asks gives up soon after


@login_not_required
@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database and the channel layer answer.

    Tells how old (seconds) the last callback is, and the last comparison with Twilio's own list of calls.
    """
    found: dict[str, object] = {}
    try:
        found |= await sync_to_async(database)()
    except Exception:  # noqa: BLE001  whatever the driver raises: not ready
        found["database"] = False
    try:
        async with asyncio.timeout(PATIENCE):
            found["layer"] = await layer_answers()
    except TimeoutError:
        found["layer"] = False
    return JsonResponse(found, status=200 if found["database"] and found["layer"] else 503)


def database() -> dict[str, object]:
    seen, now = pulse(), timezone.now()
    return {
        "database": Board.objects.filter(pk=1).exists(),
        "last_callback_age": age(seen.callback_at, now),
        "last_sweep_age": age(seen.swept_at, now),
        "provider": seen.word,
    }


def age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else round((now - at).total_seconds(), 1)
