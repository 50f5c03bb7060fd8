"""No wish stays open: whatever Twilio says or does not say, and whoever dies on the way, it is settled in time."""

import itertools
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from calls import failpoints
from calls.control.perform import GRACE, LEASE
from calls.floor import outcomes
from calls.models import Action, Call
from calls.twilio import gateway
from tests.control.account import call_resource
from tests.control.conftest import ABSOLUTE, KINDS, they_talk
from tests.guards import figure

DONE = ("confirmed", "failed", "abandoned", "overtaken")
POINTS = ("action.after_requested", "action.after_sending", "action.after_twilio", "action.after_outcome",
          "intake.after_insert", "intake.before_commit", "intake.after_commit", "reconcile.after_read")  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_stays_armed():
    yield
    failpoints.armed.clear()


@pytest.fixture
def moods(account, rng):
    """What Twilio answers: true or untrue, no, nothing. A mood lasts for a whole case, or changes with each request."""
    noes = ((400, 21220), (404, 20404), (409, 20409), (429, 20429), (401, 20003), (400, 21218))
    no = [(status, {"code": code, "message": "No.", "status": status}) for status, code in noes]
    broken = [None, (500, {}), (503, "busy"), (200, "not JSON"), (200, {"status": "completed"}), (204, "")]

    def mood(true):
        lies = [lambda sid, *form: (200, call_resource(sid, rng.choice(["in-progress", "completed", "ringing"])))]
        said = [true, true, *lies, *rng.sample(no, 2), *rng.sample(broken, 2)]
        if rng.random() < 0.5:
            said = [rng.choice(said)]

        def answer(sid, *form):
            told = rng.choice(said)
            return told(sid, *form) if callable(told) else told

        return answer

    return mood


def dying(work, chance, rng):
    """Perhaps the process dies of it, at any of its places."""
    if rng.random() < chance:
        failpoints.armed[rng.choice(POINTS)] = "raise"
    try:
        return work()
    except failpoints.SimulatedCrash:
        connection.close()
    finally:
        failpoints.armed.clear()


def test_while_twilio_thinks_about_it_nobody_says_that_it_was_lost(client, supervisors, places, account, rest, clock):
    """Who follows up leaves alone what is just being sent: it may take as long as a request may."""
    client.force_login(supervisors[0])
    caller = account.phones()
    account.tells()
    call, meanwhile = Call.objects.get(legs__sid=caller), []

    def thinks(sid, form):
        clock.goes_on(gateway.DEADLINE - 1)
        outcomes.follow_up()
        meanwhile.append(Action.objects.get().state)
        connection.close()  # of the far side's own thread
        return account.asked(sid, form)

    rest.answers = [thinks]
    answer = client.post(f"/calls/{call.pk}/end/", {"key": str(uuid4())}, headers={"Accept": "application/json"})
    assert (meanwhile, answer.json()["state"]) == (["sending"], "accepted")


@pytest.mark.timeout(900)
def test_whatever_happens_every_wish_is_settled_within_its_minute(
    client, supervisors, account, fields, rest, clock, rng, moods, monkeypatch
):
    monkeypatch.setattr("calls.control.perform.THROTTLED", (0.0, 0.0, 0.0))
    client.force_login(supervisors[0])
    became: dict[str, int] = {}
    late = 0.0
    for kind in itertools.islice(itertools.cycle(KINDS), figure(200)):
        rest.is_at(account)
        gateway.breaker.until = 0.0
        call, caller, agent = they_talk(account, kind)
        verb, form = fields(kind, agent)
        rest.always, rest.says_of = moods(account.asked), moods(account.looked_at)
        rest.asked.clear()

        path, form = f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}
        dying(lambda: client.post(path, form, headers={"Accept": "application/json"}), 0.5, rng)  # noqa: B023
        action = Action.objects.get(call=call)
        first = len(rest.asked)
        told, round_ = rng.choice((0.0, 0.1, 1.0)), rng.choice((1.0, 2.0, 5.0))
        passed, died = 0.0, False
        while action.open:
            assert passed < 120 + action.plan["seconds"], f"{kind} is still {action.state}"
            if rng.random() < told:
                account.tells()
            elif rng.random() < 0.02:
                account.ends(caller)
            # Once is enough: whoever dies of every round never gets anything done.
            dying(outcomes.follow_up, 0.0 if died else 0.1, rng)
            died = died or rng.random() < 0.1
            action.refresh_from_db()
            clock.goes_on(round_)
            passed += round_

        assert action.state in DONE
        due = action.due_at - GRACE if action.due_at else action.requested_at + LEASE
        over = (action.settled_at - due).total_seconds()
        assert over <= 60 + round_ + 1, f"{kind}: {action.state}, {over:.0f} s after its effect was due"
        late = max(late, over)
        became[action.state] = became.get(action.state, 0) + 1
        if kind not in ABSOLUTE:
            assert len(rest.asked) == first, "what may not be repeated was asked for once"
        assert action.attempt <= 4 or kind in ("end", "end leg")
        rest.is_at(account)
        account.ends(caller)
        account.tells()
    call_command("verify_audit")
    assert not Action.objects.filter(state__in=("requested", "sending", "accepted", "unknown")).exists()
    print(f"{became}, the latest {late:.0f} s after its effect was due")
