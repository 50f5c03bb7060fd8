"""A call's own page, and every wish without script: read, chosen and sent by plain forms."""

import html
import re
from datetime import timedelta
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.utils import timezone

from calls.desk.words import visible
from calls.models import Action, Agent, Alarm, Announcement, Call, Destination, Line
from tests.conftest import group
from tests.desk.test_pages import Inline
from tests.hostile import NAMES

VERBS = ["transfer", "announce", "redirect", "end"]


@pytest.fixture
def ben(ben):
    """Supervises Billing, with every verb there."""
    group("Supervisor", "view_call", *(f"{verb}_call" for verb in VERBS))
    return ben


@pytest.fixture
def grace(billing):
    agent = Agent.objects.create(name="Grace Kim", contact="client:grace", state=Agent.State.AVAILABLE)
    agent.teams.add(billing)
    return agent


@pytest.fixture
def closing(rows):
    return Announcement.objects.create(name="Closing soon", text="We close in ten minutes.")


@pytest.fixture
def front(line):
    return Destination.objects.create(name="Front desk", kind=Destination.Kind.LINE, line=line)


def read(client, who, path) -> str:
    client.force_login(who)
    response = client.get(path)
    assert response.status_code == 200, response.content
    return response.content.decode()


class Form(HTMLParser):
    """What a browser would send for an untouched form: its hidden fields, what is checked, the first of each choice."""

    def __init__(self, text: str):
        super().__init__()
        self.fields, self.choosing, self.offers = {}, "", {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        held = dict(attributes)
        name, value = held.get("name", ""), held.get("value", "")
        if tag == "select":
            self.choosing = name
        elif tag == "option":
            self.offers.setdefault(self.choosing, []).append(value)
            self.fields.setdefault(self.choosing, value)
        elif tag == "input" and held.get("type") == "radio":
            self.offers.setdefault(name, []).append(value)
            if "checked" in held:
                self.fields[name] = value
        elif tag in ("input", "textarea") and name:
            self.fields[name] = value


# The page -----------------------------------------------------------------------------------------------------------


def test_ben_reads_on_one_page_what_happened_in_its_order(client, ben, dana_call, rest):
    client.force_login(ben)
    client.post(f"/calls/{dana_call.pk}/end/", {"key": uuid4(), "target": "call"})
    text = read(client, ben, f"/calls/{dana_call.pk}/")
    assert "+1 ··· 0177" in text and "4155550177" not in text
    for words in ("Ana Pereira", "Billing hotline", "In call", *dana_call.legs.values_list("sid", flat=True)):
        assert words in text
    assert re.search(r"recorded.*sent <em>\d+ ms</em>.*accepted <em>\d+ ms</em>", text, re.S)
    story = text[text.index('class="story"') :]
    ana = [f"Ana Pereira</b> {words}" for words in ("is dialled", "rings", "is connected")]
    told = [story.index(words) for words in (*ana, "of-action")]
    assert told == sorted(told)
    assert "of-report" in story


def test_ben_finds_the_live_calls_of_his_team_without_script(client, ben, sue, dana_call):
    page = read(client, ben, "/calls/")
    assert f'href="/calls/{dana_call.pk}/"' in page
    assert "+1 ··· 0177" in page and "4155550177" not in page
    assert "In call, Billing hotline, Ana Pereira" in page
    assert "No live calls in your teams" in read(client, sue, "/calls/")


def test_what_cannot_be_wished_says_why_and_what_never_can_is_not_there(client, ben, wes, dana_call, sales):
    text = read(client, ben, f"/calls/{dana_call.pk}/")
    assert all(f'href="/calls/{dana_call.pk}/{verb}/"' in text for verb in VERBS)
    text = read(client, wes, f"/calls/{dana_call.pk}/")
    assert "Transfer…" not in text and "End…" not in text
    sale_of_another_team(dana_call, sales)
    ben.memberships.create(team=sales, group=group("Watcher", "view_call"))
    text = read(client, ben, f"/calls/{dana_call.pk}/")
    assert "You need the permission “Can transfer calls” on Sales. You have it on Billing." in text
    assert 'aria-disabled="true"' in text and f'href="/calls/{dana_call.pk}/transfer/"' not in text


def sale_of_another_team(call, sales):
    Call.objects.filter(pk=call.pk).update(team=sales)


def test_a_page_of_another_team_is_not_there(client, sue, dana_call):
    client.force_login(sue)
    for path in ("", *(f"{verb}/" for verb in VERBS)):
        response = client.get(f"/calls/{dana_call.pk}/{path}")
        assert response.status_code == 404
        assert b"There is nothing here that you may see." in response.content


@pytest.mark.parametrize("verb", VERBS)
def test_wes_gets_no_form_and_reads_which_permission_he_lacks(client, wes, dana_call, verb):
    client.force_login(wes)
    response = client.get(f"/calls/{dana_call.pk}/{verb}/")
    assert response.status_code == 403
    assert "You need the permission “Can " in response.content.decode()


def test_a_leg_whose_end_nobody_told_says_so(client, ben, dana_call):
    dana_call.legs.filter(role="agent").update(healed=True, ended_at=dana_call.started_at, status="completed")
    assert "ended, callback lost" in read(client, ben, f"/calls/{dana_call.pk}/")


# Wishes without script ----------------------------------------------------------------------------------------------


def send(client, who, call, verb, **chosen):
    """Open the form, fill in what is chosen, press the button: the page that follows."""
    path = f"/calls/{call.pk}/{verb}/"
    form = Form(read(client, who, path))
    response = client.post(path, form.fields | chosen)
    assert (response.status_code, response.headers["Location"]) == (302, f"/calls/{call.pk}/")
    return form, client.get(response.headers["Location"]).content.decode()


@pytest.mark.parametrize("verb", VERBS)
def test_every_wish_can_be_made_by_a_plain_form(client, ben, dana_call, grace, closing, front, rest, verb):
    chosen = {
        "transfer": {"destination": f"agent-{grace.pk}"},
        "announce": {"announcement": str(closing.pk)},
        "redirect": {"destination": str(front.pk)},
        "end": {},
    }[verb]
    form, page = send(client, ben, dana_call, verb, **chosen)
    assert "Twilio accepted it. Waiting for the effect." in page
    assert "of-action" in page
    action = Action.objects.get()
    assert (action.verb, action.state, str(action.key)) == (verb, "accepted", form.fields["key"])
    for field, value in chosen.items():
        assert value in form.offers[field]
    caller, agent = (dana_call.legs.get(role=role).pk for role in ("caller", "agent"))
    assert rest.asked[0][0] == caller
    if verb == "end":
        assert form.offers["target"][0] == "call"
        assert set(form.offers["target"]) == {"call", caller, agent}


def test_one_leg_is_ended_by_its_own_line(client, ben, dana_call, rest):
    agent = dana_call.legs.get(role="agent").pk
    text = read(client, ben, f"/calls/{dana_call.pk}/end/")
    assert "Ana Pereira’s leg" in text and "is put through to the next free agent" in text
    send(client, ben, dana_call, "end", target=agent)
    assert [sid for sid, _ in rest.asked] == [agent]


def test_a_typed_text_is_announced(client, ben, dana_call, rest):
    send(client, ben, dana_call, "announce", text="We close in ten minutes.", language="en-GB")
    assert Action.objects.get().params["text"] == "We close in ten minutes."


def test_nothing_chosen_is_said_in_words_and_nothing_is_sent(client, ben, dana_call, rest):
    for verb, words in (
        ("transfer", "Choose where the call goes."),
        ("announce", "Choose an announcement, or type what is said."),
        ("redirect", "There is no such flow for calls of this team."),
    ):
        _, page = send(client, ben, dana_call, verb)
        assert words in page
    assert rest.asked == []


def test_the_same_form_sent_twice_is_one_wish(client, ben, dana_call, rest):
    path = f"/calls/{dana_call.pk}/end/"
    form = Form(read(client, ben, path))
    client.post(path, form.fields)
    client.post(path, form.fields)
    assert Action.objects.count() == 1


def test_a_number_is_offered_to_who_may_dial_outside(client, ben, dana_call):
    path = f"/calls/{dana_call.pk}/transfer/"
    assert 'name="to"' not in read(client, ben, path)
    group("Supervisor", "view_call", "transfer_call", "dial_external")
    assert 'name="to"' in read(client, ben, path)


def test_where_an_agent_is_names_no_team_that_is_not_ones_own(client, ben, alice, sales, dana_call, grace):
    grace.teams.add(sales)
    group("Head of floor", "view_call", "transfer_call", "all_teams")
    path = f"/calls/{dana_call.pk}/transfer/"
    assert "Sales" not in read(client, ben, path)
    for who, where in [(ben, "Billing"), (alice, "Billing, Sales")]:
        client.force_login(who)
        people = client.get(path, headers={"Accept": "application/json"}).json()["destinations"]
        assert {one["name"]: one["where"] for one in people}["Grace Kim"] == where


def test_twiml_is_offered_to_who_may_type_it(client, ben, dana_call):
    path = f"/calls/{dana_call.pk}/redirect/"
    assert 'name="twiml"' not in read(client, ben, path)
    group("Supervisor", "view_call", "redirect_call", "raw_twiml")
    assert 'name="twiml"' in read(client, ben, path)


# Names come from strangers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES[:40:4] + NAMES[30:40], ids=ascii)
def test_no_name_is_more_than_a_name(client, ben, billing, dana_call, grace, closing, front, name):
    Call.objects.filter(pk=dana_call.pk).update(from_number=name)
    dana_call.legs.filter(role="caller").update(from_number=name)
    Agent.objects.filter(pk=dana_call.agent_id).update(name=name)
    Agent.objects.filter(pk=grace.pk).update(name="Grace\u202emik")
    Announcement.objects.update(name=name, text=name)
    Destination.objects.update(name=name)
    Line.objects.update(name=name[:80])
    for path in ("", *(f"{verb}/" for verb in VERBS)):
        text = read(client, ben, f"/calls/{dana_call.pk}/{path}")
        assert "<script>alert" not in text and html.escape(visible(name)[:20]) in text
        assert "\u202e" not in text and "\u200b" not in text
        inline = Inline()
        inline.feed(text)
        assert inline.found == []


def test_alarms_of_the_call_while_it_went_on_stand_in_its_story(client, ben, dana_call):
    now, facts = timezone.now(), {"team": dana_call.team, "kind": "talk", "severity": "red", "value": 400, "limit": 300}
    for key, raised, cleared in (("a", 0, None), ("b", -60, -59), ("c", -60, None)):
        at = [
            dana_call.started_at + timedelta(minutes=each) if each is not None else None for each in (raised, cleared)
        ]
        Alarm.objects.create(key=key, call=dana_call, raised_at=at[0], red_since=at[0], cleared_at=at[1], **facts)
    Alarm.objects.create(key="d", raised_at=now, **facts)  # of another call
    client.force_login(ben)
    told = client.get(f"/calls/{dana_call.pk}/", headers={"accept": "application/json"}).json()["alarms"]
    assert [one["id"] for one in told] == list(
        Alarm.objects.filter(key__in="ac").order_by("raised_at").values_list("pk", flat=True)
    )
    assert "Alarm: Talk time, Billing" in client.get(f"/calls/{dana_call.pk}/").content.decode()
