"""Ana's own page: what she is, who is on the line, her notes, and that somebody comes when she needs help."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Agent, HelpRequest, Membership, Note, Queue, Waiting
from tests.conftest import group, person

DANA = "+14155550177"


@pytest.fixture
def anas(client, ana):
    ana.user = person("ana", "Ana", "Pereira")
    ana.save()
    client.force_login(ana.user)
    return client


def test_she_goes_for_lunch_and_comes_back(anas, ana):
    for state in ("away", "available"):
        assert anas.post("/agent/state/", {"state": state}).headers["Location"] == "/agent/"
        ana.refresh_from_db()
        assert (ana.state, ana.chosen) == (state, "")
        assert f'value="{state}" aria-pressed="true"' in anas.get("/agent/").content.decode()
    assert anas.get("/agent/now/").json()["state"] == "available"


def test_what_she_chooses_during_a_call_counts_after_it(anas, ana):
    Agent.objects.update(state="busy", chosen="available")
    anas.post("/agent/state/", {"state": "away"})
    ana.refresh_from_db()
    assert (ana.state, ana.chosen) == ("busy", "away")
    assert "After the call: away." in anas.get("/agent/").content.decode()


def test_to_choose_ends_the_wrap_up(anas, ana):
    Agent.objects.update(state="wrap-up", chosen="away", wrap_up_until=timezone.now() + timedelta(seconds=20))
    anas.post("/agent/state/", {"state": "available"})
    ana.refresh_from_db()
    assert (ana.state, ana.chosen, ana.wrap_up_until) == ("available", "", None)


@pytest.mark.parametrize("state", ["busy", "wrap-up", "", "asleep"])
def test_nothing_else_can_be_chosen(anas, ana, state):
    anas.post("/agent/state/", {"state": state})
    ana.refresh_from_db()
    assert ana.state == "available"


def test_she_sees_who_is_on_the_line_as_her_rights_say(anas, dana_call, billing):
    queue = Queue.objects.create(name="Refunds", team=billing)
    Waiting.objects.create(call=dana_call, queue=queue, place=1, entered_at=timezone.now(), left_at=timezone.now())
    type(dana_call).objects.update(queue=queue.name)
    told = anas.get("/agent/now/").json()["call"]
    assert (told["id"], told["queue"], told["live"], told["page"]) == (str(dana_call.pk), "Refunds", True, "")
    page = anas.get("/agent/").content.decode()
    assert "0177" in page and DANA not in page and "Refunds" in page


def test_her_notes_are_on_her_calls_alone(anas, dana_call, sale, ana):
    anas.post("/agent/note/", {"call": str(dana_call.pk), "text": "Wants <b>money</b> back"})
    for call in (str(sale.pk), "7", ""):
        anas.post("/agent/note/", {"call": call, "text": "Not mine"})
    assert list(Note.objects.values_list("call", "agent", "text")) == [
        (dana_call.pk, ana.pk, "Wants <b>money</b> back")
    ]
    assert "Wants &lt;b&gt;money&lt;/b&gt; back" in anas.get("/agent/").content.decode()


def test_her_supervisors_see_that_she_wants_help_until_it_is_done(anas, dana_call, ben, sue, client):
    anas.post("/agent/help/", {"reason": ""})
    assert not HelpRequest.objects.exists()
    anas.post("/agent/help/", {"reason": "Is angry"})
    anas.post("/agent/help/", {"reason": "Wants the manager"})
    assert "You have asked for help: Wants the manager" in anas.get("/agent/").content.decode()
    client.force_login(sue)
    assert client.get("/desk/help/").json() == {"help": []}
    client.force_login(ben)
    (asked,) = client.get("/desk/help/").json()["help"]
    assert (asked["agent"], asked["reason"], asked["call"]) == ("Ana Pereira", "Wants the manager", str(dana_call.pk))
    assert client.post(f"/desk/help/{asked['id']}/done/").json() == {"done": True}
    assert client.get("/desk/help/").json() == {"help": []}


def test_she_may_take_it_back(anas):
    anas.post("/agent/help/", {"reason": "Is angry"})
    anas.post("/agent/help/", {"back": "yes"})
    assert not HelpRequest.objects.filter(done_at=None).exists()


def test_the_desk_sends_her_to_her_own_page(anas, billing, ana):
    assert anas.get("/").headers["Location"] == "/agent/"
    Membership.objects.create(user=ana.user, team=billing, group=group("Watcher", "view_call"))
    assert anas.get("/").status_code == 200


def test_who_is_no_agent_is_told_so(client, ben):
    client.force_login(ben)
    response = client.get("/agent/")
    assert response.status_code == 403
    assert "This account is no agent’s." in response.content.decode()
