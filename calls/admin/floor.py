"""Teams, lines and agents: what may be changed, by who may change it, in one's own teams."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import Bounded, TeamFilter, numbers_in, rights_in, shown
from calls.admin.people import MembershipInline, teams_of
from calls.control import numbers
from calls.desk.said import said
from calls.live import hint
from calls.models import Agent, Announcement, Call, Line, Queue, Team, in_teams, publish

InTeam = Agent.teams.through


class Told(admin.ModelAdmin):
    """Names stand in the bodies of live calls: who changes one changes what the desks show, and they are told."""

    names = ""  # the column of a call that leads here

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        tell(self.live_calls([obj.pk]))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        concerned = self.live_calls([obj.pk])
        super().delete_model(request, obj)
        tell(concerned)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        concerned = self.live_calls(list(queryset.values_list("pk", flat=True)))
        super().delete_queryset(request, queryset)
        tell(concerned)

    def live_calls(self, pks: list[int]) -> list[UUID]:
        return list(Call.objects.live().filter(**{f"{self.names}__in": pks}).values_list("pk", flat=True))


def tell(calls: list[UUID]) -> None:
    """With the change itself, in one transaction: the desk's next frame has the new name."""
    with transaction.atomic():
        hint.publish_on_commit(publish(calls))


@admin.register(Team)
class TeamAdmin(Bounded, Told):
    names = "team"
    list_display = ("name", "show_numbers")
    search_fields = ("name",)
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).filter(pk__in=teams_of(request))


@admin.register(Line)
class LineAdmin(Bounded, Told):
    names = "line"
    team = "team"
    list_display = ("name", "address", "team", "flow")
    list_filter = (TeamFilter,)
    list_select_related = ("team",)
    search_fields = ("name", "address")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Line]:
        return super().get_queryset(request).filter(in_teams(rights_in(request).by_team.keys(), "team"))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> ModelChoiceField | None:
        if db_field.name == "team":
            kwargs["queryset"] = teams_of(request)
            kwargs["required"] = None not in rights_in(request).by_team
        if db_field.name == "queue":
            kwargs["queryset"] = Queue.objects.filter(team__in=teams_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Queue)
class QueueAdmin(Bounded, admin.ModelAdmin):
    team = "team"
    list_display = ("name", "team", "open", "skill", "ring_seconds", "wrap_up_seconds", "when_agent_leaves")
    list_filter = (TeamFilter, "open")
    list_select_related = ("team",)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        return super().get_queryset(request).filter(team__in=teams_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> ModelChoiceField | None:
        if db_field.name == "team":
            kwargs["queryset"] = teams_of(request)
        if db_field.name == "music":
            mine = Q(teams=None) | Q(teams__in=teams_of(request))
            kwargs["queryset"] = Announcement.objects.filter(mine).distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class TeamInline(admin.TabularInline):
    """Rows of one's own teams: a list of all would name the others, and saving it would take them away."""

    model = InTeam
    extra = 1
    verbose_name, verbose_name_plural = _("team"), _("teams")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(team__in=teams_of(request)).select_related("team")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> ModelChoiceField | None:
        if db_field.name == "team":
            kwargs["queryset"] = teams_of(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("calls.change_agent") or request.user.has_perm("calls.add_agent")

    has_change_permission = has_delete_permission = has_add_permission

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("calls.view_agent") or self.has_add_permission(request)


class AgentForm(forms.ModelForm):
    def clean_contact(self) -> str:
        """The directory's rule: every call of the team rings here, so it is none that earns by being called."""
        contact = self.cleaned_data["contact"]
        why_not = numbers.costly(contact) if contact.startswith("+") else None
        if why_not:
            raise ValidationError(said(why_not.message), why_not.code)
        return contact


@admin.register(Agent)
class AgentAdmin(Bounded, Told):
    form = AgentForm
    names = "legs__agent"
    list_display = ("name", "contact_shown", "state", "skills")
    list_filter = ("state",)
    search_fields = ("name",)
    inlines = (TeamInline,)
    readonly_fields = ("contact_shown",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        rows, rights, seen = super().get_queryset(request), rights_in(request), numbers_in(request)
        teams = InTeam.objects.filter(agent=OuterRef("pk"))
        if not rights.all_teams:
            rows = rows.filter(Exists(teams.filter(team__in=teams_of(request))))
        shows = Q(Exists(teams.filter(in_teams(seen, "team")))) | Q(Value(None in seen))
        return rows.annotate(numbers_shown=ExpressionWrapper(shows, output_field=BooleanField()))

    def get_fields(self, request: HttpRequest, obj: Agent | None = None) -> list[Any]:
        """Who may not see a number cannot change it; a person outside one's teams stays who it is."""
        contact = "contact_shown" if obj and shown(obj, obj.contact) != obj.contact else "contact"
        return ["name", contact, "skills", "state"] + (["user"] if rights_in(request).all_teams else [])

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        """A state that is chosen here counts as if they had chosen it themselves."""
        if change and "state" in form.changed_data:
            wanted, obj.state = obj.state, form.initial["state"]
            obj.choose(wanted, timezone.now())
        super().save_model(request, obj, form, change)

    @admin.display(description=_("contact"))
    def contact_shown(self, agent: Agent) -> str:
        return shown(agent, agent.contact)
