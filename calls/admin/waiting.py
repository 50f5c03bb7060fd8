"""Who waits, and who has: to look at."""

from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import LookingAdmin, link_to_call
from calls.models import Leg, Waiting


@admin.register(Waiting)
class WaitingAdmin(LookingAdmin):
    list_display = ("entered_at", "queue", "call_link", "left_at", "agent", "tries")
    list_select_related = ("queue", "agent")
    search_fields = ("call__legs__sid",)
    fields = ("call_link", "queue", "place", "entered_at", "left_at", "agent", "leg", "offered_at", "tries")

    def by_sid(self, start: str) -> Q:
        return Q(call__in=Leg.objects.filter(sid__startswith=start).values("call"))

    def by_id(self, pk: UUID) -> Q:
        return Q(call=pk)

    @admin.display(description=_("call"))
    def call_link(self, waiting: Waiting) -> SafeString | str:
        return link_to_call(waiting.call_id)
