"""Calls and their legs, as they were reported."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.admin.actions import ActionInline
from calls.admin.looking import LookingAdmin, LookingInline, TeamFilter, hide, link, link_to_call, shown
from calls.models import Call, Leg, Note, Room


class LegColumns:
    @admin.display(description=_("leg"))
    def leg(self, leg: Leg) -> str:
        return link("leg", leg.pk)

    @admin.display(description=_("from"))
    def caller(self, leg: Leg) -> str:
        return shown(leg, leg.from_number)

    @admin.display(description=_("to"))
    def called(self, leg: Leg) -> str:
        return shown(leg, leg.to_number)

    @admin.display(description=_("agent"))
    def agent_name(self, leg: Leg) -> str:
        return leg.agent.name if leg.agent else ""


class LegInline(LegColumns, LookingInline):
    model = Leg
    fields = readonly_fields = (
        "leg", "role", "status", "agent_name", "caller", "called", "started_at", "answered_at", "ended_at", "duration",
    )  # fmt: skip
    ordering = ("started_at", "sid")

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).select_related("agent")


@admin.register(Call)
class CallAdmin(LookingAdmin):
    team = "team"
    numbers = ("from_number", "to_number")
    search_fields = ("legs__sid", "from_number", "to_number", "tags", "notes__text")
    search_help_text = _("A SID or an id; a tag, words of a note. A number, in the teams whose numbers you may see.")
    list_display = (
        "call", "started_at", "status", "outcome", "caller", "called", "team_name", "line_name", "agent_name",
        "tags",
    )  # fmt: skip
    list_select_related = ("team", "line", "agent")
    list_filter = (TeamFilter, "status", "outcome")
    date_hierarchy = "started_at"
    inlines = (LegInline, ActionInline)
    fieldsets = (
        (None, {"fields": ("id", "status", "outcome", "direction", "kind", "caller", "called")}),
        (_("Where"), {"fields": ("team_name", "line_name", "queue", "agent_name", "rooms_of", "merged")}),
        (
            _("When"),
            {"fields": ("started_at", "answered_at", "ended_at", "ended_by", "heard_at", "reopened_at")},
        ),
        (_("Written"), {"fields": ("tags", "notes_of")}),
        (_("More"), {"fields": ("reports_of", "audit_of")}),
    )

    def visible(self, request: HttpRequest) -> Q:
        return Q(pk__in=Call.objects.visible_to(request.user))

    def by_sid(self, start: str) -> Q:
        legs, rooms = (model.objects.filter(sid__startswith=start).values("call") for model in (Leg, Room))
        return Q(pk__in=legs) | Q(pk__in=rooms)

    def by_id(self, pk: UUID) -> Q:
        return Q(pk=pk)

    def by_words(self, words: str) -> Q:
        """Of notes without digits: what is found tells what stands there, and numbers are not for everybody."""
        found = Q(tags__contains=" ".join(words.split()).lower())
        if not any(each.isdigit() for each in words):
            found |= Q(pk__in=Note.objects.filter(text__icontains=words).values("call"))
        return found

    @admin.display(description=_("call"))
    def call(self, call: Call) -> str:
        return str(call)

    @admin.display(description=_("from"))
    def caller(self, call: Call) -> str:
        return shown(call, call.from_number)

    @admin.display(description=_("to"))
    def called(self, call: Call) -> str:
        return shown(call, call.to_number)

    @admin.display(description=_("team"))
    def team_name(self, call: Call) -> str:
        return call.team.name if call.team else ""

    @admin.display(description=_("line"))
    def line_name(self, call: Call) -> str:
        return call.line.name if call.line else ""

    @admin.display(description=_("agent"))
    def agent_name(self, call: Call) -> str:
        return call.agent.name if call.agent else ""

    @admin.display(description=_("notes"))
    def notes_of(self, call: Any) -> SafeString:
        notes = call.notes.select_related("agent", "by")
        told = ((localize(note.at), note.who, note.text if call.numbers_shown else hide(note.text)) for note in notes)
        return format_html_join("", "<div>{}, {}: {}</div>", told)

    @admin.display(description=_("rooms"))
    def rooms_of(self, call: Call) -> SafeString:
        return format_html_join("", "<div>{} {}</div>", call.rooms.values_list("sid", "status"))

    @admin.display(description=_("merged into"))
    def merged(self, call: Call) -> str:
        return link_to_call(call.merged_into_id)

    @admin.display(description=_("reports"))
    def reports_of(self, call: Call) -> SafeString:
        url = reverse("admin:calls_report_changelist")
        return format_html('<a href="{}?call__id__exact={}">{}</a>', url, call.pk, gettext("what Twilio said"))

    @admin.display(description=_("audit"))
    def audit_of(self, call: Call) -> SafeString:
        url = reverse("admin:calls_audit_changelist")
        return format_html('<a href="{}?q={}">{}</a>', url, call.pk, gettext("who wished what"))


@admin.register(Leg)
class LegAdmin(LegColumns, LookingAdmin):
    numbers = ("from_number", "to_number")
    search_fields = ("sid", "from_number", "to_number")
    list_display = (
        "sid", "started_at", "role", "status", "direction", "caller", "called", "agent_name", "duration", "call_link",
    )  # fmt: skip
    list_select_related = ("agent",)
    list_filter = (TeamFilter, "role")
    ordering = ("-started_at", "sid")
    links = ("call__id__exact",)
    fieldsets = (
        (None, {"fields": ("sid", "call_link", "parent_link", "role", "role_signed", "agent_name")}),
        (
            _("What"),
            {"fields": ("status", "direction", "caller", "called", "answered_by", "sip_code", "duration", "price")},
        ),
        (_("When"), {"fields": ("started_at", "ringing_at", "answered_at", "ended_at")}),
        (_("How we know"), {"fields": ("doubts", "stays", "reports_of")}),
    )

    def by_sid(self, start: str) -> Q:
        return Q(sid__startswith=start) | Q(parent__sid__startswith=start)

    def by_id(self, pk: UUID) -> Q:
        return Q(call=pk)

    @admin.display(description=_("call"))
    def call_link(self, leg: Leg) -> str:
        return link_to_call(leg.call_id)

    @admin.display(description=_("parent"))
    def parent_link(self, leg: Leg) -> str:
        return link("leg", leg.parent_id)

    @admin.display(description=_("doubts"))
    def doubts(self, leg: Leg) -> str:
        return ", ".join(gettext(doubt) for doubt in ("inferred", "conflict", "unverified") if getattr(leg, doubt))

    @admin.display(description=_("in rooms"))
    def stays(self, leg: Leg) -> SafeString:
        stays = leg.presences.order_by("joined_at").values_list("room_id", "joined_at", "left_at")
        told = ((room, localize(joined), localize(left)) for room, joined, left in stays)
        return format_html_join("", "<div>{} {} – {}</div>", told)

    @admin.display(description=_("reports"))
    def reports_of(self, leg: Leg) -> SafeString:
        url = reverse("admin:calls_report_changelist")
        return format_html('<a href="{}?leg__sid__exact={}">{}</a>', url, leg.pk, gettext("what Twilio said"))
