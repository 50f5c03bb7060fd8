"""Wishes about who waits in a queue, by the real door; Twilio answers what each test says."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone

from calls.control import perform
from calls.control.verbs import VERBS
from calls.floor import outcomes
from calls.models import Action, Agent, Audit, Leg, Membership, Queue, Waiting
from tests.conftest import LINE, group
from tests.flows.test_inbound import heard, path_of
from tests.flows.test_queue import Waiter, billing_queue, dana

__all__ = ["billing_queue", "dana"]
SOON = "We will be with you soon."


@pytest.fixture
def elsewhere(billing) -> Queue:
    return Queue.objects.create(name="Elsewhere", team=billing)


@pytest.fixture
def press(client, ben, billing):
    """ben presses a button on a call."""
    rights = group("Queues", "view_call", "pull_call", "announce_call", "end_call")
    Membership.objects.create(user=ben, team=billing, group=rights)
    client.force_login(ben)

    def pressed(call, verb, **fields):
        form = {"key": str(uuid4()), **fields}
        answer = client.post(f"/calls/{call.pk}/{verb}/", form, headers={"Accept": "application/json"})
        return SimpleNamespace(status=answer.status_code, **answer.json())

    return pressed


@pytest.fixture
def eve(twilio, dana) -> Waiter:
    return Waiter(twilio, "+14155550178").enters()


def twilio_says(dana, sid, word, agent):
    """Twilio says it of a leg that was called into dana's room."""
    query, sequence = f"?call={dana.call.pk}&role=agent", {"ringing": 1, "in-progress": 2}[word]
    said = {"From": LINE, "To": agent.contact, "Direction": "outbound-api"}
    assert dana.twilio.status(sid, word, sequence, query, **said).status_code == 204


def rung(dana, agent) -> str:
    """Routing has just called this agent into dana's room."""
    sid = dana.twilio.sid("CA")
    twilio_says(dana, sid, "ringing", agent)
    Waiting.objects.filter(pk=dana.place.pk).update(agent=agent, leg=sid, offered_at=timezone.now())
    return sid


def test_eve_is_put_first_and_nothing_is_sent(press, dana, eve):
    told = press(eve.call, "front")
    assert (told.status, told.state, told.message) == (200, "confirmed", "Done: they are the first.")
    assert (eve.place.before, dana.place.before) == (0, 1)
    assert heard(eve.hears(eve.room.wait))[0] == ("Say", "You are next.")
    steps = Audit.objects.filter(action_id=told.action).order_by("id").values_list("what", flat=True)
    assert list(steps) == ["action.requested", "action.sending", "action.confirmed"]
    again = press(eve.call, "front")
    assert (again.status, again.code) == (409, "first")


def test_eve_is_moved_behind_who_waits_there(press, dana, eve, elsewhere):
    assert press(dana.call, "move", queue=str(elsewhere.pk)).state == "confirmed"
    told = press(eve.call, "move", queue=str(elsewhere.pk))
    assert (told.status, told.state) == (200, "confirmed")
    assert [eve.place.queue, dana.place.queue] == [elsewhere, elsewhere]
    assert (eve.place.before, dana.place.before) == (1, 0)
    assert eve.call.queue == "Elsewhere"


@pytest.mark.parametrize("queue", ["", "0", "x", "²", "99999999999"])
def test_there_is_no_such_queue(press, dana, queue):
    told = press(dana.call, "move", queue=queue)
    assert (told.status, told.code) == (422, "queue")


def test_another_teams_queue_is_not_there(press, dana, sales):
    theirs = Queue.objects.create(name="Sales queue", team=sales)
    assert press(dana.call, "move", queue=str(theirs.pk)).code == "queue"


def test_while_an_agent_is_rung_nobody_is_moved(press, dana, ana, elsewhere):
    rung(dana, ana)
    told = press(dana.call, "move", queue=str(elsewhere.pk))
    why = f"{ana.name} is being rung for them: wait for that, or pull them to somebody."
    assert (told.code, told.message) == ("rung", why)
    assert press(dana.call, "move", queue="").message == why  # nor is there anything to choose


def test_while_an_agent_is_rung_the_buttons_say_why_nobody_is_moved(client, press, dana, ana, elsewhere):
    sid, can = rung(dana, ana), lambda: client.get(f"/calls/{dana.call.pk}/verbs/").json()
    press(dana.call, "move", queue="")  # who presses is signed in
    why = f"{ana.name} is being rung for them: wait for that, or pull them to somebody."
    assert (can()["verbs"]["move"], can()["verbs"]["pull"], can()["passing"]) == (why, "", True)
    page = client.get(f"/queues/{dana.place.queue_id}/").content.decode()
    assert f'title="{why}"' in page and page.count(why) == 2 and f"/calls/{dana.call.pk}/move/" not in page
    Waiting.objects.filter(leg=sid).update(agent=None, leg="", offered_at=None)
    assert (can()["verbs"]["move"], can()["passing"]) == ("", False)
    assert f"/calls/{dana.call.pk}/move/" in client.get(f"/queues/{dana.place.queue_id}/").content.decode()


