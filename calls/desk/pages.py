"""The pages of one call: what happened on it, and a plain form for each wish. As JSON: the drawer, and its choices."""

import contextlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from calls.control import policy
from calls.control.perform import legs_of, preview
from calls.control.plan import INVALID
from calls.control.verbs import VERBS
from calls.desk import views, words
from calls.desk.queues import waits_in
from calls.desk.refusals import refuse, wants_json
from calls.desk.standing import standing
from calls.desk.story import story
from calls.live import frames
from calls.live.alarms import told as alarm_told
from calls.live.beside import beside
from calls.models import (
    OPEN_STATES,
    Alarm,
    Call,
    Drill,
    Report,
    Rights,
    Tag,
    Tap,
    Waiting,
    in_teams,
    looked_at,
    rights_of,
)

SOME_REPORTS, ALL_REPORTS = 50, 300
SOME_TAGS = 100  # that are suggested
SOME_ALARMS, LONGEST_ALARM = 20, timedelta(days=1)
A_DAY = 86_400  # seconds; longer no call goes on
MANY = 200  # calls on the plain page: it is read from top to bottom


@require_GET
def plain(request: views.SignedIn) -> HttpResponse:
    """The live calls without script, the longest first: for a browser in which the desk does not work."""
    rights = rights_of(request.user)
    found = Call.objects.visible_to(request.user).live().select_related("team", "line", "agent", "position")
    calls = found.prefetch_related("legs__agent", "legs__person").order_by("started_at", "pk")[:MANY]
    bodies = [
        frames.body(call, list(call.legs.all()), [], full=(call.team_id, True) in rights.audience) for call in calls
    ]
    told = [{"call": body, "state": words.state_of(body)} for body in words.visible(bodies)]
    context = {"rights": rights, "calls": told, "count": found.count(), "now": timezone.now()}
    return render(request, "desk/plain.html", context)


@require_GET
def call_page(request: views.SignedIn, pk: UUID) -> HttpResponse:
    """One call whole: all legs, all wishes, the last reports, what was written on it."""
    if not wants_json(request):
        return paper(request, pk)
    call = views.visible(request, pk, "team", "line", "agent", "position")
    looked_at(call.pk, by=request.user, at=timezone.now())
    clock = {"X-Desk-Now": frames.moment(timezone.now()) or ""}
    return JsonResponse(whole(call, rights_of(request.user), SOME_REPORTS), headers=clock)


def paper(request: views.SignedIn, pk: UUID, *, status: int = 200, **typed: str) -> HttpResponse:
    """As a page that needs no script. `typed`: `why` a `note` or a tag's `word` could not be kept, and what it was."""
    call = views.visible(request, pk, "team", "line", "agent", "position")
    rights = rights_of(request.user)
    looked_at(call.pk, by=request.user, at=timezone.now())
    told = whole(call, rights, ALL_REPORTS)
    body = words.visible(told["call"])
    context = {
        "rights": rights,
        "call": body,
        "state": words.state_of(body),
        "ended_by": words.ended_by(body),
        "legs": [leg_shown(leg) for leg in body["legs"]],
        "hearing": words.hearing(body),
        "lines": story(body, words.visible(told["reports"]), words.visible(told["alarms"])),
        "said": words.visible(told["said"]),
        "beside": words.beside_lines(body["beside"]),
        "more_reports": len(told["reports"]) == ALL_REPORTS,
        "verbs": verbs_on(call, rights),
        "queue": waits_in(call, rights),
        "now": timezone.now(),
        # Not while it lasts: until then it is a call like any other.
        "drill": Drill.objects.filter(call=call).exclude(ended_at=None).first(),
        "open": any(action["state"] in OPEN_STATES for action in body["actions"]),  # as they are shown
        "notes": [{**each, "lines": words.visible(each["text"].split("\n"))} for each in told["notes"]],
        "may_note": told["may_note"],
        "suggested": suggested(call),
        "typed": typed,
        "key": uuid4(),
    }
    return render(request, "desk/call.html", context, status=status)


def whole(call: Call, rights: Rights, reports: int) -> dict[str, Any]:
    full = (call.team_id, True) in rights.audience
    legs = list(call.legs.select_related("agent", "person"))
    presences = [presence for room in call.rooms.prefetch_related("presences") for presence in room.presences.all()]
    actions = list(call.actions.select_related("by"))
    taps = list(Tap.objects.filter(leg__in=[leg.pk for leg in legs], ended_at=None).order_by("sid"))
    said = Report.objects.filter(call=call)[:reports]
    call.waits_since = Waiting.objects.filter(call=call, left_at=None).values_list("entered_at", flat=True).first()
    return {
        "call": frames.body(call, legs, actions, presences, beside(taps, actions), full=full),
        "reports": [report_told(report) for report in said],
        "said": words_said(call, full=full) if rights.may("transcribe_call", call.team_id) else [],
        "alarms": alarms_during(call, rights),
        "bots": [[frames.moment(begin), frames.moment(end)] for begin, end in with_bots(call)],
        "notes": notes_told(call, rights),
        "may_note": rights.may_act(call.team_id),
    }


