"""Wishes that were made on many calls at once: who, what, and how far they came."""

from uuid import UUID

from django.contrib import admin
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import LookingAdmin, TeamFilter, hide, link, link_to_call, raw, rights_in, without_password
from calls.desk.said import said
from calls.models import Action, Bulk, Leg, name_of


@admin.register(Bulk)
class BulkAdmin(LookingAdmin):
    """Calls of several teams may be in one: without a queue it is shown to who began it and to who sees every team."""

    team = "queue__team"
    search_fields = ("id",)
    search_help_text = _("A whole SID, or an id.")
    list_display = ("started_at", "verb", "who", "queue", "far", "came_to")
    list_select_related = ("by", "queue", "stopped_by")
    list_filter = (TeamFilter, "verb")
    date_hierarchy = "started_at"
    fieldsets = (
        (None, {"fields": ("id", "verb", "who", "queue", "far", "came_to")}),
        (_("When"), {"fields": ("started_at", "last_at", "stopped_at", "finished_at")}),
        (_("What"), {"fields": ("asked", "each")}),
    )

    def visible(self, request: HttpRequest) -> Q:
        watched = rights_in(request).watched
        mine = Q(by=request.user.pk) | Q(queue__team__in=rights_in(request).teams)
        return mine | Q(queue=None) if None in watched else mine

    def by_sid(self, start: str) -> Q:
        leg = Leg.objects.filter(sid=start).first()
        return self.by_id(leg.call_id) if leg else Q(pk__in=[])

    def by_id(self, pk: UUID) -> Q:
        """Its own, or that of a call of it: they are in no table of their own, and rows are few."""
        written = Bulk.objects.annotate(written=Cast("calls", TextField()))
        return Q(pk=pk) | Q(pk__in=written.filter(written__contains=str(pk)).values("pk"))

    @admin.display(description=_("by"))
    def who(self, bulk: Bulk) -> str:
        return name_of(bulk.by)

    @admin.display(description=_("asked for"))
    def far(self, bulk: Bulk) -> str:
        far = gettext("%(number)s of %(total)s") % {"number": bulk.made, "total": len(bulk.calls)}
        return gettext("{0}, {1} refused").format(far, len(bulk.refused)) if bulk.refused else far

    @admin.display(description=_("state"))
    def came_to(self, bulk: Bulk) -> str:
        if bulk.stopped_by is not None:
            return gettext("stopped by {0}").format(name_of(bulk.stopped_by))
        return (
            gettext("under way") if bulk.runs else gettext("stopped") if bulk.stopped_at else gettext("all asked for")
        )

    @admin.display(description=_("fields"))
    def asked(self, bulk: Bulk) -> SafeString:
        return raw(bulk, bulk.fields)

    @admin.display(description=_("calls"))
    def each(self, bulk: Bulk) -> SafeString:
        """In the order of their turns."""
        actions = {str(action.call_id): action for action in bulk.actions}
        turns = [(link_to_call(UUID(call)), became(bulk, call, actions.get(call))) for call in bulk.calls]
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {}</li>", turns))


def became(bulk: Bulk, call: str, action: Action | None) -> SafeString | str:
    if action is not None:
        return link("action", action.pk, action.state)
    if call not in bulk.refused:
        return gettext("not asked for")
    why = without_password(gettext("refused. {0}").format(said(bulk.refused[call])))
    return why if bulk.numbers_shown else hide(why)  # type: ignore[attr-defined]
