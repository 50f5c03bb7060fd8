"""What a caller on hold is owed when a consultation is over: whatever became of the supervisor, the desk or Twilio."""

import pytest

from calls.control.verbs.consult import UNHEARD
from calls.floor import consults, outcomes
from calls.models import Action, Agent, Audit, Membership, Phone
from calls.twilio import gateway
from tests.control.conftest import breaks
from tests.control.test_ears import ROOM, Talk

BO = f"CA{77:032x}"


@pytest.fixture
def bo(billing):
    agent = Agent.objects.create(name="Bo Lind", contact="client:bo", state=Agent.State.AVAILABLE)
    agent.teams.add(billing)
    return agent


@pytest.fixture
def talk(twilio, rest, dana_call):
    return Talk(twilio, rest, dana_call)


def begins(talk, wish, ben, bo) -> Action:
    """Dana is on hold, and Bo is about to be called."""
    answer = wish(ben, talk.call, "transfer", mode="warm", destination=f"agent-{bo.pk}")
    assert answer.status_code == 202, answer.content
    talk.says("participant-hold", talk.sids["caller"], Hold="true")
    action = Action.objects.get()
    assert (action.state, action.step) == ("requested", "then")
    return action


@pytest.fixture
def consulting(talk, wish, supervisors, bo) -> Action:
    action = begins(talk, wish, supervisors[0], bo)
    talk.will_ring(BO)
    outcomes.follow_up()
    talk.rings(BO, "in-progress", 1)
    talk.joins(BO)
    action.refresh_from_db()
    assert action.state == "confirmed"
    return action


def hangs_up(talk, sid):
    assert talk.twilio.status(sid, "completed", 9, CallDuration="30").status_code == 204


def asked_to_resume(talk) -> int:
    return sum(form.get("Hold") == "false" for _, form in talk.rest.asked)


def test_nothing_is_owed_as_long_as_they_talk(talk, consulting):
    consults.put_right()
    assert asked_to_resume(talk) == 0


def test_when_bo_hangs_up_the_caller_is_taken_off_hold_once(talk, consulting, supervisors):
    hangs_up(talk, BO)
    consults.put_right()
    consults.put_right()
    assert asked_to_resume(talk) == 1
    action = Action.objects.get(verb="cancel")
    assert (action.by, action.state) == (supervisors[0], "accepted")
    talk.says("participant-unhold", talk.sids["caller"])
    action.refresh_from_db()
    assert action.state == "confirmed"


def test_also_for_somebody_who_lost_the_right_to_it_meanwhile(talk, consulting, supervisors):
    Membership.objects.filter(user=supervisors[0]).delete()
    hangs_up(talk, BO)
    consults.put_right()
    assert asked_to_resume(talk) == 1


def test_when_twilio_refuses_it_is_asked_again(talk, consulting, clock):
    hangs_up(talk, BO)
    talk.rest.refuses(500, 20500, "Internal")
    talk.rest.refuses(400, 21222, "Not now")
    for _ in range(4):
        consults.put_right()
        Action.objects.filter(verb="cancel", state="unknown").update(state="failed")
        clock.goes_on(consults.LONGEST)
    assert asked_to_resume(talk) == 3


def test_each_time_after_twice_as_long(talk, consulting, clock):
    hangs_up(talk, BO)
    for _ in range(3):
        talk.rest.refuses(400, 21222, "Not now")
    asked = []
    for _ in range(16):
        consults.put_right()
        asked.append(asked_to_resume(talk))
        clock.goes_on(1)
    assert asked == [1] * 5 + [2] * 10 + [3]


def test_and_not_for_ever(talk, consulting, clock):
    hangs_up(talk, BO)
    for _ in range(consults.TRIES + 3):
        talk.rest.refuses(400, 21222, "Never")
        consults.put_right()
        clock.goes_on(consults.LONGEST)
    assert asked_to_resume(talk) == consults.TRIES
    assert Audit.objects.filter(what="action.refused").count() == 0


@pytest.mark.parametrize("trouble", ["the breaker is open", "connections are refused"])
def test_what_twilio_has_not_looked_at_is_no_try(talk, consulting, clock, settings, trouble):
    hangs_up(talk, BO)
    there = settings.TWILIO_API_URL
    if trouble == "connections are refused":
        moves_to(settings, "http://127.0.0.1:9")
    for _ in range(consults.TRIES + 3):
        if trouble == "the breaker is open":
            gateway.breaker.open(20003, 401)
        consults.put_right()
        clock.goes_on(consults.LONGEST)
    failed = Action.objects.filter(verb="cancel", state="failed", code__in=("unreachable", "credentials"))
    assert (failed.count(), asked_to_resume(talk)) == (consults.TRIES + 3, 0)

    moves_to(settings, there)
    consults.put_right()
    assert asked_to_resume(talk) == 1


