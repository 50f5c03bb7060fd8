"""What can be wished on a call as it is now: the buttons of the desk, and those of the call's own page."""

import re
from uuid import uuid4

import pytest

from calls.models import Action, Call, Presence, Room
from tests.conftest import group
from tests.desk.test_call_page import Form, read

RIGHTS = ("end", "transfer", "announce", "redirect", "hold", "mute", "kick")


@pytest.fixture
def ben(ben):
    group("Supervisor", "view_call", *(f"{verb}_call" for verb in RIGHTS))
    return ben


@pytest.fixture
def in_a_room(dana_call):
    """Dana and Ana are in a conference of another application."""
    room = Room.objects.create(sid="CF" + "1" * 32, name="room 7", call=dana_call, status="in-progress")
    for leg in dana_call.legs.all():
        Presence.objects.create(room=room, leg=leg, present=True)
    return dana_call


def standing(client, who, call) -> dict[str, str]:
    client.force_login(who)
    answer = client.get(f"/calls/{call.pk}/verbs/").json()
    assert answer["shape"] == str(Call.objects.get(pk=call.pk).shape)
    return answer["verbs"]


def held(call, role):
    Presence.objects.filter(leg__call=call, leg__role=role).update(held=True)


def test_who_talks_by_a_dial_can_be_muted_too_and_nobody_is_on_hold_there(client, ben, dana_call):
    can = standing(client, ben, dana_call)
    assert [can[verb] for verb in ("transfer", "announce", "redirect", "end", "hold", "mute")] == [""] * 6
    assert can["resume"]


def test_in_a_room_somebody_can_be_put_on_hold_and_nobody_taken_off(client, ben, in_a_room):
    can = standing(client, ben, in_a_room)
    assert [can[verb] for verb in ("hold", "mute", "kick", "announce")] == [""] * 4
    assert "not on hold" in can["resume"] and "not muted" in can["unmute"]


def test_it_is_enough_that_it_can_be_done_to_one_of_them(client, ben, in_a_room):
    held(in_a_room, "agent")
    can = standing(client, ben, in_a_room)
    assert (can["hold"], can["resume"]) == ("", "")


def test_nobody_is_unmuted_when_the_agent_has_gone(client, ben, in_a_room):
    Presence.objects.filter(leg__role="agent").delete()
    in_a_room.legs.filter(role="agent").update(ended_at=in_a_room.started_at, status="completed")
    assert standing(client, ben, in_a_room)["unmute"] == "The caller is not muted."


def test_of_a_call_that_is_over_nothing_can_be_wished(client, ben, dana_call, twilio):
    Call.objects.filter(pk=dana_call.pk).update(ended_at=dana_call.started_at, status="ended")
    assert set(standing(client, ben, dana_call).values()) == {"The call has ended already."}


def test_whoever_only_watches_gets_no_verb_and_whoever_lacks_one_here_reads_which(client, ben, wes, dana_call, sales):
    assert standing(client, wes, dana_call) == {}
    Call.objects.filter(pk=dana_call.pk).update(team=sales)
    ben.memberships.create(team=sales, group=group("Watcher", "view_call"))
    assert "“Can mute people” on Sales" in standing(client, ben, dana_call)["mute"]


def test_another_teams_call_is_not_there(client, sue, dana_call):
    client.force_login(sue)
    assert client.get(f"/calls/{dana_call.pk}/verbs/").status_code == 404


# Without script -----------------------------------------------------------------------------------------------------


def test_the_page_of_a_call_offers_what_makes_sense_on_it(client, ben, in_a_room):
    text = read(client, ben, f"/calls/{in_a_room.pk}/")
    assert f'href="/calls/{in_a_room.pk}/hold/"' in text and f"/calls/{in_a_room.pk}/resume/" not in text
    held(in_a_room, "caller")
    assert f'href="/calls/{in_a_room.pk}/resume/"' in read(client, ben, f"/calls/{in_a_room.pk}/")


@pytest.mark.parametrize("verb", ["hold", "mute", "kick"])
def test_a_wish_that_is_done_to_somebody_is_made_by_a_plain_form(client, ben, in_a_room, rest, verb):
    text = read(client, ben, f"/calls/{in_a_room.pk}/{verb}/")
    form = Form(text)
    agent = in_a_room.legs.get(role="agent").sid
    assert agent in form.offers["leg"] and form.fields["leg"]
    assert re.search("stays|changes|ends", text), "what would happen is not told"
    client.force_login(ben)
    answer = client.post(f"/calls/{in_a_room.pk}/{verb}/", form.fields | {"leg": agent, "key": str(uuid4())})
    assert answer.status_code == 302
    action = Action.objects.get()
    assert (action.verb, action.target) == (verb, agent)


def test_a_form_of_a_wish_that_cannot_be_made_says_why(client, ben, dana_call):
    text = read(client, ben, f"/calls/{dana_call.pk}/resume/")
    assert "is in no conference" in text
