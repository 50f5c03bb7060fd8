"""Thresholds, to be changed by whoever keeps the floor; and what they raised, and which of it nobody saw to."""

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms import ModelChoiceField, Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import Bounded, LookingAdmin, TeamFilter, link_to_call, rights_in
from calls.admin.people import teams_of
from calls.desk.said import said
from calls.floor.hindsight import Hindsight, would_have
from calls.models import OUT_OF_THE_BOX, UNITS, Alarm, Kind, Leg, Notice, Queue, Threshold, in_teams, name_of
from calls.models.alarm import new_secret

DAYS = 7  # of the noise report
MOST = 20_000  # alarms that it reads


class OfATeam(Bounded, admin.ModelAdmin):
    """What a team has of its own: kept by who may, for one's own teams."""

    team = "team"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(team__in=teams_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> ModelChoiceField | None:
        if db_field.name == "team":
            kwargs["queryset"] = teams_of(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Threshold)
class ThresholdAdmin(OfATeam):
    """What is changed here counts within a second. Whatever has none is as it is out of the box."""

    list_display = ("kind", "team", "where", "on", "red_at", "amber_at", "hysteresis", "minimum_seconds")
    list_filter = (TeamFilter, "kind", "on")
    list_select_related = ("team", "queue")
    search_fields = ("queue__name", "team__name")

    class Media:
        js = (Script("admin-look/preview.js", type="module"),)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> ModelChoiceField | None:
        if db_field.name == "queue":
            kwargs["queryset"] = Queue.objects.filter(team__in=teams_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Of a form as it is typed, before anything is saved."""
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view), path("<int:pk>/preview/", view), *super().get_urls()]

    def preview(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """POST the form: a sentence, as JSON `{words}`; 422 if it could not be saved like that."""
        threshold = get_object_or_404(self.get_queryset(request), pk=pk) if pk else None
        if not (self.has_change_permission(request, threshold) if threshold else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, threshold, change=bool(threshold))(request.POST, instance=threshold)
        if not form.is_valid():
            words = " ".join(str(error) for errors in form.errors.values() for error in errors)
            return JsonResponse({"words": words}, status=422)
        return JsonResponse({"words": in_hindsight(would_have(form.instance, timezone.now()))})

    @admin.display(description=_("queue"), ordering="queue__name")
    def where(self, threshold: Threshold) -> str:
        return str(threshold.queue or gettext("all"))

    @admin.display(description=_("red at"), ordering="limit")
    def red_at(self, threshold: Threshold) -> str:
        usual = OUT_OF_THE_BOX[threshold.kind][0]
        red = usual if threshold.limit is None else threshold.limit
        return gettext("the queue’s target") if red is None else measured(threshold.kind, red)

    @admin.display(description=_("amber at"), ordering="amber_share")
    def amber_at(self, threshold: Threshold) -> str:
        share = threshold.amber_share or OUT_OF_THE_BOX[threshold.kind][1]
        return gettext("{0} % of the way").format(share) if share < 100 else gettext("never")


@admin.register(Notice)
class NoticeAdmin(OfATeam):
    """Whether it was taken stands beside each: who is never told does not know it."""

    list_display = ("to", "team", "on", "last_at", "came")
    list_filter = (TeamFilter, "on")
    list_select_related = ("team",)
    fields = ("team", "to", "on", "key", "last_at", "came")
    readonly_fields = ("key", "last_at", "came")

    def get_fields(self, request: HttpRequest, obj: Notice | None = None) -> Any:
        """Before it is there, nothing has come of it."""
        return [name for name in self.fields if obj or name not in self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: Notice, form: Any, change: bool) -> None:
        """Another address is told nothing that the one before could have signed."""
        if change and "to" in form.changed_data:
            obj.secret, obj.last_at, obj.trouble = new_secret(), None, ""
        super().save_model(request, obj, form, change)

    @admin.display(description=_("secret, for X-Livedesk-Signature"))
    def key(self, notice: Notice) -> str:
        return notice.secret if notice.pk and not notice.by_mail else ""

    @admin.display(description=_("came of it"))
    def came(self, notice: Notice) -> str:
        return said(notice.trouble) or (gettext("taken") if notice.last_at else gettext("nothing was told yet"))


@admin.register(Alarm)
class AlarmAdmin(LookingAdmin):
    """Above the list the noise report: a threshold whose alarms nobody sees to is one that should be another."""

    team = "team"
    change_list_template = "admin/calls/alarm/change_list.html"
    list_display = ("raised_at", "severity", "kind", "where", "seen", "lasted", "owner_name", "call_link")
    list_select_related = ("team", "queue", "owner")
    list_filter = (TeamFilter, "kind", "severity")
    date_hierarchy = "raised_at"
    search_fields = ("call__legs__sid",)
    fields = (
        "kind", "where", "severity", "seen", "call_link", "amber_since", "red_since", "raised_at", "owner_name",
        "acked_at", "snoozed_until", "cleared_at",
    )  # fmt: skip

    def visible(self, request: HttpRequest) -> Q:
        return in_teams(rights_in(request).watched)

    def by_sid(self, start: str) -> Q:
        return Q(call__in=Leg.objects.filter(sid__startswith=start).values("call"))

    def by_id(self, pk: UUID) -> Q:
        return Q(call=pk)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        report = noise(self.get_queryset(request), timezone.now())
        return super().changelist_view(request, {"noise": report, "days": DAYS, **(extra_context or {})})

    @admin.display(description=_("where"))
    def where(self, alarm: Alarm) -> str:
        return str(alarm.queue or alarm.team or gettext("no team"))

    @admin.display(description=_("value"))
    def seen(self, alarm: Alarm) -> str:
        value = {"number": measured(alarm.kind, alarm.value), "total": f"{alarm.limit:.0f}"}
        told = gettext("%(number)s of %(total)s") % value
        several = alarm.began and alarm.number > 1
        return gettext("{0}, {1} calls").format(told, alarm.number) if several else told

    @admin.display(description=_("lasted"))
    def lasted(self, alarm: Alarm) -> str:
        return in_words(alarm.cleared_at - alarm.raised_at) if alarm.cleared_at else gettext("still there")

    @admin.display(description=_("owner"))
    def owner_name(self, alarm: Alarm) -> str:
        return name_of(alarm.owner) if alarm.owner else ""

    @admin.display(description=_("call"))
    def call_link(self, alarm: Alarm) -> SafeString | str:
        return link_to_call(alarm.call_id)


def noise(alarms: QuerySet[Alarm], now: datetime) -> list[dict[str, Any]]:
    """Of each threshold how many alarms there were, how many somebody saw to, and how long the middle one lasted; where
    most were left alone comes first."""
    recent = alarms.filter(raised_at__gt=now - timedelta(days=DAYS)).order_by("-raised_at")
    found: dict[tuple[str, str], list[tuple[bool, timedelta]]] = defaultdict(list)
    columns = ("kind", "queue__name", "team__name", "owner", "raised_at", "cleared_at")
    for kind, queue, team, owner, raised_at, cleared_at in recent.values_list(*columns)[:MOST]:
        found[kind, queue or team or gettext("no team")].append((owner is not None, (cleared_at or now) - raised_at))
    rows = [
        {
            "kind": Kind(kind).label,
            "where": where,
            "raised": len(lives),
            "acked": sum(acked for acked, _ in lives),
            "life": in_words(timedelta(seconds=median(life.total_seconds() for _, life in lives))),
        }
        for (kind, where), lives in found.items()
    ]
    return sorted(rows, key=lambda row: (row["acked"] - row["raised"], row["kind"], row["where"]))


def in_hindsight(found: Hindsight | None) -> str:
    if found is None:
        return gettext(
            "There is no preview of this: how long somebody talked or was on hold is not kept second by second."
        )
    if not found.raised:
        return gettext("In the last 24 hours it would not have been raised.")
    return gettext("In the last 24 hours it would have been raised {0}, and {1} red. The longest lasted {2}.").format(
        often(found.raised), often(found.red), in_words(found.longest)
    )


def often(times: int) -> str:
    if times < 2:
        return gettext("once") if times else gettext("never")
    return gettext("{0} times").format(times)


def measured(kind: str, value: float) -> str:
    """Only callers are counted in a word."""
    return gettext("{0} callers").format(f"{value:.0f}") if kind == Kind.WAITING else f"{value:.0f}{UNITS[kind]}"


def in_words(life: timedelta) -> str:
    minutes, seconds = divmod(round(life.total_seconds()), 60)
    return f"{minutes}:{seconds:02d}"
