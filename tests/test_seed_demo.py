"""The made-up floor of the demo: everything on it can be used as it stands, by whom it was made for."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from calls.control import dialling
from calls.management.commands.demo import MANNERS
from calls.models import (
    Agent,
    Announcement,
    Destination,
    Line,
    Notice,
    Queue,
    StreamTarget,
    Team,
    Threshold,
    WallboardLink,
    rights_of,
)  # fmt: skip

ROWS = (Line, Queue, Agent, Destination, Announcement)


@pytest.fixture
def seed(rows, capsys):
    call_command("seed_demo", "--json")
    return json.loads(capsys.readouterr().out)


def test_made_twice_it_is_the_same_floor(seed, capsys):
    models = (Team, Line, Queue, Agent, Destination, Announcement, User)
    before = [model.objects.count() for model in models]
    call_command("seed_demo", "--json")
    again = json.loads(capsys.readouterr().out)
    assert [model.objects.count() for model in models] == before
    assert {**again, "sign_ins": None} == {**seed, "sign_ins": None}


def test_whatever_is_on_the_floor_an_administrator_could_have_written(seed):
    for model in ROWS:
        assert model.objects.exists()
        for row in model.objects.all():
            row.full_clean()


def test_calls_of_every_team_have_somewhere_to_go_and_something_to_hear(seed):
    for team in Team.objects.all():
        kinds = set(Destination.objects.of(team.pk).values_list("kind", flat=True))
        assert kinds == {"address", "line"}
        assert Announcement.objects.of(team.pk).filter(language="es-MX").count() == 1
    assert "Collections" not in Destination.objects.of(Team.objects.get(name="Sales").pk).values_list("name", flat=True)


def test_the_simulator_is_told_how_people_are_at_places_that_are_there(seed):
    assert MANNERS.keys() <= {place["name"] for place in seed["destinations"]}


def test_the_demos_numbers_can_be_typed_as_well(seed, settings):
    settings.DIAL_COUNTRIES = ["US"]
    for place in seed["destinations"]:
        if place["address"].startswith("+"):
            assert dialling.check(place["address"], lines=()) == place["address"]


def test_alice_may_dial_outside_ben_may_not_and_nobody_types_twiml(seed):
    team = Team.objects.get(name="Billing").pk
    alice, ben, wes = (rights_of(User.objects.get(username=name)) for name in ("alice", "ben", "wes"))
    assert [who.may("dial_external", team) for who in (alice, ben, wes)] == [True, False, False]
    for verb in ("transfer_call", "announce_call", "redirect_call", "end_call"):
        assert [who.may(verb, team) for who in (alice, ben, wes)] == [True, True, False]
    assert not any(who.may("raw_twiml", team) for who in (alice, ben, wes))


def test_alice_keeps_all_that_can_be_kept(seed, client):
    client.force_login(User.objects.get(username="alice"))
    page = client.get("/admin/").content.decode()
    kept = [model._meta.model_name for model in (*ROWS, StreamTarget, Threshold, Notice, WallboardLink)]
    assert [name for name in kept if f'"/admin/calls/{name}/add/"' not in page] == []
    for name in kept:
        assert client.get(f"/admin/calls/{name}/add/").status_code == 200, name
