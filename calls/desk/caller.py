"""What else is known of a call's caller: the number in full, if one asks for it, and their calls before this one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from calls.desk.refusals import refuse
from calls.desk.views import SignedIn, visible
from calls.live import frames
from calls.models import Call, append_audit, rights_of

BACK = timedelta(hours=24)
SOME = 10
# What stands in place of a number that was withheld: such callers have nothing in common.
# https://help.twilio.com/articles/223179988
NOBODYS = {"", "anonymous", "restricted", "unknown", "unavailable", "+266696687", "+86282452253", "+7378742833"}


@require_POST
def reveal(request: SignedIn, pk: UUID) -> HttpResponse:
    """The number in full, for who may see it; that they looked is written down."""
    call = visible(request, pk, "team")
    if not rights_of(request.user).may("view_numbers", call.team_id):
        where = call.team.name if call.team else "calls without a team"
        return refuse(request, 403, f"You need the permission “Can see telephone numbers” on {where}.")
    entry = {"what": "number.revealed", "user_id": request.user.pk, "call_id": call.pk}
    with transaction.atomic():
        append_audit([entry], at=timezone.now())
    return JsonResponse({"caller": outside(call)})


@require_GET
def earlier(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Calls from and to the same number in the last 24 hours, of the teams that one watches; the newest first."""
    call, rights = visible(request, pk), rights_of(request.user)
    hidden = (call.team_id, True) not in rights.audience
    may = hidden and rights.may("view_numbers", call.team_id)
    return JsonResponse({"calls": [told(one) for one in before(call, request)], "reveal": may})


def before(call: Call, request: HttpRequest) -> list[Call]:
    number = outside(call)
    if number.lower() in NOBODYS:
        return []
    theirs = Q(from_number=number) | Q(to_number=number, direction__startswith="outbound")
    recent = Call.objects.visible_to(request.user).filter(theirs, started_at__gt=timezone.now() - BACK)
    others = recent.filter(merged_into=None).exclude(pk=call.pk).select_related("line", "agent", "team")
    return list(others.order_by("-started_at")[:SOME])


def outside(call: Call) -> str:
    return call.to_number if call.direction.startswith("outbound") else call.from_number


def told(call: Call) -> dict[str, Any]:
    return {
        "id": str(call.pk),
        "started_at": frames.moment(call.started_at),
        "ended_at": frames.moment(call.ended_at),
        "status": call.status,
        "outcome": call.outcome,
        "unverified_since": frames.moment(call.unverified_since),
        "direction": call.direction,
        "line": call.line.name if call.line else "",
        "agent": call.agent.name if call.agent else "",
    }
