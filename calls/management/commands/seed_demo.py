"""The made-up floor of the demo: three teams, their lines and agents, and one person for each kind of rights."""

import json
import secrets
from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calls.models import Agent, Announcement, Destination, Line, Membership, Phone, Queue, Team

# Team: whether who may see numbers sees them in full at once, or has to reveal them one by one.
TEAMS = {"Billing": False, "Sales": True, "Support": False}

LINES = [
    ("+15550100110", "Billing hotline", "Billing"),
    ("+15550100115", "Payments", "Billing"),
    ("+15550100120", "Sales", "Sales"),
    ("+15550100130", "Support", "Support"),
    ("+15550100135", "Support, out of hours", "Support"),
]

# Callers of these wait in a queue of the team, until somebody who has the skill is free.
QUEUES = [
    ("Service", "+15550100140", "Service line", "Support", ""),
    ("Service in French", "+15550100145", "Service line, French", "Support", "French"),
]

# Callers of this one talk with an AI agent, and then wait in this queue if they want a person.
ASSISTANT = ("+15550100150", "Assistant", "Service")

AGENTS = [
    ("Ana Pereira", "client:ana", ["Billing"]),
    ("Jonas Weber", "client:jonas", ["Billing"]),
    ("Mei Tanaka", "client:mei", ["Billing", "Support"]),
    ("Luca Moretti", "client:luca", ["Billing"]),
    ("Sana Rahman", "client:sana", ["Sales"]),
    ("Tom Novak", "client:tom", ["Sales"]),
    ("Grace Kim", "client:grace", ["Sales", "Billing"]),
    ("Kofi Mensah", "sip:kofi@pbx.example", ["Sales", "Support"]),
    ("Nadia Haddad", "+15550100907", ["Support", "Billing"]),
    ("Ravi Shah", "client:ravi", ["Support"]),
    ("Elin Berg", "client:elin", ["Support"]),
    ("Owen Clarke", "client:owen", ["Support", "Sales"]),
    ("Hana Sato", "client:hana", ["Billing"]),
    ("Pavel Dvorak", "client:pavel", ["Billing"]),
    ("Aisha Bello", "client:aisha", ["Billing"]),
    ("Marc Dubois", "client:marc", ["Billing"]),
    ("Lena Fischer", "client:lena", ["Billing", "Sales"]),
    ("Diego Ruiz", "client:diego", ["Sales"]),
    ("Freya Olsen", "client:freya", ["Sales"]),
    ("Yuki Mori", "client:yuki", ["Sales"]),
    ("Noor Aziz", "client:noor", ["Sales", "Support"]),
    ("Emma Larsen", "client:emma", ["Support"]),
    ("Samir Patel", "client:samir", ["Support"]),
    ("Bruno Costa", "client:bruno", ["Support"]),
    ("Zofia Nowak", "client:zofia", ["Support"]),
    ("Ingrid Lund", "client:ingrid", ["Support", "Billing"]),
]

FRENCH = {"Emma Larsen", "Noor Aziz"}

# Where calls may go, an address or the name of a line; and the teams whose calls may (none: every team's).
DESTINATIONS = [
    ("Front desk", "+15550100951", []),
    ("Busy line", "+15550100952", []),
    ("Night porter", "+15550100953", []),
    ("Collections", "sip:collections@pbx.example", ["Billing"]),
    ("Sales line", "Sales", []),
    ("Out of hours", "Support, out of hours", ["Support"]),
]

ANNOUNCEMENTS = [
    ("We close in ten minutes", "We close in ten minutes. After that, please call again tomorrow.", "en-US"),
    ("All agents busy", "All our agents are busy. Please stay on the line: your call will be answered next.", "en-US"),
    ("Recording notice, Spanish", "Esta llamada se graba para mejorar la calidad de nuestro servicio.", "es-MX"),
]  # fmt: skip

WATCH = {"view_call"}
# All that can be kept in the admin is the head of the floor’s to keep.
KEPT = [
    model._meta.model_name
    for model in apps.get_app_config("calls").get_models()
    if "add" in model._meta.default_permissions
]
FLOOR = {f"{verb}_{model}" for verb in ("view", "add", "change") for model in KEPT}


