"""Drills as supervisors see them: what they are told while one is on, how it went, and those that were."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from calls.models import FORGOTTEN_AFTER, Drill, rights_of

SHOWN_FOR = timedelta(seconds=90)  # after its end
SOME = 50


@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """The drill that is on in this person's teams, or was a moment ago. Before the cue there is nothing to tell."""
    at = timezone.now()
    drills = Drill.objects.visible_to(request.user).filter(started_at__gt=at - FORGOTTEN_AFTER)
    last = drills.exclude(cued_at=None).first()
    gone = last is None or (last.ended_at is not None and last.ended_at < at - SHOWN_FOR)
    return JsonResponse({"drill": None if last is None or gone else told(last)})


def told(drill: Drill) -> dict[str, Any]:
    over = {"over": drill.ended_at is not None, "score": drill.score, "outcome": drill.outcome}
    return {"id": drill.pk, "name": drill.name, "cue": drill.cue, "remarks": drill.remarks, **over}


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    drills = Drill.objects.visible_to(request.user).exclude(ended_at=None).select_related("team", "noticed_by", "call")
    return render(request, "desk/drills.html", {"rights": rights_of(request.user), "drills": drills[:SOME]})