def notes_told(call: Call, rights: Rights) -> list[dict[str, str | None]]:
    """What was written on the call, the oldest first; numbers in it are masked as everywhere."""
    full = (call.team_id, True) in rights.audience
    return [
        {"at": frames.moment(note.at), "who": note.who, "text": note.text if full else frames.mask(note.text)}
        for note in call.notes.select_related("agent", "by")
    ]


def alarms_during(call: Call, rights: Rights) -> list[dict[str, Any]]:
    """Of the call, and of the queue it is in: those that were open while it went on, as they were raised."""
    if call.started_at is None:
        return []
    about = Q(call=call) | Q(queue__name=call.queue) if call.queue else Q(call=call)
    open_then = Q(cleared_at=None) | Q(cleared_at__gt=call.started_at)
    when = {"raised_at__gt": call.started_at - LONGEST_ALARM, "raised_at__lte": call.ended_at or timezone.now()}
    found = Alarm.objects.filter(about, open_then, in_teams(rights.watched), **when).select_related(
        "team", "queue", "owner"
    )
    times = [(alarm, {"raised_at": alarm.raised_at, "cleared_at": alarm.cleared_at}) for alarm in found[:SOME_ALARMS]]
    return [alarm_told(alarm) | {name: frames.moment(at) for name, at in its.items()} for alarm, its in times[::-1]]


def with_bots(call: Call) -> list[tuple[datetime, datetime]]:
    """When its caller talked with an AI agent that had no leg of its own, as far as Twilio has told of its end."""
    found = []
    for report in Report.objects.filter(call=call, door="dial").order_by("received_at"):
        if report.body.get("SessionStatus") and (seconds := str(report.body.get("SessionDuration", ""))).isdecimal():
            found.append((report.received_at - timedelta(seconds=min(int(seconds), A_DAY)), report.received_at))
    return found


def suggested(call: Call) -> list[str]:
    """Tags that the team has used lately, and this call has not."""
    known = Tag.objects.filter(team=call.team_id).exclude(word__in=frames.tags_of(call.tags))
    return sorted(known.order_by("-used_at", "word").values_list("word", flat=True)[:SOME_TAGS])


def words_said(call: Call, *, full: bool) -> list[dict[str, Any]]:
    """The last of what was transcribed: who, as far as Twilio tells tracks apart, and the words; the oldest first."""
    found = []
    for report in Report.objects.filter(call=call, door="transcription", source="callback")[:SOME_REPORTS]:
        if report.body.get("Final") == "true" and (words_of := transcribed(report)):
            who = "outbound" if report.body.get("Track") == "outbound_track" else "inbound"
            shown = words_of if full else frames.mask(words_of)
            found.append({"at": frames.moment(report.received_at), "who": who, "words": shown})
    return found[::-1]


def transcribed(report: Report) -> str:
    """TranscriptionData is JSON in a form field; if it is not, nothing was said."""
    with contextlib.suppress(ValueError, AttributeError):
        return str(json.loads(report.body.get("TranscriptionData", "")).get("transcript", ""))
    return ""


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
    """What this person may wish on some call, each with why not on this one. What they may never do is not there, nor
    what undoes something that was not done."""
    can = sorted(standing(call, rights).items(), key=lambda pair: pair[0] == "end")  # what cannot be undone comes last
    return [
        {"verb": verb, "word": words.verb_of(verb), "why": why}
        for verb, why in can
        if not (why and verb in words.UNDOES)
    ]


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
    told = fates(call, verb, choices, rights) if verb not in TYPED else []
    context = {
        "rights": rights,
        "call": body,
        "state": words.state_of(body),
        "verb": verb,
        "word": words.verb_of(verb),
        "choices": choices,
        "chosen": next((leg["sid"] for leg in choices.get("legs", ()) if leg["may"]), ""),
        "fates": told,
        "able": not told or any(not fate["why"] for fate in told),
        "key": uuid4(),
    }
    return render(request, "desk/wish.html", context)


# What they do depends on what is typed or chosen beside a leg.
TYPED = {"transfer", "announce", "redirect"}


def fates(call: Call, verb: str, choices: Mapping[str, Any], rights: Rights) -> list[dict[str, Any]]:
    """What the wish would do to every leg, for each that it can be about: without script there is no asking later."""
    ends = [{"target": each["target"]} for each in choices.get("targets", ())]
    about = ends or [{"leg": each["sid"]} for each in choices.get("legs", ())] or [{}]
    named = [*choices.get("targets", ()), *choices.get("legs", ())] or [{}]
    told = []
    for fields, one in zip(about, named, strict=True):
        plan, _ = preview(call, VERBS[verb], fields, rights)
        effects = words.visible([words.effect_shown(effect.as_json()) for effect in plan.effects])
        why = words.visible("".join(each.message for each in plan.refusals[:1] if each.code not in INVALID))
        if effects or why:  # else something is yet to be chosen
            told.append({"why": why, **one, "effects": effects, "warnings": words.visible(plan.warnings)})
    return told
