"""Supervisors with all sorts of rights, and what each of them must see: asked of the database directly.

Nothing here uses the live stream's own idea of rights or of a call: it is the second opinion.
"""

from random import Random
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from calls.models import Call, Leg, Line, Membership, Team, publish
from tests.conftest import group
from tests.live.server import signed_in

NUMBERS = ["+15550100101", "+15550100102", "+15550100103", "+15550100104"]  # three teams' and nobody's


class People:
    def __init__(self, rng: Random, many: int) -> None:
        self.rng = rng
        self.teams = [
            Team.objects.create(name=name, show_numbers=name == "Sales") for name in ("Billing", "Sales", "Care")
        ]
        for number, team in zip(NUMBERS, [*self.teams, None], strict=True):
            Line.objects.create(address=number, name=f"Line {number[-1]}", team=team)
        self.groups = [group("Watcher", "view_call"), group("Supervisor", "view_call", "view_numbers", "end_call")]
        self.heads = group("Head", "view_call", "view_numbers", "all_teams")
        self.numbers = group("Sees numbers", "view_numbers")
        self.users = [self.hire(number) for number in range(many)]

    def hire(self, number: int) -> User:
        user = User(username=f"person{number}", first_name="Person", last_name=str(number))
        user.set_unusable_password()
        user.save()
        if number % 5 == 0:
            user.groups.add(self.heads)
        # Everybody keeps one team, so that nobody's desk is closed for good.
        Membership.objects.create(user=user, team=self.teams[number % 3], group=self.groups[0])
        if self.rng.random() < 0.5:
            self.change_rights_of(user)
        return user

    def session(self, user: User) -> str:
        return signed_in(user)

    # Somebody in the admin -------------------------------------------------------------------------------------

    def change(self) -> None:
        """One of the things that change what people see."""
        what = self.rng.choice([self.change_rights, self.change_rights, self.change_numbers, self.move_a_call])
        what()

    def change_rights(self) -> None:
        self.change_rights_of(self.rng.choice(self.users))

    def change_rights_of(self, user: User) -> None:
        team, extra = self.rng.choice(self.teams), self.groups[1]
        held = Membership.objects.filter(user=user, team=team, group=extra)
        if held.exists():
            held.delete()
        elif self.rng.random() < 0.7:
            Membership.objects.create(user=user, team=team, group=extra)
        else:
            user.groups.remove(self.numbers) if self.numbers in user.groups.all() else user.groups.add(self.numbers)

    def change_numbers(self) -> None:
        team = Team.objects.get(pk=self.rng.choice(self.teams).pk)
        team.show_numbers = not team.show_numbers
        team.save()

    def move_a_call(self) -> None:
        with transaction.atomic():
            calls = list(Call.objects.select_for_update().filter(ended_at=None, merged_into=None))
            if calls:
                call = self.rng.choice(calls)
                Call.objects.filter(pk=call.pk).update(team=self.rng.choice([None, *self.teams]))
                publish([call.pk], shape=[call.pk])

    def hide(self, pk: UUID) -> None:
        """From now on it is a call of no team: who sees all teams sees it, and nobody else."""
        with transaction.atomic():
            Call.objects.filter(pk=pk).update(team=None)
            publish([pk], shape=[pk])

    # The second opinion ----------------------------------------------------------------------------------------

    def floor(self) -> dict[str, Any]:
        """Everything on the floor, and for each person which teams and whether in full."""
        rows = Call.objects.filter(ended_at__isnull=True, merged_into__isnull=True).values_list(
            "pk", "team", "status", "from_number", "position__revision"
        )
        legs: dict[Any, set[tuple[str, str]]] = {}
        for call, sid, status in Leg.objects.filter(call__ended_at=None, ended_at=None).values_list(
            "call", "sid", "status"
        ):
            legs.setdefault(call, set()).add((sid, status))
        return {"calls": list(rows), "legs": legs, "rights": {user.pk: self.sees(user.pk) for user in self.users}}

    def sees(self, pk: int) -> dict[int | None, bool]:
        user = User.objects.get(pk=pk)
        everywhere = {name.removeprefix("calls.") for name in user.get_all_permissions()}
        seen: dict[int | None, bool] = {}
        for team in Team.objects.all():
            groups = Group.objects.filter(membership__user=user, membership__team=team)
            held = everywhere | set(Permission.objects.filter(group__in=groups).values_list("codename", flat=True))
            belongs = Membership.objects.filter(user=user, team=team).exists() or "all_teams" in everywhere
            if belongs and "view_call" in held:
                seen[team.pk] = "view_numbers" in held and team.show_numbers
        if {"all_teams", "view_call"} <= everywhere:
            seen[None] = False
        return seen

    def board_of(self, user: User, floor: dict[str, Any]) -> dict[str, Any]:
        sees = floor["rights"][user.pk]
        return {
            str(pk): (
                revision,
                status,
                team,
                number if sees[team] else masked(number),
                floor["legs"].get(pk, set()),
            )
            for pk, team, status, number, revision in floor["calls"]
            if team in sees
        }


def masked(number: str) -> str:
    return f"+1 ··· {number[-4:]}" if number else ""


def shown(calls: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A browser's board in the same words."""
    return {
        pk: (
            call["revision"], call["status"], call["team"], call["caller"],
            {(leg["sid"], leg["status"]) for leg in call["legs"] if not leg["ended_at"]},
        )
        for pk, call in calls.items()
    }  # fmt: skip
