"""One wish on many calls: its door, the page that shows how far it came, and the button that stops it."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls.control import policy
from calls.control.perform import preview
from calls.control.perform import why_not as forbids
from calls.control.plan import INVALID, Refusal
from calls.control.verbs import VERBS
from calls.control.verbs.announce import of_one
from calls.control.verbs.redirect import FLOWS
from calls.desk import views, words
from calls.desk.queues import of_queue, queue_named
from calls.desk.refusals import refuse, wants_json
from calls.floor import bulk as floor
from calls.live import frames
from calls.models import OPEN_STATES, Action, Announcement, Bulk, Call, Destination, Queue, Rights, name_of, rights_of
from calls.models.library import LANGUAGES, VOICES
from calls.twilio import twiml

Teams = Collection[int | None]
LOOKED_AT = 40  # calls whose plans are made before it is sent
DONE = (Action.State.CONFIRMED,)


@require_http_methods(["GET", "HEAD", "POST"])
def door(request: views.SignedIn, verb: str) -> HttpResponse:
    """What there is to choose for many calls at once; posted: the wish itself."""
    if verb not in floor.VERBS_IN_BULK:
        raise Http404
    return start(request, verb) if request.method == "POST" else choices(request, verb)


def choices(request: views.SignedIn, verb: str) -> HttpResponse:
    """Of all the teams where this person may make the wish; `teams` says on whose calls, none named: on all."""
    rights = rights_of(request.user)
    teams = {team for team in rights.watched if rights.may(policy.PERMISSION[verb], team)}
    if not teams:
        name = policy.words_of(policy.PERMISSION[verb])
        return refuse(request, 403, f"You need the permission “{name}”: you have it on none of your teams.")
    there = of_library(teams) if verb == "announce" else of_directory(teams) if verb == "redirect" else {}
    return JsonResponse({"key": str(uuid4()), "rate": floor.RATE, "most": floor.MOST, **there})


def of_library(teams: Teams) -> dict[str, Any]:
    found = Announcement.objects.filter(for_any(teams)).distinct().prefetch_related("teams")
    return {
        "announcements": [{**of_one(each), "teams": named_by(each, teams)} for each in found],
        "languages": [list(each) for each in LANGUAGES],
        "voices": [list(each) for each in VOICES],
        "longest": twiml.LONGEST_SPOKEN,
    }


def of_directory(teams: Teams) -> dict[str, Any]:
    found = Destination.objects.filter(for_any(teams), kind__in=FLOWS).distinct().prefetch_related("teams")
    places = [{"id": str(each.pk), "name": each.name, "teams": named_by(each, teams)} for each in found]
    return {"destinations": places}


def for_any(teams: Teams) -> Q:
    return Q(teams=None) | Q(teams__in=[team for team in teams if team is not None])


def named_by(entry: Announcement | Destination, teams: Teams) -> list[int]:
    return sorted({team.pk for team in entry.teams.all()} & {team for team in teams if team is not None})


@require_POST
def plan(request: views.SignedIn, verb: str) -> HttpResponse:
    """What it would do to the first of `calls`: on which it is refused and why, and who is hung up by it. By call."""
    if verb not in floor.VERBS_IN_BULK:
        raise Http404
    rights, fields = rights_of(request.user), wished(request)
    refused, ends = {}, {}
    calls = seen_by(request.user, named(request)[:LOOKED_AT]).select_related("team", "line", "agent", "position")
    for call in calls:
        made, _ = preview(call, VERBS[verb], fields, rights)
        if (why := forbids(call, verb, made, rights)) is not None:
            refused[str(call.pk)] = why[1].message
        elif gone := [effect.name for effect in made.effects if effect.fate == "goes"]:
            ends[str(call.pk)] = gone
    return JsonResponse({"looked": LOOKED_AT, "refused": refused, "ends": ends})


def wished(request: views.SignedIn) -> dict[str, str]:
    """The fields of the wish itself. TwiML is typed for one call."""
    return {name: value for name, value in views.wished(request.POST).items() if name not in ("queue", "twiml")}


def start(request: views.SignedIn, verb: str) -> HttpResponse:
    """`queue` (an id) or `calls` (ids, separated by commas), `count` as it was typed, `key`, the wish's own fields."""
    try:
        key = UUID(request.headers.get("Idempotency-Key") or request.POST.get("key", ""))
    except ValueError:
        return refuse(request, 422, "This wish has no key: load the page again.")
    known = Bulk.objects.filter(by=request.user, key=key).first()
    if known is not None:
        return begun(request, known)
    rights = rights_of(request.user)
    queue = queue_named(request.POST["queue"], rights) if request.POST.get("queue") else None
    meant = of_queue(queue, request.user) if queue else named(request)
    fields = wished(request)
    if (why := why_not(request, verb, fields, meant, queue, rights)) is not None:
        if queue is None or wants_json(request):
            return refuse(request, why[0], why[1])
        messages.error(request, why[1])
        return redirect("queue", queue.pk)
    return begun(request, floor.begin(request.user, verb, fields, meant, queue=queue, key=key))


