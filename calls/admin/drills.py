"""Drills that were run, and how they went."""

from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import LookingAdmin, TeamFilter, link_to_call
from calls.models import Drill, Leg


@admin.register(Drill)
class DrillAdmin(LookingAdmin):
    team = "team"
    search_fields = ("call__legs__sid",)
    list_display = ("started_at", "name", "team", "noticed_by", "verb", "outcome", "score", "call_link")
    list_select_related = ("team", "noticed_by")
    list_filter = (TeamFilter, "outcome")
    fieldsets = (
        (None, {"fields": ("name", "team", "call_link", "cue", "outcome", "score", "remarks")}),
        (_("When"), {"fields": ("started_at", "cued_at", "noticed_at", "noticed_by", "verb", "ended_at")}),
    )

    def visible(self, request: HttpRequest) -> Q:
        return Q(pk__in=Drill.objects.visible_to(request.user).values("pk"))

    def by_sid(self, start: str) -> Q:
        return Q(call__in=Leg.objects.filter(sid__startswith=start).values("call"))

    def by_id(self, pk: UUID) -> Q:
        return Q(call=pk)

    @admin.display(description=_("call"))
    def call_link(self, drill: Drill) -> str:
        return link_to_call(drill.call_id)
