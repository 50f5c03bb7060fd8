"""Links to a wallboard without sign-in: made, and revoked, by who may, for one's own teams."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.admin.library import ForTeams
from calls.models import WallboardLink


@admin.register(WallboardLink)
class WallboardLinkAdmin(ForTeams):
    list_display = ("name", "made_by", "made_at", "revoked_at")
    list_select_related = ("made_by",)
    fields = ("name",)
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: WallboardLink, form: Any, change: bool) -> None:
        if change:
            return super().save_model(request, obj, form, change)
        token, obj.made_by = obj.new_token(), request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        address = settings.DESK_ORIGINS[0] + reverse("wallboard-link", args=[token])
        self.message_user(
            request,
            gettext("Its address, which is not shown again: {0} Whoever has it sees the figures.").format(address),
            messages.WARNING,
        )

    @admin.action(description=_("Revoke the selected links"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[WallboardLink]) -> None:
        """At once: boards that are open are empty at their next look."""
        mine = [link.pk for link in queryset.filter(revoked_at=None) if self.has_change_permission(request, link)]
        WallboardLink.objects.filter(pk__in=mine).update(revoked_at=timezone.now())
        self.message_user(request, gettext("{0} revoked.").format(len(mine)))