def named(request: views.SignedIn) -> list[UUID]:
    """The calls by their ids. Those that this person may not see are told of as refused."""
    said = ",".join(request.POST.getlist("calls")).split(",")
    found: dict[UUID, None] = {}
    for one in filter(None, (each.strip() for each in said)):
        try:
            found[UUID(one)] = None
        except ValueError:
            raise Http404 from None
    return list(found)


def why_not(
    request: views.SignedIn, verb: str, fields: dict[str, str], meant: list[UUID], queue: Queue | None, rights: Rights
) -> tuple[int, str] | None:
    """An HTTP status and a sentence, before anything is begun."""
    if not meant:
        return 409, f"Nobody waits in {queue.name}." if queue else "No calls were named."
    if len(meant) > floor.MOST:
        return 422, f"That are more than {floor.MOST:,} calls at once."
    calls = list(seen_by(request.user, meant).select_related("team", "line", "position"))
    if not calls:
        return 404, "There are no such calls that you may see."
    lacking = [policy.refusal(rights, verb, call) for call in calls]
    if lacking[0] is not None and all(lacking):
        return 403, lacking[0].message
    count, now = request.POST.get("count", "").strip(), how_many(len(meant), queue)
    if not (count.isascii() and count.isdecimal()):
        return 422, f"Type how many calls it is about: {now}."
    if int(count) != len(meant):
        return 409, f"{now}, and you typed {int(count)}. Look again."
    wrong = invalid(verb, fields, calls, rights)
    return (422, wrong.message) if wrong else None


def seen_by(user: User, calls: Iterable[Any]) -> QuerySet[Call]:
    return Call.objects.visible_to(user).filter(pk__in=list(calls))


def how_many(meant: int, queue: Queue | None) -> str:
    if queue is None:
        return f"{meant} call is meant" if meant == 1 else f"{meant} calls are meant"
    return f"{meant} call waits in {queue.name} now" if meant == 1 else f"{meant} calls wait in {queue.name} now"


def invalid(verb: str, fields: dict[str, str], calls: list[Call], rights: Rights) -> Refusal | None:
    """What is wrong with the wish whatever the call. What is there for some teams only is refused on the others' calls
    alone: it is looked for on one of each team, if possible one that has not ended."""
    one_each = {call.team_id: call for call in sorted(calls, key=lambda call: call.ended_at is None)}
    wrong = [wrong_on(call, verb, fields, rights) for call in one_each.values()]
    return wrong[0] if all(wrong) else None


def wrong_on(call: Call, verb: str, fields: dict[str, str], rights: Rights) -> Refusal | None:
    plan, _ = preview(call, VERBS[verb], fields, rights)
    return next((each for each in plan.refusals if each.code in INVALID), None)


def begun(request: views.SignedIn, bulk: Bulk) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(told(bulk, request.user), status=202)
    return redirect("bulk", bulk.pk)


# How far it came ----------------------------------------------------------------------------------------------------


@require_GET
def page(request: views.SignedIn, pk: UUID) -> HttpResponse:
    rights = rights_of(request.user)
    bulk = visible(pk, rights)
    if wants_json(request):
        return JsonResponse(told(bulk, request.user))
    shown = words.visible(told(bulk, request.user)) | {"word": words.verb_of(bulk.verb)}
    return render(request, "desk/bulk.html", {"rights": rights, "bulk": shown})


@require_GET
def now(request: views.SignedIn) -> HttpResponse:
    """That of somebody else which is under way and shown to this person: the last one that was begun."""
    bulk = of_others(request.user)
    return JsonResponse({"bulk": told(bulk, request.user) if bulk else None})


def of_others(user: User) -> Bulk | None:
    rights = rights_of(user)
    running = Bulk.objects.filter(stopped_at=None, finished_at=None).exclude(by=user).select_related("by", "queue")
    return next((bulk for bulk in running if sees(bulk, rights)), None)


