"""Who may knock where: every address of the project, everybody who may come, and what they are told (`authz.toml`)."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, URLPattern, get_resolver, resolve

from calls.models import Leg, Report

TABLE = tomllib.loads((Path(__file__).parents[1] / "authz.toml").read_text())
ACTORS, DOORS = TABLE["actors"], TABLE["doors"]
# The board and the figures answer 401 themselves, to a script; where it cannot be asked who somebody is, they say that.
OPEN = {"sign-in/", "words/", "healthz/", "readyz/", "desk/board/", "desk/figures/"}
OPEN |= {"wallboard/<slug:token>/", "wallboard/<slug:token>/now/"}  # the address is the key
WRITES = ("INSERT", "UPDATE", "DELETE")
ANY_ID = "00000000-0000-0000-0000-000000000001"
NUMBERED = ("user", "help", "alarm", "view", "team", "queue", "sales_queue", "threshold")
ANY = {name: ANY_ID for name in re.findall(r"{(\w+)}", " ".join(DOORS))} | dict.fromkeys(NUMBERED, "1")


def routes(resolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield route, pattern
        else:
            yield from routes(pattern, route)


ROUTES = dict(routes(get_resolver()))


def ask(client: Client, door: str, ids: dict[str, str]):
    method, path, *form = door.format(**ids).split(" ")
    fields = dict(field.split("=") for field in form) | {"key": str(uuid4())}
    headers = {"Accept": "application/json"} if path.startswith("/calls/") else {}
    return client.post(path, fields, headers=headers) if method == "POST" else client.get(path, headers=headers)


def test_every_address_of_the_project_is_in_the_table():
    walked = set()
    for door in DOORS:
        try:
            walked.add(resolve(door.format(**ANY).split(" ")[1]).route)
        except Resolver404:
            assert door in {"GET /nowhere/", "GET /calls/7/"}
    assert sorted(set(ROUTES) - walked) == []


@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_gets_what_the_table_says_and_nothing_else(world, actor):
    client, found, leaked, wrote = world.client(actor), {}, [], []
    for door in DOORS:
        with CaptureQueriesContext(connection) as queries:
            response = ask(client, door, world.ids)
        found[door] = response.status_code
        body = response.content.decode(errors="replace")
        leaked += [(door, response.status_code, secret) for secret in world.hidden_from(actor) if secret in body]
        if door.startswith("GET"):
            wrote += [
                (door, query["sql"]) for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
            ]
        client.cookies.pop("messages", None)  # they repeat the id that was asked for
    assert found == {door: codes[ACTORS.index(actor)] for door, codes in DOORS.items()}
    assert leaked == []
    assert wrote == [], "GET changes nothing"


def test_the_table_notices_what_an_answer_shows(world):
    """The secrets are there to be seen by who may see them: the test above does not look for what is nowhere."""
    told = world.client("alice").get(f"/calls/{world.ids['call']}/").content.decode()
    olga = world.client("olga")
    seen = "".join(olga.get(f"/admin/calls/{kind}/").content.decode() for kind in ("leg", "destination"))
    for secret in world.secrets["billing"][:3] + ["Billing"]:
        assert secret in told
    assert all(number in seen for number in world.secrets["numbers"])


def test_a_session_is_asked_for_everywhere_but_at_these_doors():
    free = {route for route, pattern in ROUTES.items() if not getattr(pattern.callback, "login_required", True)}
    assert free == OPEN | {route for route in ROUTES if route.startswith("twilio/")}


def test_without_the_pages_token_nothing_is_taken(olga_without_token):
    """At every address, whether it takes a POST or not: the check comes before everything else."""
    told = {}
    for path in {door.format(**ANY).split(" ")[1] for door in DOORS if "/twilio/" not in door}:
        if path not in {"/nowhere/", "/calls/7/"}:
            response = olga_without_token.post(path, {"key": ANY_ID}, headers={"Accept": "application/json"})
            told[path] = (response.status_code, response.json()["message"])
    assert set(told.values()) == {(403, "This page is out of date. Reload it, then try again.")}


@pytest.fixture
def olga_without_token(olga):
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga)
    return client


def test_the_page_of_a_refused_form_is_ours(olga_without_token):
    response = olga_without_token.post("/sign-in/", {"username": "olga"})
    assert response.status_code == 403
    assert b"This page is out of date." in response.content
    assert b"<style" not in response.content


def test_an_unsigned_callback_leaves_nothing(client, rows):
    said = {"CallSid": "CA" + "0" * 32, "CallStatus": "completed", "From": "+14155550177", "To": "+15550100100"}
    for door in [route for route in ROUTES if route.startswith("twilio/") and not route.startswith("twilio/audio/")]:
        response = client.post("/" + door, said, headers={"X-Twilio-Signature": "AAAA"})
        assert (response.status_code, response.content) == (403, b"")
    assert Report.objects.count() == Leg.objects.count() == 0