def test_who_was_answered_in_the_same_moment_is_moved_nowhere(press, dana, elsewhere, ana, monkeypatch):
    """Between the look and the writing routing has rung somebody."""
    claim = perform.claim

    def meanwhile(action, *rest):
        Waiting.objects.filter(call=action.call_id).update(agent=ana, offered_at=timezone.now())
        return claim(action, *rest)

    monkeypatch.setattr(perform, "claim", meanwhile)
    told = press(dana.call, "move", queue=str(elsewhere.pk))
    assert (told.status, told.code, dana.place.queue.name) == (409, "not_waiting", "Billing queue")


def test_the_desk_dies_before_it_is_written_and_the_next_one_does_it(press, dana, eve, monkeypatch):
    def dies(*args):
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(perform, "write_down", dies)
        press(eve.call, "front")
    action = Action.objects.get()
    assert (action.state, eve.place.before) == ("sending", 1)
    Action.objects.update(lease_until=timezone.now())
    for _ in range(2):
        outcomes.follow_up()
    action.refresh_from_db()
    assert (action.state, eve.place.before) == ("confirmed", 0)


def test_without_twilios_api_a_place_can_be_changed_all_the_same(press, eve, monkeypatch):
    monkeypatch.setattr("calls.control.policy.twilio_down", timezone.now)
    assert press(eve.call, "front").state == "confirmed"
    assert press(eve.call, "end").code == "twilio_down"


# Said to who waits --------------------------------------------------------------------------------------------------


def test_dana_hears_it_at_the_next_turn_and_goes_on_waiting(press, dana):
    told = press(dana.call, "announce", text=SOON)
    assert (told.status, told.state) == (202, "accepted")
    assert told.message == "Nothing has to be asked of Twilio. Waiting for the effect."
    ((_, say),) = heard(dana.hears(dana.room.wait))
    words = heard(dana.hears(say))
    assert words[0] == ("Say", SOON)
    music = heard(dana.hears(words[-1][1]))[-1][1]
    assert "/twilio/queue/wait/" in music
    assert Action.objects.get().state == "confirmed"
    assert [verb for verb, _ in heard(dana.hears(music))] == ["Pause", "Redirect"]
    assert dana.call.status == "waiting"


def test_somebody_answers_before_it_is_over(press, dana, ana):
    leg = rung(dana, ana)
    press(dana.call, "announce", text=SOON)
    dana.hears(heard(dana.hears(dana.room.wait))[-1][1])
    twilio_says(dana, leg, "in-progress", ana)
    room = {"ConferenceSid": dana.call.rooms.get().sid, "FriendlyName": dana.room.name}
    said = room | {"StatusCallbackEvent": "participant-join", "CallSid": leg, "SequenceNumber": "2"}
    dana.twilio.post(path_of(dana.room.events), said)
    action = Action.objects.get()
    assert (action.state, action.code) == ("failed", "answered")
    assert action.message == "Somebody answered before it was over: they talk."


def test_dana_hangs_up_before_it_begins(press, dana):
    press(dana.call, "announce", text=SOON)
    dana.twilio.status(dana.sid, "completed", From=dana.number)
    assert (Action.objects.get().state, Action.objects.get().code) == ("failed", "left")


# To a person --------------------------------------------------------------------------------------------------------


def test_a_person_is_needed(press, dana, ana):
    assert press(dana.call, "pull", destination="7").code == "destination"
    assert "Nobody knows where to ring you" in press(dana.call, "pull").message
    rung(dana, ana)
    told = press(dana.call, "pull", destination=f"agent-{ana.pk}")
    assert (told.code, told.message) == ("rung", f"{ana.name} is being rung for them already.")


def test_whose_leg_is_not_known_yet_is_about_to_be_rung(press, dana, ana, bo):
    Waiting.objects.update(agent=ana, offered_at=timezone.now())
    assert press(dana.call, "pull", destination=f"agent-{bo.pk}").code == "rung"


@pytest.fixture
def bo(billing) -> Agent:
    agent = Agent.objects.create(name="Bo Lind", contact="client:bo", state=Agent.State.AVAILABLE)
    agent.teams.add(billing)
    return agent


def test_only_who_has_stopped_ringing_makes_room_for_another(press, dana, ana, bo, monkeypatch):
    """Ana picks up in the moment in which she is to stop: they talk, and Bo is not called."""
    leg, asked = rung(dana, ana), []

    def withdrawn(action, wish, until):
        asked.append(wish)
        twilio_says(dana, leg, "in-progress", ana)
        return []

    monkeypatch.setitem(VERBS, "pull", SimpleNamespace(**{**vars(VERBS["pull"]), "send": withdrawn}))
    assert press(dana.call, "pull", destination=f"agent-{bo.pk}").status == 409
    outcomes.follow_up()
    action = Action.objects.get()
    assert asked == [{"withdraw": leg}]
    assert (action.state, action.code) == ("failed", "answered")
    assert action.message == f"{ana.name} answered in the same moment: they talk."
    assert Leg.objects.filter(call=dana.call, role="agent").count() == 1
