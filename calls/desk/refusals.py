"""Refusals that no view makes itself: nothing there, not allowed, not sent by a page of ours."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from calls.control.perform import Answer

WATCHES = "You may watch here, and change nothing: that is for who can."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, 404, "There is nothing here that you may see.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, 403, str(exception) or "You may not do this.")


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The CSRF check found no token of ours. `reason` is for developers."""
    return refuse(request, 403, "This page is out of date. Reload it, then try again.")


def refuse(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(Answer(status, "refused", sentence).as_json(), status=status)
    return render(request, "refused.html", {"sentence": sentence}, status=status)


def wants_json(request: HttpRequest) -> bool:
    """The desk's own requests do; a plain form, or whoever takes anything, gets a page."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
