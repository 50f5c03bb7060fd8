"""What happened can be looked at and not changed: by team, and masked where numbers may not be seen."""

import json
import re
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import BooleanField, Case, Model, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.live.frames import mask
from calls.models import Call, Rights, in_teams, rights_of

TeamIds = Collection[int | None]
SID = r"[A-Z]{2}[0-9a-f]{32}"
# In what people said or wrote, numbers have all kinds of gaps. A SID is none, however many digits it has.
SID_OR_NUMBER = re.compile(rf"\b{SID}\b|\+?\(?\d(?:[ ().\-/\u00a0]*\d){{6,}}")
WHO = re.compile(r"//[^/?#\s\"'<>]*@")  # user and password of an address, wherever it stands


# Rights -------------------------------------------------------------------------------------------------------------


def rights_in(request: HttpRequest) -> Rights:
    """Read once a request: the admin asks again for every model and every inline."""
    if not hasattr(request, "rights"):
        request.rights = rights_of(request.user)  # type: ignore[attr-defined]
    return request.rights  # type: ignore[attr-defined]


def numbers_in(request: HttpRequest) -> TeamIds:
    """The teams (None: calls without one) whose numbers this person may see."""
    rights = rights_in(request)
    return [team for team in rights.watched if rights.may("view_numbers", team)]


# Words --------------------------------------------------------------------------------------------------------------


def shown(row: Any, text: str) -> str:
    """A number as this person may see it; `row` comes from a queryset of `Looking`."""
    return text if row.numbers_shown else mask(text)


def without_password(text: str) -> str:
    """For whoever it is: a password in an address stays where it is."""
    return WHO.sub("//…@", text)


def raw(row: Any, said: object) -> SafeString:
    """What was said, word for word, as text; without passwords, and with every number in it hidden from who may not see
    it."""
    text = without_password(json.dumps(said, indent=2, ensure_ascii=False, sort_keys=True))
    return format_html('<pre class="raw">{}</pre>', text if row.numbers_shown else hide(text))


def hide(text: str) -> str:
    def hidden(found: re.Match[str]) -> str:
        there = found.group()
        digits = re.sub(r"[^+\d]", "", there)
        return there if re.fullmatch(SID, there) else mask(digits) if len(digits) <= 16 else f"··· {digits[-2:]}"

    return SID_OR_NUMBER.sub(hidden, text)


def link(model: str, pk: object, text: object = None) -> SafeString | str:
    return (
        format_html('<a href="{}">{}</a>', reverse(f"admin:calls_{model}_change", args=[pk]), text or pk) if pk else ""
    )


def link_to_call(pk: UUID | None) -> SafeString | str:
    return link("call", pk, Call(pk=pk))


# Pages --------------------------------------------------------------------------------------------------------------


class Bounded(admin.options.BaseModelAdmin):
    """Lists can be filtered by what they offer, and by nothing else."""

    links: Collection[str] = ()  # lookups that links of other pages use
    show_facets = admin.ShowFacets.NEVER  # counting again for each filter

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Django takes any column of the model: ?from_number__startswith=+1415 would spell out what is masked."""
        offered = [*self.links]
        for offer in getattr(self, "list_filter", ()):
            plain = isinstance(offer, str)
            offered += [f"{offer}__exact", f"{offer}__isnull"] if plain else [offer.parameter_name]
        if date := getattr(self, "date_hierarchy", None):
            offered += [f"{date}__{part}" for part in ("year", "month", "day", "gte", "lt")]
        return lookup in offered


class Looking(Bounded):
    """Read-only, superusers included. Who may watch a call sees its legs, reports and actions."""

    team = "call__team"
    without_call = Q(pk__in=[])

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(rights_in(request).watched)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Each row knows whether its numbers are shown: the admin's columns get no request."""
        shows = When(in_teams(numbers_in(request), self.team), then=Value(True))
        rows = super().get_queryset(request).filter(self.visible(request))
        return rows.annotate(numbers_shown=Case(shows, default=Value(False), output_field=BooleanField()))

    def visible(self, request: HttpRequest) -> Q:
        seen = Q(call__in=Call.objects.visible_to(request.user))
        return seen | self.without_call if None in rights_in(request).watched else seen


class LookingAdmin(Looking, admin.ModelAdmin):
    actions = None
    list_per_page = 50
    show_full_result_count = False
    search_help_text = _("A SID or an id. A number, in the teams whose numbers you may see.")
    numbers: Collection[str] = ()  # columns

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What is found tells what was looked for: numbers only where they may be seen."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = self.by_words(term)
        if re.fullmatch(r"[A-Z]{2}[0-9a-f]{0,32}", term):
            found |= self.by_sid(term)
        if number := re.fullmatch(r"\+?\d{3,}", re.sub(r"[ ().\-]", "", term)):
            mine = in_teams(numbers_in(request), self.team)
            for column in self.numbers:
                found |= mine & Q(**{f"{column}__contains": number.group()})
        try:
            found |= self.by_id(UUID(term))
        except ValueError:
            pass
        return queryset.filter(found), False

    def by_words(self, words: str) -> Q:
        """What people wrote; of most things they write nothing."""
        return Q(pk__in=[])

    def by_sid(self, start: str) -> Q:
        raise NotImplementedError

    def by_id(self, pk: UUID) -> Q:
        raise NotImplementedError


class LookingInline(Looking, admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False


class TeamFilter(admin.SimpleListFilter):
    """The teams of this person. Django's own filter would name them all."""

    title = _("team")
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rights = rights_in(request)
        teams = sorted((rights.team_names[team], str(team)) for team in rights.watched if team is not None)
        none = [("none", gettext("no team"))] if None in rights.watched else []
        self.path = model_admin.team
        return [(team, name) for name, team in teams] + none

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(in_teams([None if chosen == "none" else int(str(chosen))], self.path))
