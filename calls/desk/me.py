"""One's own page: how the desk looks, in which time zone it tells times, and which keys it has."""

import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from calls.desk.refusals import wants_json
from calls.desk.said import remember
from calls.desk.views import SignedIn
from calls.models import Preferences, rights_of

AS_SET = _("As this computer is set")


@lru_cache(1)
def zones() -> list[tuple[str, str | Promise]]:
    """Places, as one looks for one's own; what the machine has is walked through once."""
    known = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [("", AS_SET), ("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in known)]


class PreferencesForm(forms.ModelForm):
    theme = forms.ChoiceField(label=_("Theme"), choices=[("", AS_SET), *Preferences.Theme.choices], required=False)
    contrast = forms.ChoiceField(
        label=_("Contrast"), choices=[("", AS_SET), *Preferences.Contrast.choices], required=False
    )
    motion = forms.ChoiceField(label=_("Motion"), choices=[("", AS_SET), *Preferences.Motion.choices], required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, required=False)
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("As this browser is set")), *settings.LANGUAGES], required=False
    )

    class Meta:
        model = Preferences
        fields = ("theme", "contrast", "motion", "time_zone", "language", "keys", "keys_off")
        labels = {"keys": _("Keys")}

    def clean_keys(self) -> dict[str, str]:
        return self.cleaned_data["keys"] or {}  # an empty field is null


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn) -> HttpResponse:
    mine = preferences_of(request)
    form = PreferencesForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Kept. It is so wherever you sign in.")
        response = redirect("me")
        remember(response, mine.language)
        return response
    context = {"rights": rights_of(request.user), "form": form}
    return render(request, "desk/me.html", context, status=422 if form.errors else 200)


@require_POST
def toured(request: SignedIn) -> HttpResponse:
    """They have seen the tour, or want none: it is not offered again."""
    Preferences.objects.update_or_create(user=request.user, defaults={"toured": True})
    return JsonResponse({"toured": True}) if wants_json(request) else redirect("desk")


def preferences_of(request: HttpRequest) -> Preferences:
    if not request.user.is_authenticated:
        return Preferences()
    return Preferences.objects.filter(user=request.user).first() or Preferences(user=request.user)


def preferences(request: HttpRequest) -> dict[str, Any]:
    """For every page of ours: read when a page asks for it, once."""
    return {"preferences": SimpleLazyObject(lambda: preferences_of(request))}
