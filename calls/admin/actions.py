"""What supervisors wished, and the audit of every step of it."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import (
    LookingAdmin,
    LookingInline,
    TeamFilter,
    hide,
    link,
    link_to_call,
    raw,
    rights_in,
    without_password,
)
from calls.desk.said import said
from calls.models import Action, Audit, Call, Leg, in_teams, name_of


class ActionColumns:
    @admin.display(description=_("action"))
    def action(self, action: Action) -> str:
        return link("action", action.pk, action.verb)

    @admin.display(description=_("by"))
    def who(self, action: Action) -> str:
        return name_of(action.by)

    @admin.display(description=_("message"))
    def told(self, action: Action) -> str:
        message = without_password(said(action.message))
        return message if action.numbers_shown else hide(message)  # type: ignore[attr-defined]


class ActionInline(ActionColumns, LookingInline):
    model = Action
    fields = readonly_fields = ("action", "requested_at", "who", "target", "state", "code", "told", "settled_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("by")


@admin.register(Action)
class ActionAdmin(ActionColumns, LookingAdmin):
    numbers = ("call__from_number", "call__to_number")
    search_fields = ("call__legs__sid", "call__from_number", "call__to_number")
    list_display = ("requested_at", "verb", "who", "state", "code", "told", "call_link")
    list_select_related = ("by",)
    list_filter = (TeamFilter, "state")
    date_hierarchy = "requested_at"
    links = ("call__id__exact",)
    fieldsets = (
        (None, {"fields": ("id", "verb", "target", "who", "call_link", "state", "code", "told")}),
        (_("When"), {"fields": ("requested_at", "sent_at", "accepted_at", "settled_at", "attempt", "lease_until")}),
        (_("As it was agreed to"), {"fields": ("shape", "asked", "agreed")}),
    )

    def by_sid(self, start: str) -> Q:
        return Q(call__in=Leg.objects.filter(sid__startswith=start).values("call"))

    def by_id(self, pk: UUID) -> Q:
        return Q(pk=pk) | Q(call=pk)

    @admin.display(description=_("call"))
    def call_link(self, action: Action) -> str:
        return link_to_call(action.call_id)

    @admin.display(description=_("fields"))
    def asked(self, action: Action) -> SafeString:
        return raw(action, action.params)

    @admin.display(description=_("plan"))
    def agreed(self, action: Action) -> SafeString:
        return raw(action, action.plan)


@admin.register(Audit)
class AuditAdmin(LookingAdmin):
    """Rows name people and calls by reference, so the bounds are drawn over the calls' ids."""

    search_fields = ("call_id",)
    search_help_text = _("The SID of a leg, or the id of a call or an action.")
    list_display = ("at", "what", "who", "verb", "code", "call_link", "action_link")
    list_display_links = ("at",)
    list_filter = ()
    ordering = ("-id",)
    fields = ("id", "at", "what", "who", "call_link", "action_link", "written", "previous", "hash")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.teams(request))

    def teams(self, request: HttpRequest) -> list[int | None]:
        rights = rights_in(request)
        return [team for team in rights.watched if rights.may("view_audit", team)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        calls = Call.objects.visible_to(request.user).filter(in_teams(self.teams(request), "team"))
        about = Q(call_id__in=calls.values("pk"))
        if None in self.teams(request):
            about |= Q(call_id=None)
        name = User.objects.filter(pk=OuterRef("user_id")).values("username")
        return admin.ModelAdmin.get_queryset(self, request).filter(about).annotate(name=Subquery(name))

    def by_sid(self, start: str) -> Q:
        return Q(call_id__in=Leg.objects.filter(sid__startswith=start).values("call"))

    def by_id(self, pk: UUID) -> Q:
        return Q(call_id=pk) | Q(action_id=pk)

    @admin.display(description=_("who"))
    def who(self, row: Audit) -> str:
        return row.name or ""  # type: ignore[attr-defined]

    @admin.display(description=_("verb"))
    def verb(self, row: Audit) -> str:
        return row.facts.get("verb", "")

    @admin.display(description=_("code"))
    def code(self, row: Audit) -> str:
        return row.facts.get("code", "")

    @admin.display(description=_("call"))
    def call_link(self, row: Audit) -> str:
        return link_to_call(row.call_id)

    @admin.display(description=_("action"))
    def action_link(self, row: Audit) -> str:
        return link("action", row.action_id, str(row.action_id)[:8])

    @admin.display(description=_("facts"))
    def written(self, row: Audit) -> SafeString:
        row.numbers_shown = False  # type: ignore[attr-defined]
        return raw(row, row.facts)
