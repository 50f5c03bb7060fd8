"""People, and what they may do where. Who is no superuser gives only what they hold themselves."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.admin.looking import rights_in
from calls.control import dialling
from calls.control.plan import Refusal
from calls.control.verbs.transfer import lines
from calls.desk.said import said
from calls.models import Membership, Phone, Team, rights_of

admin.site.unregister(User)
TO_GIVE = ("is_staff", "is_superuser", "groups", "user_permissions")


def teams_of(request: HttpRequest) -> QuerySet[Team]:
    return Team.objects.filter(pk__in=[team for team in rights_in(request).by_team if team is not None])


def people_of(request: HttpRequest) -> QuerySet[User]:
    """The people of one's teams, and those who have none yet."""
    if rights_in(request).all_teams:
        return User.objects.all()
    members = Membership.objects.filter(team__in=teams_of(request)).values("user")
    return User.objects.filter(Q(pk__in=members) | Q(memberships=None))


def groups_to_give(request: HttpRequest) -> QuerySet[Group]:
    """Groups that hold nothing which this person does not hold everywhere."""
    if request.user.is_superuser:
        return Group.objects.all()
    mine = request.user.get_all_permissions()
    groups = Group.objects.prefetch_related("permissions__content_type")
    return Group.objects.filter(
        pk__in=[
            group.pk
            for group in groups
            if {f"{held.content_type.app_label}.{held.codename}" for held in group.permissions.all()} <= mine
        ]
    )


def holds_no_more(person: User, than: User) -> bool:
    """Who could change the password of somebody with more rights would have those rights."""
    if than.is_superuser or person == than:
        return True
    theirs, mine = rights_of(person).by_team, rights_of(than).by_team
    within = all(held <= mine.get(team, frozenset()) for team, held in theirs.items())
    return within and not person.is_superuser and person.get_all_permissions() <= than.get_all_permissions()


class MembershipInline(admin.TabularInline):
    """What this person could not have given is neither shown nor taken away here."""

    model = Membership
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        given = Q(group=None) | Q(group__in=groups_to_give(request))
        rows = super().get_queryset(request).filter(given, team__in=teams_of(request), user__in=people_of(request))
        return rows.select_related("user", "team", "group")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> ModelChoiceField | None:
        choices = {"team": teams_of, "user": people_of, "group": groups_to_give}
        kwargs["queryset"] = choices[db_field.name](request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class PhoneForm(forms.ModelForm):
    """Whoever may listen is rung there by a click: so it is an ordinary number, in a country that may be called."""

    def clean_address(self) -> str:
        address = self.cleaned_data["address"]
        checked = dialling.check(address, lines=lines()) if address.startswith("+") else address
        if isinstance(checked, Refusal):
            raise ValidationError(said(checked.message), checked.code)
        return address


class PhoneInline(admin.StackedInline):
    """Where they are rung; with the right to change the person. They see it in the dialogs that ring them."""

    model, form = Phone, PhoneForm
    verbose_name_plural = _("telephone")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("auth.view_user") or request.user.has_perm("auth.change_user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("auth.change_user")

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(User)
class PersonAdmin(UserAdmin):
    inlines = (PhoneInline, MembershipInline)
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    filter_horizontal = ("groups", "user_permissions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(pk__in=people_of(request))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return () if request.user.is_superuser else TO_GIVE

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and self.within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self.within_reach(request, obj)

    def within_reach(self, request: HttpRequest, obj: Model | None) -> bool:
        return not isinstance(obj, User) or holds_no_more(obj, than=request.user)  # type: ignore[arg-type]
