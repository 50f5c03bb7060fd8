"""The library: where calls may be sent to and what may be played into them, kept by who may, for one's own teams."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import BooleanField, Exists, ExpressionWrapper, Model, OuterRef, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import Bounded, numbers_in, rights_in, shown, without_password
from calls.admin.people import teams_of
from calls.control import numbers
from calls.control.verbs.announce import audio_address
from calls.desk.said import said
from calls.models import Announcement, Destination, Line, StreamTarget, in_teams
from calls.twilio.sounds import NotAudio, seconds_of


class ForTeams(Bounded, admin.ModelAdmin):
    """Seen by whose calls may use it; changed by who keeps all the teams that do, for it changes what they do."""

    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows, seen = super().get_queryset(request), numbers_in(request)
        its_teams = self.model.teams.through.objects.filter(**{f"{self.opts.model_name}_id": OuterRef("pk")})
        if not rights_in(request).all_teams:
            rows = rows.filter(~Exists(its_teams) | Exists(its_teams.filter(team__in=teams_of(request))))
        shows = Q(Exists(its_teams.filter(in_teams(seen, "team")))) | Q(Value(None in seen))
        return rows.annotate(numbers_shown=ExpressionWrapper(shows, output_field=BooleanField()))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and self.within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self.within_reach(request, obj)

    def within_reach(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None or rights_in(request).all_teams:
            return True
        teams = set(obj.teams.values_list("pk", flat=True))
        return bool(teams) and teams <= rights_in(request).by_team.keys()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Who only looks is not told which other teams there are."""
        return [*self.fields, *(["teams"] if self.within_reach(request, obj) else [])]  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """None means every team's: for who serves every team."""
        kwargs["queryset"], kwargs["widget"] = teams_of(request), forms.CheckboxSelectMultiple
        kwargs["required"] = not rights_in(request).all_teams
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class DestinationForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url_shown = without_password(self.instance.url)
        if self.url_shown:
            self.initial["url"] = self.url_shown

    def clean_url(self) -> str:
        """Who leaves it as it is shown keeps the password; nobody takes it elsewhere without knowing it."""
        url = self.cleaned_data["url"]
        if url == self.url_shown:
            return self.instance.url
        if "//…@" in url:
            raise ValidationError(_("User and password are not shown: write them again, for this address."))
        return url

    def clean_address(self) -> str:
        """An admin may name a number in any country, but none that earns by being called, and none of our own."""
        address = self.cleaned_data["address"]
        why_not = numbers.costly(address) if address.startswith("+") else None
        if Line.objects.filter(address=address).exists():
            why_not = numbers.OWN_LINE
        if why_not:
            raise ValidationError(said(why_not.message), why_not.code)
        return address


@admin.register(Destination)
class DestinationAdmin(ForTeams):
    form = DestinationForm
    list_display = ("name", "kind", "leads_to")
    list_filter = ("kind",)
    list_select_related = ("line",)
    fields = ("name", "kind", "address", "line", "url", "method")
    readonly_fields = ("address_shown", "url_shown")

    def get_fields(self, request: HttpRequest, obj: Destination | None = None) -> list[Any]:
        """Who may not see a number cannot change it."""
        hidden = obj is not None and shown(obj, obj.address) != obj.address
        instead = {"address": "address_shown"} if hidden else {}
        if obj is not None and not self.has_change_permission(request, obj):
            instead["url"] = "url_shown"
        return [instead.get(field, field) for field in super().get_fields(request, obj)]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "line":
            kwargs["queryset"] = Line.objects.filter(in_teams(rights_in(request).by_team.keys(), "team"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("address"))
    def address_shown(self, place: Destination) -> str:
        return shown(place, place.address)

    @admin.display(description=_("address of the document"))
    def url_shown(self, place: Destination) -> str:
        return without_password(place.url)

    @admin.display(description=_("leads to"))
    def leads_to(self, place: Destination) -> str:
        if place.kind == Destination.Kind.ADDRESS:
            return shown(place, place.address)
        return place.line.name if place.line and place.kind == Destination.Kind.LINE else self.url_shown(place)


@admin.register(StreamTarget)
class StreamTargetAdmin(ForTeams):
    list_display = ("name", "url")
    fields = ("name", "url")


class Listen(AdminFileWidget):
    """The link beside the field leads to where Twilio gets it too: there is no other way to the file."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if self.is_initial(value):
            context["widget"]["value"] = Recording(value.name, audio_address(value.instance.pk))
        return context


class Recording:
    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url

    def __str__(self) -> str:
        return self.name.rpartition("/")[2]


class AnnouncementForm(forms.ModelForm):
    LARGEST = 5 * 1024 * 1024

    def clean(self) -> dict[str, Any]:
        """What is in the file counts, not what it is called; how long a WAV plays is written in it."""
        cleaned = super().clean() or self.cleaned_data
        file = cleaned.get("audio")
        if not isinstance(file, UploadedFile):
            return cleaned
        if file.size is None or file.size > self.LARGEST:
            raise ValidationError({"audio": _("It is larger than 5 MB.")})
        try:
            seconds = seconds_of(file.read(), (file.name or "").rpartition(".")[2].lower())
        except NotAudio as error:
            raise ValidationError({"audio": said(str(error))}) from error
        finally:
            file.seek(0)
        cleaned["seconds"] = seconds or cleaned.get("seconds")
        return cleaned


@admin.register(Announcement)
class AnnouncementAdmin(ForTeams):
    form = AnnouncementForm
    list_display = ("name", "language", "voice", "has_recording")
    list_filter = ("language",)
    fields = ("name", "text", "language", "voice", "audio", "seconds")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "audio":
            kwargs["widget"] = Listen
        if db_field.name == "text":
            kwargs["widget"] = admin.widgets.AdminTextareaWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("recording"), boolean=True)
    def has_recording(self, announcement: Announcement) -> bool:
        return bool(announcement.audio)
