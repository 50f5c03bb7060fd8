"""What Twilio said, as it was said."""

from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import LookingAdmin, TeamFilter, link, link_to_call, raw
from calls.models import Report


@admin.register(Report)
class ReportAdmin(LookingAdmin):
    without_call = Q(call=None)
    numbers = ("call__from_number", "call__to_number")
    search_fields = ("leg__sid", "room__sid", "call__from_number", "call__to_number")
    list_display = ("received_at", "door", "source", "says", "about", "call_link", "deliveries", "verdict")
    list_filter = (TeamFilter, "verdict")
    date_hierarchy = "received_at"
    links = ("call__id__exact", "leg__sid__exact")
    fieldsets = (
        (None, {"fields": ("received_at", "door", "source", "verdict", "deliveries", "idempotency_token", "digest")}),
        (_("About"), {"fields": ("call_link", "about")}),
        (_("Word for word"), {"fields": ("said",)}),
    )

    def by_sid(self, start: str) -> Q:
        return Q(leg__sid__startswith=start) | Q(room__sid__startswith=start)

    def by_id(self, pk: UUID) -> Q:
        return Q(call=pk)

    @admin.display(description=_("says"))
    def says(self, report: Report) -> str:
        return report.said

    @admin.display(description=_("leg or room"))
    def about(self, report: Report) -> str:
        return link("leg", report.leg_id) or report.room_id or ""

    @admin.display(description=_("call"))
    def call_link(self, report: Report) -> str:
        return link_to_call(report.call_id)

    @admin.display(description=_("what was said"))
    def said(self, report: Report) -> SafeString:
        return raw(report, report.body)
