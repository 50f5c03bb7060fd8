"""The board as it is now, for a desk that opens.

Reached in two ways: as an ordinary Django view, and ahead of Django's handler, which alone takes longer than the rest.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET

from calls.live import frames
from calls.live.hub import BOARD_AGE, hub
from calls.live.rights import watch
from calls.live.tail import tail
from calls.models import Rights

log = logging.getLogger(__name__)
# One at a time: who waits finds most of the pieces packed. Callbacks do not wait for who opens a desk.
packer = ThreadPoolExecutor(1, thread_name_prefix="pack")
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


@require_GET
@login_not_required  # asks for itself, and without the database that it may have to say is gone
async def board(request: HttpRequest) -> HttpResponse:
    """The picture as it is, from the mirror: packed once per audience and position, whoever asks."""
    await tail.ensure_started()
    if not hub.live:
        return no_board()
    rights = await who_asks(request)
    if isinstance(rights, HttpResponse):
        return rights
    picture = hub.picture(rights.audience)
    about = {"ETag": picture.etag, "X-Desk-Rights": rights.digest, "X-Desk-Now": frames.moment(timezone.now()) or ""}
    if request.headers.get("If-None-Match") == picture.etag:
        return HttpResponseNotModified(headers=about)
    loop = asyncio.get_running_loop()
    if not picture.quick:
        await loop.run_in_executor(packer, picture.gzipped)
    body = picture.gzipped()
    # Who says nothing of it takes any encoding (RFC 9110, 12.5.3).
    if GZIP.search(request.headers.get("Accept-Encoding", "gzip")):
        about["Content-Encoding"] = "gzip"
    else:
        body = await loop.run_in_executor(packer, picture.plain)
    return HttpResponse(body, content_type="application/json", headers={**about, "Vary": "Accept-Encoding"})


async def who_asks(request: HttpRequest) -> Rights | HttpResponse:
    """Whose session this is, read together with all who ask at the same time; or why nothing is shown."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    try:
        async with asyncio.timeout(BOARD_AGE):
            rights = (await watch.read([key])).get(key)
    except Exception as error:  # noqa: BLE001  the database's: who this is cannot be known now
        log.warning("Rights cannot be read: %s", error or "no answer in time")
        return no_board()
    if rights is None:
        return HttpResponse("Please sign in.", status=401, content_type="text/plain")
    if not rights.watched:
        return HttpResponse(
            "You are not a member of a team whose calls you may watch.", status=403, content_type="text/plain"
        )
    return rights


def no_board() -> HttpResponse:
    return HttpResponse(
        "The board cannot be read now.", status=503, content_type="text/plain", headers={"Retry-After": "2"}
    )


# Ahead of Django --------------------------------------------------------------------------------------------------

# What of settings.MIDDLEWARE gives an answer its headers; the rest is about forms, messages, languages and who asks.
DRESS = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "callcenter.middleware.NoStoreMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def asks_for_board(scope: Mapping[str, Any]) -> bool:
    """Not if there is anything odd about it: then it is Django's to answer."""
    odd = scope["method"] != "GET" or scope.get("root_path") or scope["query_string"]
    return scope.get("raw_path") == b"/desk/board/" and not odd


async def hot_board(scope: dict[str, Any], send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    request = ASGIRequest(scope, BytesIO())
    response = dressed(request, await board(request))
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    if response.content:
        headers.append((b"Content-Length", str(len(response.content)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


def dressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    answer: Callable[[HttpRequest], HttpResponse] = lambda request: response  # noqa: E731  what a middleware wants
    for name in DRESS:
        answer = import_string(name)(answer)
    patch_vary_headers(response, ["Cookie"])  # as of all that asks who somebody is
    return answer(request)
