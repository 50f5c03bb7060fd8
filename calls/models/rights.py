"""Rights: what a person may do on which team's calls. Read for many people at once, by a fixed number of queries."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Q

from calls.models.rows import AMONG, many, take

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
    def teams(self) -> list[int]:
        """The teams whose calls this person sees; calls without a team are none of theirs."""
        return sorted(team for team in self.watched if team is not None)

    def may_act(self, team: TeamId) -> bool:
        """May this person do anything at all to the team's calls, besides watching them?"""
        return team in self.watched and len(verbs(self.by_team[team])) > 1

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


def name_of(user: User) -> str:
    return user.get_full_name() or user.get_username()


def in_teams(teams: Collection[TeamId], path: str = "team") -> Q:
    """Of these teams (None: of no team), by the column that says whose a row is."""
    named = Q(**{f"{path}__in": [team for team in teams if team is not None]})
    return named | Q(**{f"{path}__isnull": True}) if None in teams else named


def rights_of(user: User | AnonymousUser) -> Rights:
    """One person's rights, read now."""
    return read_rights([user.pk])[user.pk] if user.is_authenticated else NOBODY


def read_rights(user_ids: Collection[int]) -> dict[int, Rights]:
    """The rights of all these people, by two queries however many they are. Unknown ids get `NOBODY`."""
    users = {user.pk: user for user in take(User, "id", user_ids)}
    known = facts(users)
    alone, by_group, in_groups = defaultdict(set), defaultdict(set), defaultdict(set)
    member = defaultdict(lambda: defaultdict(set))  # type: ignore[var-annotated]
    for who, _, _, codename in known["holds"]:
        alone[who].add(codename)
    for group, _, _, codename in known["allows"]:
        by_group[group].add(codename)
    for who, group, _, _ in known["belongs"]:
        in_groups[who].add(group)
    for who, group, team, _ in known["serves"]:
        member[who][team] |= by_group[group]
    every = frozenset(codename for *_, codename in known["exists"])
    teams = [(team, name, bool(shown)) for team, _, shown, name in known["team"]]

    found = {}
    for pk, user in users.items():
        held = frozenset(alone[pk].union(*(by_group[group] for group in in_groups[pk])))
        found[pk] = weigh(user, every if user.is_superuser else held, member[pk], teams)
    return {pk: found.get(pk, NOBODY) for pk in user_ids}


def facts(user_ids: Collection[int]) -> dict[str, list[tuple[Any, ...]]]:
    """All that rights follow from, by kind, in the order of names."""
    found = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(FACTS.format(among=AMONG[connection.vendor]), [many(user_ids)] * 3)
        for kind, *values in cursor.fetchall():
            found[kind].append(tuple(values))
    return found


# Every desk that opens waits for this, and all that are open ask it every two seconds: so it is one statement whose
# text never changes. Of its columns each kind uses its own: whose or which, in which group, of what number, what word.
OURS = (
    "JOIN auth_permission p ON p.id = permission_id"
    " JOIN django_content_type t ON t.id = p.content_type_id AND t.app_label = 'calls'"
)
FACTS = f"""
SELECT 'holds', user_id, 0, 0, p.codename FROM auth_user_user_permissions {OURS} WHERE user_id {{among}} UNION ALL
SELECT 'allows', group_id, 0, 0, p.codename FROM auth_group_permissions {OURS} UNION ALL
SELECT 'belongs', user_id, group_id, 0, '' FROM auth_user_groups WHERE user_id {{among}} UNION ALL
SELECT 'serves', user_id, group_id, team_id, '' FROM calls_membership WHERE user_id {{among}} UNION ALL
SELECT 'exists', 0, 0, 0, p.codename FROM (SELECT id AS permission_id FROM auth_permission) every {OURS} UNION ALL
SELECT 'team', id, 0, CASE WHEN show_numbers THEN 1 ELSE 0 END, name FROM calls_team ORDER BY 5
"""  # noqa: S608  nobody's words are in it


def weigh(
    user: User, everywhere: frozenset[str], member: Mapping[int, set[str]], teams: list[tuple[int, str, bool]]
) -> Rights:
    """Globally held counts on every team of the person, or on all with `all_teams`; a group's on its team only."""
    if not user.is_active:
        return Rights(user_id=user.pk, name=name_of(user))
    all_teams = "all_teams" in everywhere
    by_team: dict[TeamId, frozenset[str]] = {
        team: everywhere | member.get(team, set()) for team, _, _ in teams if all_teams or team in member
    }
    if all_teams:
        by_team[None] = everywhere
    shown = {team for team, _, show in teams if show}
    return Rights(
        user_id=user.pk,
        name=name_of(user),
        active=True,
        all_teams=all_teams,
        by_team=by_team,
        team_names={team: name for team, name, _ in teams if team in by_team},
        numbers=frozenset(t for t, held in by_team.items() if t in shown and "view_numbers" in held),
        everywhere=everywhere,
        secret=user.get_session_auth_hash(),
    )
