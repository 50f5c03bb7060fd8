"""Everybody who may knock at a door of ours, and what is behind it."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.cache import cache
from django.test import Client

from calls.desk.figures import figures
from calls.models import (
    Action,
    Agent,
    Alarm,
    Announcement,
    Audit,
    Bulk,
    Call,
    Destination,
    Drill,
    HelpRequest,
    Leg,
    Line,
    Membership,
    Notice,
    Queue,
    Report,
    SavedView,
    StreamTarget,
    Team,
    Threshold,
    Waiting,
    WallboardLink,
)
from tests.conftest import FarSide, group, person
from tests.control.conftest import rest

__all__ = ["rest"]
KINDS = (
    "team", "line", "queue", "agent", "membership", "destination", "announcement", "streamtarget", "threshold",
    "wallboardlink", "notice",
)  # fmt: skip
VERBS = ("view", "add", "change", "delete")
LIBRARY = {"billing": ("Collections desk", "Fees change"), "sales": ("Offers desk", "Ends on Friday")}
FLOOR = [f"{verb}_{kind}" for kind in KINDS for verb in VERBS]


@pytest.fixture(autouse=True)
def nobody_has_tried_yet() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def nothing_was_counted_yet() -> None:
    figures.forget()


@pytest.fixture
def stan(sales: Team) -> User:
    """Staff of Sales: keeps its lines, agents, members and library, reads the audit, sees no numbers."""
    user = person("stan", "Stan", "Iversen")
    user.is_staff = True
    user.save()
    Membership.objects.create(user=user, team=sales)
    user.groups.add(group("Floor keeper", "view_call", "view_audit", *FLOOR))
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="auth", codename__endswith="_user"))
    return user


@pytest.fixture
def olga(rows: None) -> User:
    """The administrator: everything, everywhere, and still no way to change what happened."""
    return User.objects.create_superuser(
        "olga", password="correct horse battery", first_name="Olga", last_name="Brandt"
    )


@pytest.fixture
def disabled(billing: Team) -> User:
    """Was a supervisor of Billing, has an open session, and is not one any more."""
    user = person("zoe", "Zoe", "Adler")
    Membership.objects.create(user=user, team=billing, group=group("Supervisor", "view_call", "end_call"))
    return user


@pytest.fixture
def sale(twilio: FarSide, sales: Team) -> Call:
    """Max phoned Sales, where nobody is free."""
    Line.objects.create(address="+15550100200", name="Sales hotline", team=sales)
    sid, _ = twilio.call_in(From="+14155550199", To="+15550100200")
    return Call.objects.get(legs__sid=sid)


def drill_of(call: Call) -> Drill:
    """One that is over."""
    at = call.started_at
    return Drill.objects.create(
        name="Distressed caller", team=call.team, call=call, started_at=at, cued_at=at, ended_at=at, score=80,
        outcome="served", cue="Ana Pereira raises a hand.",
    )  # fmt: skip


def wallboard() -> tuple[WallboardLink, str]:
    """A wall of Claims, who have nothing to hide, and what opens it."""
    team = Team.objects.create(name="Claims")
    Queue.objects.create(name="Claims queue", team=team)
    link = WallboardLink(name="Claims wall")
    token = link.new_token()
    link.save()
    link.teams.add(team)
    return link, token


@dataclass
class World:
    people: dict[str, Any]
    ids: dict[str, Any]
    secrets: dict[str, list[str]] = field(default_factory=dict)

    def client(self, actor: str, **options: Any) -> Client:
        client = Client(**options)
        user = self.people[actor]
        if user.is_authenticated:
            client.force_login(user)
        if actor == "disabled":
            User.objects.filter(pk=user.pk).update(is_active=False)
        return client

    def hidden_from(self, actor: str) -> list[str]:
        """What no answer to this person may hold."""
        billing, sales, numbers = self.secrets["billing"], self.secrets["sales"], self.secrets["numbers"]
        return {
            "anonymous": billing + sales + numbers,
            "disabled": billing + sales + numbers,
            "wes": sales + numbers,
            "ben": sales + numbers,
            "sue": billing + numbers,
            "stan": billing + numbers,
        }.get(actor, [])


@pytest.fixture
def world(wes, ben, sue, alice, stan, olga, disabled, dana_call, sale, rest, twilio) -> World:  # type: ignore[no-untyped-def]
    actor = Client()
    actor.force_login(ben)
    actor.post(f"/calls/{dana_call.pk}/end/", {"key": "00000000-0000-0000-0000-000000000001"})
    Action.objects.update(state="failed")
    billing, sales = dana_call.team, sale.team
    Agent.objects.create(name="Sana Rahman", contact="client:sana").teams.add(sales)
    for team, (place, words) in ((billing, LIBRARY["billing"]), (sales, LIBRARY["sales"])):
        Destination.objects.create(name=place, address=f"+1415555014{team.pk % 10}").teams.add(team)
        Announcement.objects.create(name=words, text=f"{words}.").teams.add(team)
        StreamTarget.objects.create(name=f"{team.name} ears", url="wss://ears.example/").teams.add(team)
    queue, theirs = (Queue.objects.create(name=f"{team.name} queue", team=team) for team in (billing, sales))
    waited = Waiting.objects.create(call=dana_call, queue=queue, place=1.0, entered_at=dana_call.started_at)
    Waiting.objects.filter(pk=waited.pk).update(left_at=dana_call.started_at)
    wants = HelpRequest.objects.create(agent=dana_call.agent, call=dana_call, reason="Refund", at=dana_call.started_at)
    rule = Threshold.objects.create(kind="wait", team=billing, queue=queue, limit=30)
    alarm = Alarm.objects.create(
        key="wait", kind="wait", team=billing, queue=queue, call=dana_call, severity="red", value=40, limit=30,
        began=dana_call.started_at, red_since=dana_call.started_at, raised_at=dana_call.started_at,
    )  # fmt: skip
    view = SavedView.objects.create(user=ben, name="Billing on hold", query="states=held", team=billing)
    bulk = Bulk.objects.create(
        by=olga, key="0" * 32, verb="end", queue=queue, calls=[str(dana_call.pk)], started_at=dana_call.started_at
    )
    notice = Notice.objects.create(team=billing, to="floor@example.com")
    wall, token = wallboard()
    listed = Bulk.objects.create(by=olga, key="1" * 32, verb="end", calls=[str(sale.pk)], started_at=sale.started_at)
    reports, sids = Report.objects.order_by("id"), Leg.objects.order_by("sid").values_list("sid", flat=True)
    ids = {
        "call": dana_call.pk, "leg": dana_call.legs.get(role="agent").pk,
        "report": reports.filter(call=dana_call)[0].pk, "action": Action.objects.get().pk,
        "audit": Audit.objects.all()[0].pk, "drill": drill_of(dana_call).pk, "team": billing.pk, "user": ben.pk,
        "line": dana_call.line_id, "agent": dana_call.agent_id, "group": Group.objects.get(name="Watcher").pk,
        "sale": sale.pk, "sale_leg": sale.legs.get().pk, "sale_report": reports.filter(call=sale)[0].pk,
        "sales": sales.pk, "sales_line": sale.line_id, "sales_agent": Agent.objects.get(name="Sana Rahman").pk,
        "sue": sue.pk, "queue": queue.pk, "sales_queue": theirs.pk, "waiting": waited.pk, "help": wants.pk,
        "streamtarget": billing.stream_targets.get().pk,
        "bulk": bulk.pk, "threshold": rule.pk, "alarm": alarm.pk, "wallboardlink": wall.pk, "notice": notice.pk,
        "token": token, "view": view.pk, "sales_list": listed.pk,
        "destination": billing.destinations.get().pk, "announcement": billing.announcements.get().pk,
        "sales_destination": sales.destinations.get().pk, "sales_announcement": sales.announcements.get().pk,
    }  # fmt: skip
    people = {
        "anonymous": AnonymousUser(), "disabled": disabled, "wes": wes, "ben": ben, "sue": sue, "alice": alice,
        "stan": stan, "olga": olga,
    }  # fmt: skip
    secrets = {
        "billing": [*sids.filter(call=dana_call), "Ana Pereira", "Billing", "Okafor", "Tanaka", *LIBRARY["billing"]],
        "sales": [*sids.filter(call=sale), "Sana Rahman", "Sales hotline", "Lindgren", *LIBRARY["sales"]],
        "numbers": ["4155550177", "4155550199", "415555014"],
    }
    return World(people, {name: str(pk) for name, pk in ids.items()}, secrets)
