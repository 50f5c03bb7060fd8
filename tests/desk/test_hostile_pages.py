"""On a floor where everybody and everything is called like a script, every page has the elements that it always has."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from calls.desk.words import visible
from calls.models import (
    Action,
    Agent,
    Alarm,
    Import,
    Leg,
    Note,
    Phone,
    Preferences,
    Presence,
    Queue,
    Room,
    Sweep,
    Tag,
    Team,
    Waiting,
)
from tests.conftest import FarSide
from tests.desk.conftest import World
from tests.desk.test_rights import DOORS
from tests.hostile import NAMES

PLAIN = [f"Somebody {number}" for number in range(len(NAMES))]
GETS = [door.split(" ")[1] for door in DOORS if door.startswith("GET ")]
WORDS = (models.CharField, models.TextField, models.JSONField)
SHORTEST = 20  # characters; in fewer there is no room for a script
LEADS = {"href", "src", "action", "formaction", "data"}
SCHEME = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.-]*):", re.I)
# What only the program writes, and compares with words of its own.
OURS = {
    "auth.User": {"password"},
    "calls.Action": {"verb", "step"}, "calls.Audit": {"previous", "hash"}, "calls.Bulk": {"verb", "calls", "alone"},
    "calls.Report": {"digest", "door"}, "calls.Visit": {"step"}, "calls.WallboardLink": {"digest"},
}  # fmt: skip
PEOPLES = [model for model in apps.get_models() if model._meta.app_label in {"admin", "auth", "calls"}]
PEOPLES.remove(Permission)  # the program's own as well, and there for the next test


class Page(HTMLParser):
    """Of which elements it is, each with its attributes and the schemes of its addresses; and all that it says."""

    def __init__(self, response: HttpResponse):
        super().__init__()
        self.elements: Counter[tuple[str, ...]] = Counter()
        self.says = ""
        kind = response.headers["Content-Type"]
        if kind.startswith("text/html"):
            self.feed(response.content.decode())
        self.shape = response.status_code, kind, self.elements

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attributes}
        leads = {f"{name} {found[1].lower()}" for name in LEADS & held.keys() if (found := SCHEME.match(held[name]))}
        self.elements[tag, *sorted(held.keys() | leads)] += 1
        self.says += " ".join(["", *held.values()])

    def handle_data(self, said: str) -> None:
        self.says += said


def columns(model: type[models.Model]) -> dict[str, int]:
    """Where words stand that people or Twilio have a say in, and how many characters there may be."""
    ours = OURS.get(model._meta.label, set())
    found = [each for each in model._meta.concrete_fields if isinstance(each, WORDS) and each.name not in ours]
    free = {each.name: each.max_length or 500 for each in found if not (each.choices or each.primary_key)}
    return {name: longest for name, longest in free.items() if longest >= SHORTEST}


def call_all(names: list[str]) -> set[str]:
    """Every word in the database becomes a name. Of which columns that was."""
    left, called = itertools.cycle(names), set()
    for model in filter(columns, PEOPLES):
        for row in model._base_manager.order_by("pk"):
            new = {name: renamed(getattr(row, name), left, longest) for name, longest in columns(model).items()}
            model._base_manager.filter(pk=row.pk).update(**new)
            called |= {f"{model._meta.label}.{name}" for name in new}
    return called


def renamed(was: Any, names: Iterator[str], longest: int) -> Any:
    if isinstance(was, dict):
        return {key: renamed(each, names, longest) for key, each in was.items()}
    if isinstance(was, list):
        return [renamed(each, names, longest) for each in was]
    return next(name for name in names if len(name) <= longest) if isinstance(was, str) else was


@pytest.fixture
def floor(world: World, twilio: FarSide) -> World:
    """Everything of it is there at least once; olga takes calls as well."""
    said = {"CallerName": "Max", "SipHeader_X-Name": "Max", "Digits": "1", "SpeechResult": "yes", "FriendlyName": "Q"}
    twilio.call_in(From="+14155550188", **said)
    now, olga, leg = timezone.now(), world.people["olga"], Leg.objects.get(pk=world.ids["leg"])
    call = leg.call
    Agent.objects.filter(pk=call.agent_id).update(user=olga)
    Alarm.objects.update(owner=olga, acked_at=now)
    Waiting.objects.update(left_at=None)
    Note.objects.create(call=call, by=olga, text="Angry", at=now)
    Tag.objects.create(team=call.team, word="refund", used_at=now)
    Preferences.objects.create(user=olga)
    Phone.objects.create(user=olga, address="client:olga")
    Presence.objects.create(leg=leg, room=Room.objects.create(sid=twilio.sid("CF"), call=call))
    Sweep.objects.create(pk=1)
    Import.objects.create(since=now, before=now)
    LogEntry.objects.create(
        user=olga, content_type=ContentType.objects.get_for_model(Agent), object_id=str(call.agent_id),
        object_repr="Ana", action_flag=CHANGE, change_message="Retired",
    )  # fmt: skip
    return world


def walked(client: Client, ids: dict[str, str]) -> dict[str, Page]:
    """All that can be got, whatever the answer is."""
    found = {}
    for door in GETS:
        response = client.get(door.format(**ids))
        assert "default-src 'self'" in response.headers["Content-Security-Policy"], door
        assert response.headers["X-Content-Type-Options"] == "nosniff", door
        found[door] = Page(response)
    return found


@pytest.mark.parametrize(("who", "language"), [("anonymous", "en"), ("ben", "en"), ("olga", "en"), ("olga", "es")])
def test_every_page_has_the_elements_that_it_has_when_nobody_is_called_like_a_script(floor, who, language):
    client = floor.client(who, headers={"Accept-Language": language})
    call_all(PLAIN)
    harmless = walked(client, floor.ids)
    called = call_all(NAMES)
    every = {f"{model._meta.label}.{name}" for model in PEOPLES for name in columns(model)}
    assert called == every, "there is a row of each"
    hostile = walked(client, floor.ids)
    for door, page in hostile.items():
        assert page.shape == harmless[door].shape, door
    if who == "olga":
        says = "".join(page.says for page in hostile.values())
        assert sum(name in says for name in NAMES) > len(NAMES) / 2, "they are there, as words"


# What is typed, and what is answered --------------------------------------------------------------------------------

TYPED = [
    "GET /nowhere/{}/", "GET /calls/{}/", "GET /calls/{call}/{}/", "GET /wallboard/{}/", "GET /?find={}",
    "GET /admin/{}/", "GET /admin/login/?next=/{}", "GET /admin/calls/call/{}/change/", "GET /admin/calls/call/?q={}",
    "GET /admin/calls/call/?team={}", "GET /admin/calls/team/{}/delete/", "GET /admin/calls/agent/add/?name={}",
    "GET /sign-in/?next=/{}", "POST /sign-in/ username next", "POST /me/ time_zone keys theme",
    "POST /calls/{call}/tags/ word", "POST /calls/{call}/transfer/ to destination mode", "POST /agent/note/ text call",
    "POST /bulk/end/ calls count", "POST /desk/views/ name query team",
    "POST /admin/calls/destination/add/ name address url method kind", "POST /admin/auth/user/add/ username password1",
]  # fmt: skip
SOME = [name for name in NAMES[:40] if "\0" not in name]  # a zero alone is refused, in words


def opened(client: Client, door: str, ids: dict[str, str], name: str = "") -> Page:
    """As a browser comes to it. In a field without a value stands the name, so often that nothing takes it."""
    method, path, *fields = door.format(quote(name, safe=""), **ids).split(" ")
    if method == "GET":
        return Page(client.get(path, follow=True))
    form = {field: value or name * 200 for field, _, value in (each.partition("=") for each in fields)}
    return Page(client.post(path, {"key": str(uuid4()), **form}, follow=True))


@pytest.mark.parametrize("door", TYPED)
def test_what_is_typed_comes_back_as_words_or_not_at_all(floor, door):
    client = floor.client("anonymous" if "/sign-in/" in door else "olga")
    harmless = opened(client, door, floor.ids, "Somebody who is called like many others")
    for name in SOME[::4]:
        assert opened(client, door, floor.ids, name).elements.keys() <= harmless.elements.keys(), name


@pytest.mark.parametrize(
    ("who", "door", "words"),
    [
        ("olga", "POST /calls/{call}/end/ target=call", "{0} is already on it"),
        ("wes", "POST /bulk/{bulk}/stop/", "Only {0}, or who may do the same in this queue"),
        ("olga", "POST /bulk/end/ queue={queue} count=7", "waits in {0} now, and you typed 7"),
        ("stan", "GET /calls/{sale}/end/", "You need the permission “Can end calls” on {0}."),
    ],
)
def test_a_refusal_that_names_somebody_says_the_name_and_no_more(floor, who, door, words):
    Action.objects.update(state="accepted")
    client, shapes = floor.client(who), []
    for name in ["Somebody", *SOME[1::3]]:
        User.objects.update(first_name=name, last_name="")
        Queue.objects.filter(pk=floor.ids["queue"]).update(name=name)
        Team.objects.filter(pk=floor.ids["sales"]).update(name=name)
        page = opened(client, door, floor.ids)
        assert words.format(visible(name)) in page.says
        shapes.append(page.shape)
    assert shapes == [shapes[0]] * len(shapes)