class Command(BaseCommand):
    help = (
        "Fills an empty database with the demo's people, teams, lines, agents and library, and prints how to sign in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print sign-ins and addresses as JSON")
        parser.add_argument(
            "--assistant", default="", help="where an AI agent is (ws://…), for a line that leads there"
        )

    def handle(self, **options: Any) -> None:
        if not settings.LOOPBACK:
            raise CommandError(
                "seed_demo makes people whose passwords it prints: it runs only where PUBLIC_URL is loopback."
            )
        with transaction.atomic():
            teams = {
                name: Team.objects.update_or_create(name=name, defaults={"show_numbers": shown})[0]
                for name, shown in TEAMS.items()
            }
            for address, name, team in LINES:
                Line.objects.update_or_create(address=address, defaults={"name": name, "team": teams[team]})
            seed_queues(teams)
            seed_assistant(options["assistant"])
            for name, contact, its_teams in AGENTS:
                skills = "French" if name in FRENCH else ""
                agent, _ = Agent.objects.update_or_create(
                    contact=contact, defaults={"name": name, "state": Agent.State.AVAILABLE, "skills": skills}
                )
                agent.teams.set([teams[team] for team in its_teams])
            seed_library(teams)
            sign_ins = seed_people(teams)
        if options["json"]:
            lines = list(Line.objects.values("address", "name"))
            agents = [{"contact": contact, "name": name} for name, contact, _ in AGENTS]
            places = list(Destination.objects.filter(kind=Destination.Kind.ADDRESS).values("address", "name"))
            told = {"sign_ins": sign_ins, "lines": lines, "agents": agents, "destinations": places}
            self.stdout.write(json.dumps(told))
        else:
            for person in sign_ins:
                self.stdout.write(f"{person['username']:<8}{person['password']:<14}{person['who']}")


def seed_queues(teams: dict[str, Team]) -> None:
    for name, address, line, team, skill in QUEUES:
        rules = {"team": teams[team], "skill": skill, "wrap_up_seconds": 10, "ring_seconds": 15}
        queue, _ = Queue.objects.update_or_create(name=name, defaults=rules)
        way = {"name": line, "team": teams[team], "flow": Line.Flow.QUEUE, "queue": queue}
        Line.objects.update_or_create(address=address, defaults=way)


def seed_assistant(url: str) -> None:
    address, name, leads_to = ASSISTANT
    if url:
        queue = Queue.objects.get(name=leads_to)
        way = {"name": name, "team": queue.team, "flow": Line.Flow.BOT, "bot": url, "queue": queue}
        Line.objects.update_or_create(address=address, defaults=way)


def seed_library(teams: dict[str, Team]) -> None:
    for name, leads_to, its_teams in DESTINATIONS:
        line = Line.objects.filter(name=leads_to).first()
        where = {"kind": Destination.Kind.LINE, "line": line} if line else {"address": leads_to}
        place, _ = Destination.objects.update_or_create(name=name, defaults=where)
        place.teams.set([teams[team] for team in its_teams])
    for name, text, language in ANNOUNCEMENTS:
        Announcement.objects.update_or_create(name=name, defaults={"text": text, "language": language})


def seed_people(teams: dict[str, Team]) -> list[dict[str, str]]:
    """alice heads the floor, ben supervises Billing, wes only watches it, emma is an agent. New passwords each time."""
    every = Permission.objects.filter(content_type__app_label="calls")
    verbs = set(every.filter(codename__endswith="_call").values_list("codename", flat=True))
    everywhere = {"view_numbers", "all_teams", "dial_external", "manage_floor", "view_audit"}
    head = group("Head of floor", verbs | FLOOR | everywhere)
    supervisor = group("Supervisor", verbs | {"view_numbers"})
    watcher = group("Watcher", WATCH)

    alice, alices = person("alice", "Alice", "Moreau", is_staff=True)
    ben, bens = person("ben", "Ben", "Okafor")
    wes, weses = person("wes", "Wes", "Lindqvist")
    alice.groups.set([head])
    for user, its_group in ((ben, supervisor), (wes, watcher)):
        Membership.objects.get_or_create(user=user, team=teams["Billing"], group=its_group)
    for user in (alice, ben):
        Phone.objects.update_or_create(user=user, defaults={"address": f"client:supervisor-{user.get_username()}"})
    emma, emmas = person("emma", "Emma", "Larsen")
    Agent.objects.filter(name="Emma Larsen").update(user=emma)
    return [
        {"username": "alice", "password": alices, "who": "head of floor: every team, every verb"},
        {"username": "ben", "password": bens, "who": "supervisor of Billing"},
        {"username": "wes", "password": weses, "who": "watcher of Billing: sees, changes nothing"},
        {"username": "emma", "password": emmas, "who": "agent of Support: her own page"},
    ]


def group(name: str, codenames: set[str]) -> Group:
    made, _ = Group.objects.get_or_create(name=name)
    made.permissions.set(Permission.objects.filter(content_type__app_label="calls", codename__in=codenames))
    return made


def person(username: str, first: str, last: str, *, is_staff: bool = False) -> tuple[User, str]:
    password = secrets.token_urlsafe(9)
    user, _ = User.objects.get_or_create(username=username)
    user.first_name, user.last_name, user.is_staff = first, last, is_staff
    user.set_password(password)
    user.save()
    return user, password
