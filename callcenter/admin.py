"""Django's admin under our name, behind our own sign-in."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class CallcenterAdmin(AdminSite):
    site_header = site_title = _("Livedesk administration")
    index_title = _("People, lines and what happened")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """No second door: LoginRequiredMiddleware has sent everybody else to /sign-in/, with its count of tries."""
        if self.has_permission(request):
            back = request.GET.get(REDIRECT_FIELD_NAME, "")
            # No shortcut: `redirect` takes a word without a slash for the name of a view.
            here = url_has_allowed_host_and_scheme(back, request.get_host())
            return HttpResponseRedirect(back if here else reverse("admin:index"))
        raise PermissionDenied(
            gettext("The administration is for staff. Ask an administrator to make you one of them.")
        )
