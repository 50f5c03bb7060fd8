"""The cast: alice heads the floor, ben supervises Billing, sue Sales, wes only watches, dana is on the phone."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, connections, transaction
from django.test.utils import setup_databases, teardown_databases
from django.utils import timezone, translation
from twilio.request_validator import RequestValidator

from calls.models import Agent, AuditHead, Board, Call, Leg, Line, Membership, Team

ACCOUNT = settings.TWILIO_ACCOUNT_SID
LINE = "+15550100100"
# One that deserves the name takes a third of a second a person.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Beside a busy server the tests are a second process: SQLite lets it look for a gap between the server's writes, which
# take turns, and on a loaded machine five seconds may have none.
OPTIONS = connection.settings_dict["OPTIONS"]
PROGRAM_WAITS = OPTIONS.get("timeout")
if connection.vendor == "sqlite":
    OPTIONS["timeout"] = 60
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Who asked in another language leaves it with the thread."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def database(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """The test database, open to every thread for the whole session: writer, tail and servers outlive a test."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        yield
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def django_db_setup(database: None) -> None:
    """For tests that ask pytest-django for it: its own way would make, and take away, the same database once more."""


@pytest.fixture
def rows(database: None) -> Iterator[None]:
    """An empty database that every thread, socket and process sees: nothing here is inside a transaction."""
    empty()
    yield
    connections.close_all()


def empty() -> None:
    tables = [table for table in connection.introspection.table_names() if table not in KEPT]
    quoted = [connection.ops.quote_name(table) for table in tables]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(quoted)}")
        else:
            for table in quoted:
                cursor.execute(f"DELETE FROM {table}")
        Board.objects.create(pk=1)
        AuditHead.objects.create(pk=1)


# People and places --------------------------------------------------------------------------------------------------


@pytest.fixture
def billing(rows: None) -> Team:
    return Team.objects.create(name="Billing")


@pytest.fixture
def sales(rows: None) -> Team:
    return Team.objects.create(name="Sales")


@pytest.fixture
def line(billing: Team) -> Line:
    return Line.objects.create(address=LINE, name="Billing hotline", team=billing)


@pytest.fixture
def ana(billing: Team) -> Agent:
    agent = Agent.objects.create(name="Ana Pereira", contact="client:ana", state=Agent.State.AVAILABLE)
    agent.teams.add(billing)
    return agent


def group(name: str, *codenames: str) -> Group:
    made, _ = Group.objects.get_or_create(name=name)
    made.permissions.set(Permission.objects.filter(content_type__app_label="calls", codename__in=codenames))
    assert made.permissions.count() == len(codenames)
    return made


def person(username: str, first: str, last: str) -> User:
    return User.objects.create_user(username, password="correct horse battery", first_name=first, last_name=last)


@pytest.fixture
def alice(rows: None) -> User:
    user = person("alice", "Alice", "Moreau")
    user.groups.add(group("Head of floor", "view_call", "end_call", "view_numbers", "all_teams"))
    return user


@pytest.fixture
def ben(billing: Team) -> User:
    user = person("ben", "Ben", "Okafor")
    Membership.objects.create(user=user, team=billing, group=group("Supervisor", "view_call", "end_call"))
    return user


@pytest.fixture
def sue(sales: Team) -> User:
    user = person("sue", "Sue", "Lindgren")
    Membership.objects.create(user=user, team=sales, group=group("Supervisor", "view_call", "end_call"))
    return user


@pytest.fixture
def wes(billing: Team) -> User:
    user = person("wes", "Wes", "Tanaka")
    Membership.objects.create(user=user, team=billing, group=group("Watcher", "view_call"))
    return user


# Twilio, as far as a test needs it ----------------------------------------------------------------------------------


@dataclass
class FarSide:
    """Signs and posts what Twilio would say, and keeps what Twilio was asked for."""

    client: Any
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def sid(self, prefix: str = "CA") -> str:
        return f"{prefix}{next(self.numbers):032x}"

    def post(self, path: str, said: dict[str, str], **extra: Any) -> Any:
        form = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", **said}
        headers = {"X-Twilio-Signature": sign(path, form), **extra.pop("headers", {})}
        kind = "application/x-www-form-urlencoded; charset=UTF-8"
        return self.client.post(path, urlencode(form), content_type=kind, headers=headers, **extra)

    def status(self, sid: str, word: str, sequence: int | None = None, query: str = "", **said: str) -> Any:
        form = {"CallSid": sid, "CallStatus": word, "From": "+14155550123", "To": LINE, "Direction": "inbound"}
        if sequence is not None:
            form |= {"SequenceNumber": str(sequence), "CallbackSource": "call-progress-events"}
            form["Timestamp"] = format_datetime(timezone.now())
        return self.post("/twilio/status/" + query, form | said)

    def call_in(self, sid: str | None = None, **said: str) -> tuple[str, Any]:
        """A caller reaches the line: the request for TwiML, and our answer."""
        sid = sid or self.sid()
        form = {"CallSid": sid, "CallStatus": "ringing", "From": "+14155550123", "To": LINE, "Direction": "inbound"}
        return sid, self.post("/twilio/voice/", form | said)


def sign(path: str, form: dict[str, Any]) -> str:
    validator = RequestValidator(settings.TWILIO_AUTH_TOKENS[0])
    return validator.compute_signature(settings.PUBLIC_URL + path, form)


@pytest.fixture
def twilio(client: Any, rows: None) -> FarSide:
    return FarSide(client)


@pytest.fixture
def dana_call(twilio: FarSide, line: Line, ana: Agent) -> Call:
    """Dana phoned Billing and talks to Ana."""
    sid, _ = twilio.call_in(From="+14155550177")
    call = Call.objects.get(legs__sid=sid)
    child = twilio.sid()
    query = f"?call={call.pk}&role=agent"
    said = {"ParentCallSid": sid, "From": "+14155550177", "To": "client:ana", "Direction": "outbound-dial"}
    for sequence, word in enumerate(["initiated", "ringing", "in-progress"]):
        assert twilio.status(child, word, sequence, query, **said).status_code == 204
    assert Leg.objects.filter(call=call).count() == 2
    call.refresh_from_db()
    return call
