"""What is too much now, and what supervisors say to it: I see to it, or not now.

Either quiets it for everybody, so it takes somebody who may do something about it.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from calls.desk.refusals import WATCHES
from calls.desk.views import SignedIn
from calls.live.alarms import told
from calls.models import Alarm, Rights, append_audit, in_teams, rights_of

SNOOZES = (5, 15, 30)  # minutes


@require_GET
def now(request: SignedIn) -> HttpResponse:
    """The same as the desk's socket tells, for who asks."""
    return JsonResponse({"alarms": [told(alarm) for alarm in open_ones(rights_of(request.user))]})


@require_POST
def ack(request: SignedIn, pk: int) -> HttpResponse:
    """Quiet until it is over, or worse. Whoever says so last is its owner."""
    return say(request, pk, {}, acked_at=timezone.now(), snoozed_until=None)


@require_POST
def snooze(request: SignedIn, pk: int) -> HttpResponse:
    """Quiet for so many minutes, unless it is over or worse before."""
    minutes = {str(choice): choice for choice in SNOOZES}.get(request.POST.get("minutes", ""))
    until = timezone.now() + timedelta(minutes=minutes or 0)
    return say(request, pk, {"minutes": minutes}, acked_at=None, snoozed_until=until)


def say(request: SignedIn, pk: int, facts: dict[str, int | None], **said: object) -> HttpResponse:
    """One that is over by now needs nobody any more. Who has silenced it for everybody is in the audit."""
    rights = rights_of(request.user)
    alarm = get_object_or_404(Alarm.objects.filter(in_teams(rights.watched)), pk=pk)
    if not rights.may_act(alarm.team_id):
        return JsonResponse({"message": WATCHES}, status=403)
    if None in facts.values():
        return JsonResponse({"message": "For five, fifteen or thirty minutes."}, status=422)
    what = "alarm.snoozed" if facts else "alarm.acknowledged"
    with transaction.atomic():
        if not Alarm.objects.filter(pk=alarm.pk, cleared_at=None).update(owner=request.user, **said):
            return JsonResponse({"message": "It is over already."}, status=409)
        entry = {"what": what, "user_id": request.user.pk, "facts": facts | {"alarm": alarm.pk}}
        append_audit([entry], at=timezone.now())
    return JsonResponse({"alarm": told(Alarm.objects.select_related("team", "queue", "owner").get(pk=alarm.pk))})


def open_ones(rights: Rights) -> "QuerySet[Alarm]":
    return Alarm.objects.filter(in_teams(rights.watched), cleared_at=None).select_related("team", "queue", "owner")
