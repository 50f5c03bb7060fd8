"""The queues as supervisors see them: who waits, in which order, and what can be wished for one or for all."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db.models import Min, Q, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from calls.control import policy
from calls.control.plans.queues import rung
from calls.control.verbs.announce import library_of
from calls.control.verbs.redirect import FLOWS
from calls.desk import views, words
from calls.desk.refusals import wants_json
from calls.floor.bulk import RATE, VERBS_IN_BULK
from calls.live import frames
from calls.models import Bulk, Call, Destination, Queue, Rights, Waiting, rights_of
from calls.models.library import LANGUAGES, VOICES
from calls.twilio import twiml

ON_EACH = ("pull", "front", "move", "announce", "end")
SOME = 5  # bulks that were
AT_ONCE = timedelta(seconds=1)


@require_GET
def index(request: views.SignedIn) -> HttpResponse:
    rights = rights_of(request.user)
    queues = Queue.objects.filter(team__in=rights.teams).select_related("team")
    if wants_json(request):
        return JsonResponse({"queues": [queue_told(each, of_queue(each, request.user)) for each in queues]})
    shown = [{"queue": queue, "waiting": len(of_queue(queue, request.user))} for queue in queues]
    return render(request, "desk/queues.html", {"rights": rights, "queues": shown})


def queue_told(queue: Queue, waiting: list[UUID]) -> dict[str, Any]:
    return {"id": queue.pk, "name": queue.name, "team": queue.team.name, "waiting": len(waiting)}


@require_GET
def page(request: views.SignedIn, pk: int) -> HttpResponse:
    """Who waits, the first one first."""
    rights = rights_of(request.user)
    queue = queue_named(str(pk), rights)
    calls = of_queue(queue, request.user)
    waiting = entries().filter(call__in=calls).select_related("call__team", "call__line", "agent")
    places = [place_shown(entry, rights) for entry in waiting.order_by("place", "pk")]
    bulks = Bulk.objects.filter(queue=queue)
    context = {
        "rights": rights,
        "queue": queue,
        "places": words.visible(places),
        "bulk": [verb for verb in VERBS_IN_BULK if rights.may(policy.PERMISSION[verb], queue.team_id)],
        "bulks": [(one, words.verb_of(one.verb)) for one in bulks.select_related("by")[:SOME]],
        "announcements": words.visible(library_of(Call(team=queue.team))),
        "destinations": Destination.objects.of(queue.team_id).filter(kind__in=FLOWS),
        "languages": LANGUAGES,
        "voices": VOICES,
        "longest": twiml.LONGEST_SPOKEN,
        "rate": RATE,
        "keys": {verb: uuid4() for verb in VERBS_IN_BULK},
        "now": timezone.now(),
    }
    return render(request, "desk/queue.html", context)


def place_shown(entry: Waiting, rights: Rights) -> dict[str, Any]:
    call = entry.call
    full = (call.team_id, True) in rights.audience
    return {
        "call": str(call.pk),
        "who": (call.from_number if full else frames.mask(call.from_number)) or gettext("Unknown caller"),
        "line": call.line.name if call.line else "",
        "since": frames.moment(entry.entered_at),
        "before": before(entry),
        "rung": entry.agent.name if entry.agent else "",
        "key": str(uuid4()),
        "verbs": [
            {
                "verb": verb,
                "word": words.verb_of(verb),
                "why": rung(entry.agent.name) if verb == "move" and entry.agent else "",
            }
            for verb in ON_EACH
            if policy.refusal(rights, verb, call) is None
        ],
    }


def queue_named(pk: str, rights: Rights) -> Queue:
    """The getter is the check: another team's is not there."""
    known = pk.isascii() and pk.isdecimal() and len(pk) < 10
    queue = Queue.objects.filter(pk=pk, team__in=rights.teams).select_related("team").first() if known else None
    if queue is None:
        raise Http404
    return queue


def waits_in(call: Call, rights: Rights) -> dict[str, Any] | None:
    """The queue that this call waits in, if this person may look at it, their place there, and since when."""
    here = entries().filter(call=call, left_at=None, call__ended_at=None, queue__team__in=rights.teams)
    entry = here.select_related("queue").first()
    if entry is None:
        return None
    return {
        "queue": entry.queue,
        "place": entry.before + 1,
        "of": Waiting.objects.filter(queue=entry.queue, left_at=None, call__ended_at=None).count(),
        "since": frames.moment(entry.entered_at),
        "before": before(entry),
    }


def entries() -> "QuerySet[Waiting]":
    """Who waits, or did, with the moment at which they first came into any queue (`first_at`)."""
    came = Q(call__visits__step__startswith="queue.")
    return Waiting.objects.annotate(first_at=Min("call__visits__at", filter=came))


def before(entry: Any) -> str | None:
    """Since when somebody has waited who was moved here from another queue: they have not just begun to."""
    moved = entry.first_at is not None and entry.entered_at - entry.first_at > AT_ONCE
    return frames.moment(entry.first_at) if moved else None


def of_queue(queue: Queue, user: User) -> list[UUID]:
    """The calls that wait there now, of those that this person sees; the first one first."""
    waiting = Waiting.objects.filter(
        queue=queue, left_at=None, call__in=Call.objects.visible_to(user).filter(ended_at=None)
    )
    return list(waiting.order_by("place", "pk").values_list("call", flat=True))
