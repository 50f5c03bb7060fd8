"""Is this call still what the desk shows? Whoever may see it may have Twilio asked."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from calls.intake.reconcile import verify as verifying
from calls.live.frames import floor, moment
from calls.models import Audit, Call, Pulse, Sweep, pulse, twilio_down
from calls.models.healing import TRIED
from tests.control.conftest import call_resource, slowly
from tests.guards import patience


@pytest.fixture
def verify(client):
    def press(by, call, **how):
        client.force_login(by)
        return client.post(f"/calls/{call.pk}/verify/", headers={"Accept": "application/json"}, **how)

    return press


def over(sid: str):
    """What Twilio says of a leg that is over."""
    end = timezone.now() - timedelta(seconds=40)
    said = call_resource(sid, "completed")
    return 200, said | {"end_time": end.strftime("%a, %d %b %Y %H:%M:%S +0000"), "duration": "12"}


def test_wes_has_it_confirmed_that_dana_is_on_the_phone(verify, wes, dana_call, rest):
    Call.objects.update(unverified_since=timezone.now())
    answer = verify(wes, dana_call)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["action"], told["state"], told["effects"]) == (None, "live", [])
    assert told["message"] == "Twilio confirms it: 2 legs live."
    assert sorted(rest.looked) == sorted(dana_call.legs.values_list("sid", flat=True)) and rest.asked == []
    assert Call.objects.get().unverified_since is None
    entry = Audit.objects.get(what="call.verified")
    assert (entry.user_id, entry.call_id) == (wes.pk, dana_call.pk)
    assert entry.facts == {"legs": 2, "answered": 2, "state": "live"}


def test_a_call_whose_last_callback_was_lost_is_closed(verify, ben, dana_call, rest):
    rest.says_of = over
    message = verify(ben, dana_call).json()["message"]
    assert re.fullmatch(r"Closed: Twilio says it ended at \d\d:\d\d:\d\d; its callback was lost\.", message)
    call = Call.objects.get()
    assert call.status == "ended" and set(call.legs.values_list("healed", flat=True)) == {True}


def test_one_leg_is_over_and_the_call_goes_on(verify, ben, dana_call, rest):
    agent = dana_call.legs.get(role="agent").sid
    rest.says_of = lambda sid: over(sid) if sid == agent else (200, call_resource(sid))
    assert verify(ben, dana_call).json()["message"] == "Twilio confirms it: 1 leg live."


@pytest.mark.parametrize(
    ("look", "message"),
    [
        (None, "The connection to Twilio broke"),
        ((503, "{}"), "Twilio answered 503"),
        ((404, {"code": 20404, "message": "not found", "status": 404}), "20404"),
    ],
)
def test_twilio_cannot_be_asked_and_the_sentence_says_why(verify, ben, dana_call, rest, look, message):
    rest.says_of = lambda sid: look
    answer = verify(ben, dana_call)
    assert answer.status_code == 409 and message in answer.json()["message"]
    assert Call.objects.get().ended_at is None
    assert Audit.objects.get(what="call.verified").facts["answered"] == 0


def test_nobody_waits_for_a_twilio_that_hangs(verify, ben, dana_call, rest, monkeypatch):
    monkeypatch.setattr(verifying, "DEADLINE", 0.3)
    rest.says_of = lambda sid: slowly(2)(sid, {})
    began = timezone.now()
    answer = verify(ben, dana_call)
    assert (timezone.now() - began).total_seconds() < patience(1.5)
    assert answer.status_code == 409 and "did not answer in time" in answer.json()["message"]


def test_one_call_is_asked_for_once_in_five_seconds_whoever_asks(verify, ben, wes, dana_call, rest):
    assert verify(ben, dana_call).status_code == 200
    answer = verify(wes, dana_call)
    assert answer.status_code == 429 and "a moment ago" in answer.json()["message"]
    assert len(rest.looked) == 2
    cache.clear()  # five seconds later
    assert verify(wes, dana_call).status_code == 200


def test_what_is_over_is_not_asked_for(verify, ben, dana_call, twilio, rest):
    for leg in dana_call.legs.all():
        twilio.status(leg.pk, "completed", 9, CallDuration="30")
    assert re.fullmatch(r"It ended at \d\d:\d\d:\d\d\.", verify(ben, dana_call).json()["message"])
    assert rest.looked == []


def test_a_plain_form_shows_the_sentence(client, ben, dana_call, rest):
    client.force_login(ben)
    answer = client.post(f"/calls/{dana_call.pk}/verify/", follow=True)
    assert "Twilio confirms it: 2 legs live." in answer.content.decode()


def test_sue_finds_no_call_of_billing_to_verify(verify, sue, dana_call, rest):
    assert verify(sue, dana_call).status_code == 404
    assert rest.looked == [] and not Audit.objects.filter(what="call.verified").exists()


# While Twilio's API is away ----------------------------------------------------------------------------------------


def test_nothing_can_be_sent_while_the_api_is_away(client, alice, dana_call, rest):
    now = timezone.now()
    Sweep.objects.create(pk=1, failing_since=now, tried_at=now, why="Twilio cannot be reached.")
    client.force_login(alice)
    form = {"key": "00000000-0000-0000-0000-000000000001", "target": "call"}
    answer = client.post(f"/calls/{dana_call.pk}/end/", form, headers={"Accept": "application/json"})
    at = timezone.localtime(now)
    sentence = f"Twilio's API has not answered since {at:%H:%M:%S}: nothing can be sent."
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (409, "twilio_down", sentence)
    assert Audit.objects.get(what="action.refused").facts == {"verb": "end", "code": "twilio_down"}
    assert rest.asked == []
    # The dialog says so before anybody presses anything; and when Twilio answers again the same key is good.
    plan = client.get(f"/calls/{dana_call.pk}/end/plan/", headers={"Accept": "application/json"}).json()
    assert not plan["allowed"] and sentence in [refusal["message"] for refusal in plan["refusals"]]
    Sweep.objects.update(failing_since=None)
    assert client.post(f"/calls/{dana_call.pk}/end/", form).status_code == 302
    assert len(rest.asked) == 1


def test_readyz_tells_how_old_the_last_comparison_is(client, dana_call):
    never = client.get("/readyz/").json()
    assert (never["last_sweep_age"], never["provider"]) == (None, "unknown")
    now = timezone.now()
    Sweep.objects.create(pk=1, swept_at=now - timedelta(seconds=20), tried_at=now)
    told = client.get("/readyz/").json()
    assert 20 <= told["last_sweep_age"] < 25 and told["provider"] == "ok" and told["last_callback_age"] is not None
    Sweep.objects.update(failing_since=now)
    assert client.get("/readyz/").json()["provider"] == "down"
    Sweep.objects.update(tried_at=now - TRIED - timedelta(seconds=1))
    assert client.get("/readyz/").json()["provider"] == "unknown"


def test_a_fresh_server_compares_before_anybody_says_that_nobody_does(rows, monkeypatch):
    began = timezone.now()
    last_night = began - timedelta(hours=9)
    Sweep.objects.create(pk=1, swept_at=last_night, tried_at=last_night)
    seen = Pulse()
    told = {}
    for seconds in (0, 19, 21):
        monkeypatch.setattr("django.utils.timezone.now", lambda seconds=seconds: began + timedelta(seconds=seconds))
        seen = pulse(seen)
        told[seconds] = (floor(seen)["provider"], floor(seen)["since"])
    assert told == {0: ("ok", None), 19: ("ok", None), 21: ("unknown", moment(last_night))}
    Sweep.objects.update(tried_at=timezone.now())
    assert pulse(seen).word == "ok"
    # Who does not try any more has no word of trouble either: wishes are not forbidden by a mark that was left behind.
    Sweep.objects.update(tried_at=last_night, failing_since=last_night)
    assert (pulse().word, pulse().down_since, twilio_down()) == ("unknown", None, None)
