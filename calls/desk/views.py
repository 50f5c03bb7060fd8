"""The desk and the wishes made on it. Each view: who may, what was asked, do it, answer."""

import logging
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from calls.control.perform import Answer, preview, why_not
from calls.control.perform import wish as perform
from calls.control.verbs import VERBS
from calls.desk.refusals import wants_json
from calls.desk.sign_in import step_up
from calls.desk.standing import standing
from calls.intake.reconcile.verify import verify as verify_call
from calls.models import Action, Agent, Bulk, Call, Line, Preferences, Waiting, append_audit, rights_of, simulated

log = logging.getLogger(__name__)


class SignedIn(HttpRequest):
    """A request behind LoginRequiredMiddleware."""

    user: User


@require_GET
def desk(request: SignedIn) -> HttpResponse:
    rights = rights_of(request.user)
    if not rights.watched and Agent.objects.filter(user=request.user.pk).exists():
        return redirect("agent")  # nothing is to be seen here by who takes calls and no more
    known = " ".join(VERBS)
    context = {
        "rights": rights,
        "CANCEL_SECONDS": settings.CANCEL_SECONDS,
        "drills": simulated(),
        # Offered on the demo, until one has seen it or said no.
        "tour": simulated() and not Preferences.objects.filter(user=request.user, toured=True).exists(),
        "no_lines": not Line.objects.exists(),
        "verbs": known,
        "bulk": Bulk.objects.filter(by=request.user, stopped_at=None, finished_at=None).first(),
    }
    return render(request, "desk/desk.html", context)


@require_GET
def verbs(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What can be wished on this call as it is now; the rest with why not."""
    call = visible(request, pk, "team", "line", "agent", "position")
    # While an agent is rung for who waits, what can be wished changes though the call's picture does not.
    passing = Waiting.objects.filter(call=call, left_at=None).exclude(agent=None).exists()
    can = standing(call, rights_of(request.user))
    return JsonResponse({"shape": str(call.shape), "verbs": can, "passing": passing})


@require_GET
def plan(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """What the wish would do, and whether this person may make it."""
    call = visible(request, pk, "team", "position")
    rights = rights_of(request.user)
    made, shape = preview(call, verb_named(verb), wished(request.GET), rights)
    forbidden = why_not(call, verb, made, rights)
    told = made.told()
    others = [refusal.as_json() for refusal in made.refusals if forbidden is None or refusal != forbidden[1]]
    refusals = ([forbidden[1].as_json()] if forbidden else []) + others
    return JsonResponse({**told, "refusals": refusals, "allowed": not refusals, "shape": shape, "key": str(uuid4())})


@require_POST
def wish(request: SignedIn, pk: UUID, verb: str) -> HttpResponse:
    """A wish: `Idempotency-Key` and `If-Match` as headers or as fields `key`, `shape`."""
    call = visible(request, pk)
    asked = verb_named(verb)
    try:
        key = UUID(request.headers.get("Idempotency-Key") or request.POST.get("key", ""))
    except ValueError:
        return refuse(request, call, verb, 422, "key", "The wish has no key: open the dialog again.")
    shape = request.headers.get("If-Match") or request.POST.get("shape", "")
    fields = wished(request.POST)
    try:
        stepped_up = step_up(request)
    except PermissionDenied as error:
        return refuse(request, call, verb, 403, "step_up", str(error))
    return answer(
        request,
        pk,
        perform(call.pk, request.user, verb, asked, fields, key=key, shape=shape.strip('"'), stepped_up=stepped_up),
    )


def refuse(request: SignedIn, call: Call, verb: str, status: int, code: str, why: str) -> HttpResponse:
    """Written down like what is refused further in (`control.perform`)."""
    entry = {"what": "action.refused", "user_id": request.user.pk, "call_id": call.pk}
    with transaction.atomic():
        append_audit([entry | {"facts": {"verb": verb, "code": code}}], at=timezone.now())
    return answer(request, call.pk, Answer(status, Action.State.REFUSED, why, code=code))


FIELDS = {
    "target", "leg", "mode", "destination", "to", "announcement", "text", "language", "voice", "twiml", "minutes",
    "queue",
}  # fmt: skip


@require_POST
def verify(request: SignedIn, pk: UUID) -> HttpResponse:
    """Is this call still what we show? Twilio is asked for its live legs at once."""
    call = visible(request, pk)
    found = verify_call(call.pk, request.user)
    return answer(request, pk, Answer(found.status, found.state, found.message))


def wished(said: QueryDict) -> dict[str, str]:
    return {name: value for name, value in said.dict().items() if name in FIELDS and isinstance(value, str)}


def answer(request: HttpRequest, pk: UUID, told: Answer) -> HttpResponse:
    """JSON for the desk; for a plain form the call's page, which shows the sentence."""
    if wants_json(request):
        replayed = {"Replayed": "true"} if told.replayed else {}
        return JsonResponse(told.as_json(), status=told.status, headers=replayed)
    messages.add_message(request, messages.ERROR if told.status >= 400 else messages.INFO, told.message)
    return redirect("call", pk)


def visible(request: HttpRequest, pk: UUID, *related: str) -> Call:
    """The getter is the check: what this person may not see is a 404."""
    return get_object_or_404(Call.objects.visible_to(request.user).select_related(*related), pk=pk)


def verb_named(name: str) -> Any:
    if name not in VERBS:
        raise Http404
    return VERBS[name]
