"""Rights: what a person may do on which team's calls. Read for many people at once, by a fixed number of queries."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db.models import QuerySet

from calls.models.floor import Membership, Team

# None stands for the calls that no team owns: they belong to who serves all teams.
TeamId = int | None


@dataclass(frozen=True)
class Rights:
    """One person's rights at one moment; two that are equal have the same `digest`.

    `by_team` maps a team's id (None: calls without a team) to the codenames of `calls.*` permissions held there.
    """

    user_id: int | None = None
    name: str = ""
    active: bool = False
    all_teams: bool = False
    by_team: Mapping[TeamId, frozenset[str]] = field(default_factory=dict)
    team_names: Mapping[int, str] = field(default_factory=dict)
    numbers: frozenset[TeamId] = frozenset()
    everywhere: frozenset[str] = frozenset()
    secret: str = ""  # changes with the password, so that other sessions end

    def may(self, permission: str, team: TeamId) -> bool:
        """`permission` is a codename (`end_call`). Unknown means no; who may not watch a call may do nothing to it."""
        held = self.by_team.get(team, frozenset())
        return permission in held and "view_call" in held

    @cached_property
    def watched(self) -> frozenset[TeamId]:
        return frozenset(team for team, held in self.by_team.items() if "view_call" in held)

    @cached_property
    def audience(self) -> frozenset[tuple[TeamId, bool]]:
        """(team, whether numbers are shown in full) of every team whose calls this person sees."""
        return frozenset((team, team in self.numbers) for team in self.watched)

    @cached_property
    def digest(self) -> str:
        held = sorted((str(team), sorted(perms)) for team, perms in self.by_team.items())
        facts = [self.user_id, self.active, held, sorted(map(str, self.numbers)), sorted(self.team_names.items())]
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]

    @property
    def you(self) -> dict[str, Any]:
        """What the desk is told about its own user: verbs by team and masking."""
        teams = {
            str(team): {"name": self.team_names[team], "verbs": verbs(held), "numbers": team in self.numbers}
            for team, held in self.by_team.items()
            if team is not None and "view_call" in held
        }
        unassigned = {"verbs": verbs(self.by_team[None])} if None in self.watched else None
        user = {"id": self.user_id, "name": self.name, "initials": initials(self.name)}
        return {"user": user, "all_teams": self.all_teams, "teams": teams, "unassigned": unassigned}


NOBODY = Rights()


def verbs(held: frozenset[str]) -> list[str]:
    return sorted(codename.removesuffix("_call") for codename in held if codename.endswith("_call"))


def initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[0], words[-1]) if word).upper() if len(words) > 1 else name[:2].upper()


def rights_of(user: User | AnonymousUser) -> Rights:
    """One person's rights, read now."""
    return read_rights([user.pk])[user.pk] if user.is_authenticated else NOBODY


def read_rights(user_ids: Collection[int]) -> dict[int, Rights]:
    """The rights of all these people, by six queries however many they are. Unknown ids get `NOBODY`."""
    users = {user.pk: user for user in get_user_model()._default_manager.filter(pk__in=user_ids)}
    teams = list(Team.objects.values_list("pk", "name", "show_numbers"))
    alone = grants(Permission.user_set.through.objects.filter(user__in=users), "user_id")
    by_group = grants(Group.permissions.through.objects.all(), "group_id")
    in_groups = defaultdict(set)
    for who, group in User.groups.through.objects.filter(user__in=users).values_list("user_id", "group_id"):
        in_groups[who].add(group)
    member = defaultdict(lambda: defaultdict(set))  # type: ignore[var-annotated]
    for who, team, group in Membership.objects.filter(user__in=users).values_list("user_id", "team_id", "group_id"):
        member[who][team] |= by_group[group]
    every = frozenset(Permission.objects.filter(content_type__app_label="calls").values_list("codename", flat=True))

    found = {}
    for pk, user in users.items():
        held = frozenset(alone[pk].union(*(by_group[group] for group in in_groups[pk])))
        found[pk] = weigh(user, every if user.is_superuser else held, member[pk], teams)
    return {pk: found.get(pk, NOBODY) for pk in user_ids}


def grants(through: "QuerySet[Any]", owner: str) -> dict[int | None, set[str]]:
    rows = through.filter(permission__content_type__app_label="calls").values_list(owner, "permission__codename")
    held: dict[int | None, set[str]] = defaultdict(set)
    for who, codename in rows:
        held[who].add(codename)
    return held


def weigh(
    user: User, everywhere: frozenset[str], member: Mapping[int, set[str]], teams: list[tuple[int, str, bool]]
) -> Rights:
    """Globally held counts on every team of the person, or on all with `all_teams`; a group's on its team only."""
    if not user.is_active:
        return Rights(user_id=user.pk, name=user.get_full_name() or user.get_username())
    all_teams = "all_teams" in everywhere
    by_team: dict[TeamId, frozenset[str]] = {
        team: everywhere | member.get(team, set()) for team, _, _ in teams if all_teams or team in member
    }
    if all_teams:
        by_team[None] = everywhere
    shown = {team for team, _, show in teams if show}
    return Rights(
        user_id=user.pk,
        name=user.get_full_name() or user.get_username(),
        active=True,
        all_teams=all_teams,
        by_team=by_team,
        team_names={team: name for team, name, _ in teams if team in by_team},
        numbers=frozenset(t for t, held in by_team.items() if t in shown and "view_numbers" in held),
        everywhere=everywhere,
        secret=user.get_session_auth_hash(),
    )
