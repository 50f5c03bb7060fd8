"""What is in a database before a run, made by a process of its own: `python -m tests.bench.floor ours _10k`.

The last line that it prints is a JSON list of sessions, one for each supervisor.
"""

import json
import os
import sys
from datetime import UTC, datetime

from tests.bench.traffic import ACCOUNT, AGENTS, LINE, Post, Traffic

SUPERVISORS = 25
CALLS = 10_000
COPIES = 999  # of 143 calls with seven reports each
# A row as another one is, but for these columns.
COPY = (
    "INSERT INTO {0} SELECT new.* FROM {0} old, generate_series(1, %s) k,"
    " json_populate_record(old, json_build_object({1})) new"
)
HISTORY = {
    "calls_call": "'id', md5(old.id::text || k)::uuid",
    "calls_position": "'call_id', md5(old.call_id::text || k)::uuid, 'revision', 0",
    "calls_leg": "'sid', 'CA' || md5(old.sid || k), 'call_id', md5(old.call_id::text || k)::uuid,"
    " 'parent_id', 'CA' || md5(old.parent_id || k)",
    "calls_report": "'id', 1000000 + old.id * 1000 + k, 'digest', md5(old.digest || k) || md5(old.digest),"
    " 'leg_id', 'CA' || md5(old.leg_id || k), 'call_id', md5(old.call_id::text || k)::uuid",
}


def ours(name: str) -> list[str]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User

    from calls.models import Agent, Line, Team
    from tests.conftest import group
    from tests.live.server import signed_in

    team = Team.objects.create(name="Billing")
    Line.objects.create(address=LINE, name="Billing hotline", team=team)
    team.agents.add(*(Agent.objects.create(name=f"Agent {n}", contact=f"client:agent{n}") for n in range(AGENTS)))
    # Of a call that is first heard of in the middle nobody knows yet whose it is: who serves every team sees it.
    watchers = group("Watcher", "view_call", "all_teams")
    sessions = []
    for number in range(SUPERVISORS):
        user = User.objects.create(username=f"supervisor{number}", first_name="Supervisor", last_name=str(number))
        user.groups.add(watchers)
        sessions.append(signed_in(user))
    traffic = Traffic(900)
    if name == "_10k":
        record([post for _ in range(CALLS) for post in list(traffic.call())[:5]])  # up to where both talk
    if name == "_1m":
        record([post for _ in range(143) for post in traffic.call()])
        multiply()
    return sessions


def record(posts: list[Post]) -> None:
    from calls.intake.record import record
    from calls.twilio.reports import Source, parse

    said = [
        parse(
            "status", Source.CALLBACK, path="/twilio/status/", query="", pairs=post.form, account_sid=ACCOUNT,
            received_at=datetime.now(UTC),
        )
        for post in posts
    ]  # fmt: skip
    for start in range(0, len(said), 250):
        record(said[start : start + 250])


def multiply() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no look at the foreign keys of a million rows
        for table, changes in HISTORY.items():
            cursor.execute(COPY.format(table, changes), [COPIES])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")


def naive(name: str) -> list[str]:
    from tests.bench.naive import Call, make_tables

    make_tables()
    if name == "_10k":
        number = "+14155550123"
        Call.objects.bulk_create(
            Call(sid=f"CA{n:032x}", from_number=number, to_number=LINE, status="in-progress") for n in range(CALLS)
        )
    return []


def bare(name: str) -> list[str]:
    import psycopg

    from tests.bench.bare import TABLES

    with psycopg.connect(os.environ["DATABASE_URL"]) as rows:
        rows.execute(TABLES)
    return []


if __name__ == "__main__":
    print(json.dumps({"ours": ours, "naive": naive, "bare": bare}[sys.argv[1]](sys.argv[2])))