def moves_to(settings, url):
    settings.TWILIO_API_URL = url
    gateway._client.cache_clear()


def test_of_whom_nothing_was_ever_heard_nobody_waits_for(talk, wish, supervisors, bo, clock):
    action = begins(talk, wish, supervisors[0], bo)
    talk.rest.answers.append(breaks)
    outcomes.follow_up()
    action.refresh_from_db()
    assert (action.state, action.step) == ("unknown", "then")
    consults.put_right()
    assert asked_to_resume(talk) == 0  # they may be ringing

    clock.goes_on(UNHEARD.total_seconds() + 1)
    consults.put_right()
    assert asked_to_resume(talk) == 1
    action.refresh_from_db()
    assert action.state == "overtaken"


def test_the_addresses_are_those_of_the_room(talk, consulting):
    hangs_up(talk, BO)
    consults.put_right()
    assert talk.rest.paths[-1].endswith(f"/Conferences/{ROOM}/Participants/{talk.sids['caller']}.json")


@pytest.fixture
def left(talk, consulting, monkeypatch):
    """Bo and Ana: Dana has hung up."""
    monkeypatch.setattr(consults, "asked", {})
    hangs_up(talk, talk.sids["caller"])
    return talk


def asked_to_end(talk) -> int:
    consults.put_right()
    return talk.rest.asked.count((f"{ROOM}/", {"Status": "completed"}))


def test_who_was_called_is_let_out_when_nobody_is_left_and_asked_for_once(left):
    assert asked_to_end(left) == 0
    hangs_up(left, left.sids["agent"])
    assert asked_to_end(left) == 1
    assert asked_to_end(left) == 1


def test_whom_an_agent_will_come_back_to_is_not_let_out(left):
    """Ana is out of the room for an announcement."""
    left.says("participant-leave", left.sids["agent"])
    assert asked_to_end(left) == 0


def test_who_hears_music_is_let_out_as_well_when_nobody_is_left_to_end_it(left):
    left.says("participant-hold", BO, Hold="true")
    assert asked_to_end(left) == 0
    hangs_up(left, left.sids["agent"])
    assert asked_to_end(left) == 1


def test_a_caller_on_hold_is_not_let_out_while_somebody_is_rung_for_them(talk, consulting, monkeypatch):
    """Ana has hung up while Bo is rung: the supervisor's wish has its own way for that."""
    monkeypatch.setattr(consults, "asked", {})
    hangs_up(talk, talk.sids["agent"])
    assert asked_to_end(talk) == 0


def ends_of(talk, sid) -> list[str]:
    consults.put_right()
    return [form["Status"] for whom, form in talk.rest.asked if whom == sid and "Status" in form]


@pytest.mark.parametrize(("word", "how"), [("ringing", "canceled"), ("in-progress", "completed")])
def test_a_supervisor_is_not_rung_for_a_call_that_is_over(talk, wish, supervisors, clock, monkeypatch, word, how):
    monkeypatch.setattr(consults, "asked", {})
    Phone.objects.create(user=supervisors[0], address="client:ben")
    talk.will_ring(BO, muted=True)
    assert wish(supervisors[0], talk.call, "monitor").status_code == 202
    talk.rings(BO, word, 1)
    hangs_up(talk, talk.sids["caller"])
    clock.goes_on(6)
    assert ends_of(talk, BO) == [], "Ana is there"
    hangs_up(talk, talk.sids["agent"])
    assert ends_of(talk, BO) == [], "Twilio may end it by itself"
    clock.goes_on(6)
    assert ends_of(talk, BO) == [how]
    assert ends_of(talk, BO) == [how]


def test_nor_whoever_is_consulted_when_the_others_have_gone(talk, wish, supervisors, bo, clock, monkeypatch):
    monkeypatch.setattr(consults, "asked", {})
    begins(talk, wish, supervisors[0], bo)
    talk.will_ring(BO)
    outcomes.follow_up()
    talk.rings(BO, "ringing", 1)
    for role in ("caller", "agent"):
        hangs_up(talk, talk.sids[role])
    assert ends_of(talk, BO) == []
    clock.goes_on(6)
    assert ends_of(talk, BO) == ["canceled"]