@require_POST
def stop(request: views.SignedIn, pk: UUID) -> HttpResponse:
    rights = rights_of(request.user)
    bulk = visible(pk, rights)
    if not may_stop(bulk, rights):
        why = f"Only {name_of(bulk.by)}, or who may do the same on all of its calls, can stop it."
        if bulk.queue:
            why = f"Only {name_of(bulk.by)}, or who may do the same in this queue, can stop it."
        return refuse(request, 403, why)
    stopped = floor.stop(bulk, request.user)
    bulk.refresh_from_db()
    if wants_json(request):
        return JsonResponse(told(bulk, request.user))
    messages.info(request, "Stopped." if stopped else "It was over already.")
    return redirect("bulk", pk)


def visible(pk: UUID, rights: Rights) -> Bulk:
    """The getter is the check: what is not shown is not there."""
    bulk: Bulk = get_object_or_404(Bulk.objects.select_related("by", "queue", "stopped_by"), pk=pk)
    if not sees(bulk, rights):
        raise Http404
    return bulk


def sees(bulk: Bulk, rights: Rights) -> bool:
    """Who began it, and who watches its queue, or the team of a call of its list."""
    return bulk.by_id == rights.user_id or not rights.watched.isdisjoint(teams_of(bulk))


def may_stop(bulk: Bulk, rights: Rights) -> bool:
    """Who began it, and who may do the same in its queue, or on every call of its list."""
    teams = teams_of(bulk)
    return bulk.by_id == rights.user_id or all(rights.may(policy.PERMISSION[bulk.verb], team) for team in teams)


def teams_of(bulk: Bulk) -> set[int | None]:
    if bulk.queue is not None:
        return {bulk.queue.team_id}
    return set(Call.objects.filter(pk__in=bulk.calls).order_by().values_list("team", flat=True).distinct())


def shown_of(bulk: Bulk, user: User) -> set[str]:
    """The calls that are counted for this person: of somebody else's list those of their own teams."""
    if bulk.queue is not None or bulk.by_id == user.pk:
        return set(bulk.calls)
    return {str(pk) for pk in seen_by(user, bulk.calls).values_list("pk", flat=True)}


def told(bulk: Bulk, user: User) -> dict[str, Any]:
    shown = shown_of(bulk, user)
    actions = [action for action in bulk.actions if str(action.call_id) in shown]
    refused = {pk: why for pk, why in bulk.refused.items() if pk in shown}
    made = sum(pk in shown for pk in bulk.calls[: bulk.made])
    done = sum(action.state in DONE for action in actions)
    still = sum(action.state in OPEN_STATES for action in actions)
    figures = {
        "total": len(shown), "made": made, "done": done, "open": still, "refused": len(refused),
        "failed": len(actions) - done - still,
    }  # fmt: skip
    return {
        "id": str(bulk.pk),
        "verb": bulk.verb,
        "word": words.VERBS[bulk.verb],
        "by": name_of(bulk.by),
        "mine": bulk.by_id == user.pk,
        "may_stop": may_stop(bulk, rights_of(user)),
        "partly": len(shown) < len(bulk.calls),
        "queue": {"id": bulk.queue_id, "name": bulk.queue.name} if bulk.queue else None,
        "started_at": frames.moment(bulk.started_at),
        "rate": floor.RATE,
        "runs": bulk.runs,
        "stopped": bulk.stopped_at is not None,
        "over": not bulk.runs and not still and not bulk.asks,
        "sentence": sentence(bulk, len(shown) - made, still),
        "problems": problems(actions, refused, user),
        **figures,
    }


def sentence(bulk: Bulk, left: int, still: int) -> str:
    if bulk.stopped_at is not None:
        who = name_of(bulk.stopped_by) if bulk.stopped_by else "somebody"
        if left == 1:
            return f"Stopped by {who}: {left} call was left alone."
        return f"Stopped by {who}: {left} calls were left alone."
    if bulk.runs and (away := policy.provider_refusal()) is not None:
        return f"It waits. {away.message}"
    if bulk.runs:
        return f"At most {floor.RATE} calls a second: {left} to go."
    return f"All were asked for; of {still} the effect is still to be seen." if still else "It is over."


def problems(actions: list[Action], refused: dict[str, str], user: User) -> list[dict[str, str]]:
    """What failed or was refused, and why. Of calls that the reader may not see, only that."""
    failed = {str(each.call_id): each.message for each in actions if each.state not in (*DONE, *OPEN_STATES)}
    why = refused | failed
    calls = {str(call.pk): call for call in seen_by(user, why)}
    return [{"call": pk if pk in calls else "", "who": who(calls.get(pk)), "why": why[pk]} for pk in why]


def who(call: Call | None) -> str:
    if call is None:
        return "A call that is not shown to you"
    outbound = call.direction.startswith("outbound")
    return frames.mask(call.to_number if outbound else call.from_number) or "Unknown caller"
