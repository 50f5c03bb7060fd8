"""The pages of one call: what happened on it, and a plain form for each wish. As JSON: the drawer, and its choices."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from calls.control import policy
from calls.control.perform import legs_of, preview
from calls.control.verbs import VERBS
from calls.desk import views, words
from calls.desk.refusals import refuse, wants_json
from calls.desk.story import story
from calls.live import frames
from calls.models import Call, Report, Rights, rights_of

SOME_REPORTS, ALL_REPORTS = 50, 300


@require_GET
def call_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One call whole: all legs, all wishes, the last reports."""
    call = views.visible(request, pk, "team", "line", "agent", "position")
    rights = rights_of(request.user)
    clock = {"X-Desk-Now": frames.moment(timezone.now()) or ""}
    if wants_json(request):
        return JsonResponse(whole(call, rights, SOME_REPORTS), headers=clock)
    told = whole(call, rights, ALL_REPORTS)
    body = words.visible(told["call"])
    context = {
        "rights": rights,
        "call": body,
        "state": words.state_of(body),
        "ended_by": words.ENDED_BY.get(body["ended_by"], ""),
        "legs": [leg_shown(leg) for leg in body["legs"]],
        "lines": story(body, words.visible(told["reports"])),
        "more_reports": len(told["reports"]) == ALL_REPORTS,
        "verbs": verbs_on(call, rights),
        "now": timezone.now(),
        "open": any(action.open for action in call.actions.all()),
    }
    return render(request, "desk/call.html", context)


def whole(call: Call, rights: Rights, reports: int) -> dict[str, Any]:
    full = (call.team_id, True) in rights.audience
    legs = list(call.legs.select_related("agent"))
    presences = [presence for room in call.rooms.prefetch_related("presences") for presence in room.presences.all()]
    actions = list(call.actions.select_related("by"))
    said = Report.objects.filter(call=call)[:reports]
    return {
        "call": frames.body(call, legs, actions, presences, full=full, everything=True),
        "reports": [report_told(report) for report in said],
    }


def report_told(report: Report) -> dict[str, Any]:
    return {
        "at": frames.moment(report.received_at),
        "door": report.door,
        "source": report.source,
        "says": report.said,
        "sid": report.leg_id or report.room_id or "",
        "deliveries": report.deliveries,
        "verdict": report.verdict,
    }


def leg_shown(leg: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **leg,
        "letter": words.letter_of(leg),
        "look": words.leg_look(leg),
        "party": words.party_of(leg),
        "role": words.role_of(leg),
        "word": words.leg_word(leg),
    }


def verbs_on(call: Call, rights: Rights) -> list[dict[str, str]]:
    """What this person may wish on some call, each with why not on this one. What they may never do is not there."""
    found = []
    for verb in VERBS:
        if not any(rights.may(policy.PERMISSION[verb], team) for team in rights.watched):
            continue
        refusal = policy.refusal(rights, verb, call)
        why = refusal.message if refusal else "The call has ended." if call.ended_at else ""
        found.append({"verb": verb, "word": words.VERBS[verb], "why": why})
    return found


# A wish by a plain form ---------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def wish(request: views.SignedIn, pk: UUID, verb: str) -> HttpResponse:
    """The form of a wish, or what there is to choose from; posted: the wish itself."""
    if request.method == "POST":
        return views.wish(request, pk, verb)
    call = views.visible(request, pk, "team", "line", "agent", "position")
    asked, rights = views.verb_named(verb), rights_of(request.user)
    refusal = policy.refusal(rights, verb, call)
    if refusal is not None:
        return refuse(request, 403, refusal.message)
    choices = asked.choices(call, legs_of(call), rights)
    if wants_json(request):
        return JsonResponse(choices)
    body, choices = words.visible(whole(call, rights, 0)["call"]), words.visible(choices)
    context = {
        "rights": rights,
        "call": body,
        "state": words.state_of(body),
        "verb": verb,
        "word": words.VERBS[verb],
        "choices": choices,
        "chosen": next((leg["sid"] for leg in choices.get("legs", ()) if leg["may"]), ""),
        "fates": fates(call, choices, rights) if verb == "end" else [],
        "key": uuid4(),
    }
    return render(request, "desk/wish.html", context)


def fates(call: Call, choices: Mapping[str, Any], rights: Rights) -> list[dict[str, Any]]:
    """What each end would do to every leg: a page without script cannot ask for it later."""
    told = []
    for target in choices["targets"]:
        plan, _ = preview(call, VERBS["end"], {"target": target["target"]}, rights)
        effects = [words.effect_shown(effect.as_json()) for effect in plan.effects]
        told.append({**target, "effects": words.visible(effects), "warnings": words.visible(plan.warnings)})
    return told
