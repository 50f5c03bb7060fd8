"""Faults by rule, a clock that is wrong, and outages: what an application sees of them."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from .conftest import CALLER, NUMBER, STAY, let_pass


@pytest.fixture
def faults(twilio):
    return lambda **what: twilio.post("/sim/faults", **what)


@pytest.fixture
def rules(faults):
    return lambda *rules: faults(callbacks={"rules": list(rules)})


@pytest.fixture
def reported(twilio, application, client):
    """Dana is rung, answers and leaves; all of it is reported. Returns what was, in the order in which it came."""

    def ring_dana(path="/status/", wait=True):
        call = client.calls.create(
            to="client:dana",
            from_=NUMBER,
            twiml="<Response><Say>Hello.</Say></Response>",
            status_callback=application.url + path,
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        twilio.eventually(lambda: twilio.call(call.sid)["over"])
        if wait:
            twilio.eventually(
                lambda: all(one["outcome"] != "waiting" for one in twilio.webhooks("call-progress", call.sid))
            )
            let_pass(twilio, 30)
        return application.statuses(path, call.sid)

    return ring_dana


ALL = ["initiated", "ringing", "in-progress", "completed"]


class TestACallbackByRule:
    def test_one_event_is_lost_and_no_other(self, twilio, rules, reported):
        rules({"what": "lost", "event": "completed"})
        assert reported() == ALL[:3]
        assert [one["faults"] for one in twilio.webhooks("call-progress")] == [[], [], [], ["lost"]]

    @pytest.mark.parametrize(("event", "lost"), [("answered", "in-progress"), ("in-progress", "in-progress")])
    def test_an_event_has_the_name_one_subscribes_to_and_the_status_it_tells(self, rules, reported, event, lost):
        rules({"what": "lost", "event": event})
        assert reported() == [status for status in ALL if status != lost]

    @pytest.mark.parametrize("event", ["completed", "busy"])
    def test_whoever_subscribed_to_completed_loses_every_end(self, twilio, rules, reported, event):
        twilio.post("/sim/behaviour", rules=[{"who": "client:dana", "answer": "busy"}])
        rules({"what": "lost", "event": event})
        assert reported() == ["initiated"]

    def test_those_to_one_path_or_address_only(self, application, rules, reported):
        rules({"what": "lost", "url": "/other/*"}, {"what": "lost", "url": f"{application.url}/whole/"})
        assert (reported("/other/status/"), reported("/whole/"), reported()) == ([], [], ALL)

    def test_those_of_one_call_or_caller_or_callee_only(self, rules, reported):
        rules({"what": "lost", "call": "client:ana"})
        assert reported() == ALL
        rules({"what": "lost", "call": "client:d*"})
        assert reported() == []

    def test_the_next_so_many(self, twilio, rules, reported):
        rules({"what": "lost", "times": 2})
        assert reported() == ALL[2:]
        assert twilio.get("/sim/faults")["callbacks"]["rules"][0]["times"] == 0

    def test_twice_and_late_by_so_many_seconds(self, rules, reported):
        rules(
            {"what": "doubled", "event": "ringing", "seconds": 20},
            {"what": "late", "event": "initiated", "seconds": 15},
        )
        assert reported() == ["ringing", "in-progress", "completed", "initiated", "ringing"]

    def test_after_the_next_one(self, rules, reported):
        rules({"what": "reordered", "event": "initiated"})
        assert reported() == ["ringing", "initiated", "in-progress", "completed"]

    def test_the_first_rule_that_fits_holds(self, rules, reported):
        rules({"what": "doubled", "event": "ringing", "seconds": 0}, {"what": "lost", "event": "ringing"})
        assert reported().count("ringing") == 2

    @pytest.mark.parametrize("event", ["participant-join", "join"])
    def test_events_of_a_conference_have_names_too(self, twilio, application, rules, event):
        rules({"what": "lost", "event": event})
        where = f'statusCallback="{application.url}/conference/" statusCallbackEvent="start end join leave"'
        application.says("/voice/", f"<Dial><Conference {where}>room</Conference></Dial>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["conference_sid"])
        twilio.hang_up(sid)
        twilio.eventually(lambda: "conference-end" in application.events())
        assert "participant-join" not in application.events()

    def test_some_by_chance_and_the_same_ones_in_every_run(self, twilio, application, rules, client):
        runs = []
        for _ in range(2):
            twilio.post("/sim/reset", seed="7")
            client.incoming_phone_numbers.list()[0].update(voice_url=f"{application.url}/voice/")
            application.says("/voice/", "<Reject/>")
            client.incoming_phone_numbers.list()[0].update(status_callback=f"{application.url}/number/")
            rules({"what": "lost", "chance": 0.5})
            for _ in range(20):
                twilio.ring(from_=CALLER, to=NUMBER)
            twilio.eventually(lambda: len(twilio.webhooks("number-status")) == 20)
            runs.append({one["token"] for one in twilio.webhooks("number-status") if one["faults"]})
        assert runs[0] == runs[1] and 3 < len(runs[0]) < 17

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"rules": [{"what": "503"}]}, "must be one of lost, late, doubled, reordered, not '503'."),
            ({"rules": [{"what": "lost", "path": "*"}]}, "there is no path; known are call, chance, event,"),
            ({"rules": [{"what": "lost", "chance": 7}]}, "chance must be from 0 to 1, not 7."),
            (
                {"rules": [{"what": "lost", "event": "answerd"}]},
                "must fit one of initiated, ringing, answered, completed,",
            ),
            ({"rules": [{"what": "lost", "times": -1}]}, "must not be less than 0."),
            ({"rules": {"what": "lost"}}, "faults.callbacks.rules must be a list."),
            ({"lost": 2}, "faults.callbacks.lost must be from 0 to 1, not 2."),
        ],
    )
    def test_what_cannot_be_is_refused_in_words(self, twilio, rules, wrong, words):
        before = rules({"what": "late"})
        answer = requests.post(f"{twilio.url}/sim/faults", json={"callbacks": wrong}, timeout=5)
        assert answer.status_code == 400 and words in answer.json()["error"]
        assert twilio.get("/sim/faults") == before


class TestAClockThatIsWrong:
    HOUR = 3600

    def test_is_seen_in_callbacks_in_rest_and_in_its_date(self, twilio, application, faults, reported, client, look):
        faults(clock_skew=self.HOUR)
        reported()
        (call,) = client.calls.list()
        truth = datetime.fromisoformat(twilio.call(call.sid)["created_at"])
        assert call.date_created - truth.replace(microsecond=0) == timedelta(hours=1)
        first = application.at("/status/")[0]
        assert parsedate_to_datetime(first["Timestamp"]) >= truth + timedelta(minutes=59)
        date = parsedate_to_datetime(look().headers["Date"])
        assert abs(date - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=5)

    def test_what_is_looked_for_by_time_is_found_by_what_it_shows(self, twilio, faults, reported, client):
        faults(clock_skew=-2 * self.HOUR)
        reported()
        (call,) = client.calls.list()
        assert [one.sid for one in client.calls.list(start_time_before=call.start_time)] == [call.sid]
        assert client.calls.list(start_time_after=call.start_time + timedelta(hours=1)) == []

    def test_without_it_the_date_is_right(self, look):
        assert abs(parsedate_to_datetime(look().headers["Date"]) - datetime.now(UTC)) < timedelta(minutes=5)

    def test_it_is_a_number(self, twilio):
        answer = requests.post(f"{twilio.url}/sim/faults", json={"clock_skew": "slow"}, timeout=5)
        assert (answer.status_code, answer.json()["error"]) == (400, "faults.clock_skew must be a float, not 'slow'.")


class TestAnOutage:
    def test_callbacks_are_lost_while_it_lasts_and_come_again_after(self, twilio, faults, reported):
        faults(outages=[{"what": "callbacks", "seconds": 100_000}])
        assert reported(wait=False) == []
        seen = twilio.eventually(
            lambda: [one for one in twilio.webhooks("call-progress") if one["outcome"] == "failed"][3:]
        )
        assert seen[0]["faults"] == ["outage"]
        # A connection that nobody takes is tried a second time, as facts 2.4 have it.
        assert [attempt["error"] for attempt in seen[0]["attempts"]] == ["ct", "ct"]
        assert any(note["code"] == 15003 for note in twilio.truth()["notes"])
        faults(outages=[])
        assert reported() == ALL

    def test_it_ends_by_itself(self, twilio, faults, reported):
        (outage,) = faults(outages=[{"what": "callbacks", "seconds": 5}])["outages"]
        lasts = datetime.fromisoformat(outage["ends"]) - datetime.fromisoformat(outage["begins"])
        assert lasts == timedelta(seconds=5)
        let_pass(twilio, 6)
        assert reported() == ALL

    def test_and_begins_later_if_it_is_to(self, twilio, faults, look):
        faults(outages=[{"what": "rest", "after": 200_000}])
        assert look().status_code == 200
        now = datetime.fromisoformat(twilio.truth()["now"])
        faults(outages=[{"what": "rest", "begins": now.isoformat(), "ends": (now + timedelta(days=9)).isoformat()}])
        assert look().status_code == 503

    def test_what_the_url_asks_to_be_tried_again_is(self, twilio, application, faults, reported):
        faults(outages=[{"what": "webhooks"}])
        reported("/status/#rc=3&rp=all", wait=False)
        seen = twilio.eventually(
            lambda: [one for one in twilio.webhooks("call-progress") if one["outcome"] == "failed"]
        )
        assert len(seen[0]["attempts"]) == 4

    def test_callers_hear_an_apology_where_no_document_can_be_had(self, twilio, application, faults):
        faults(outages=[{"what": "webhooks"}])
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert "application error" in twilio.call(sid)["heard"][0]["text"]
        assert application.asked == []

    def test_a_call_that_goes_on_does_so_and_only_its_reports_are_away(self, twilio, application, faults):
        application.says("/voice/", STAY)
        faults(outages=[{"what": "callbacks"}])
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
        assert len(application.at("/voice/")) == 1

    def test_the_rest_api_is_away_too(self, faults, look):
        faults(outages=[{}])
        answer = look()
        assert (answer.status_code, answer.json()["code"]) == (503, 20503)
        faults(outages=[{"rest": "reset_before"}])
        with pytest.raises(requests.ConnectionError):
            look()

    def test_the_control_doors_stay_open_and_all_is_well_again_at_once(self, twilio, faults, look):
        faults(outages=[{}])
        assert twilio.get("/sim/health")["status"] == "ok"
        twilio.post("/sim/faults")
        assert look().status_code == 200

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"what": "weather"}, "An outage's what must be one of all, webhooks, callbacks, rest, not 'weather'."),
            ({"rest": "reset_after"}, "An outage's rest must be one of 400, 401,"),
            ({"seconds": -1}, "must not be less than 0."),
            ({"begins": "soon"}, "An outage's begins must be a moment such as"),
            (
                {"begins": "2026-11-21T17:00:00Z", "ends": "2026-11-21T16:00:00Z"},
                "An outage must not end before it begins.",
            ),
        ],
    )
    def test_one_that_cannot_be_is_refused_in_words(self, twilio, wrong, words):
        answer = requests.post(f"{twilio.url}/sim/faults", json={"outages": [wrong]}, timeout=5)
        assert answer.status_code == 400 and words in answer.json()["error"]
        assert twilio.get("/sim/faults")["outages"] == []


def test_a_webhook_is_remembered_with_its_signature(twilio, application):
    twilio.ring(from_=CALLER, to=NUMBER)
    (asked,) = twilio.eventually(lambda: application.at("/voice/"))
    assert twilio.webhooks("voice")[0]["signature"] == asked.headers["x-twilio-signature"]
