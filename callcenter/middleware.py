"""What every answer to a browser carries."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def NoStoreMiddleware(get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]):
    """Pages show who called whom: nothing of them may stay in a cache."""

    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponse:
            return no_store(await get_response(request))
    else:

        def middleware(request: HttpRequest) -> HttpResponse:
            return no_store(get_response(request))

    return middleware


def no_store(response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Cache-Control", "no-store")
    return response
