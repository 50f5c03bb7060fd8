"""How requests reach the application: repeats, redirects, time-outs, fallback, and faults made on purpose."""

import itertools
import socket

import pytest

from ..application import Reply
from ..conftest import CALLER, NUMBER, dial


@pytest.fixture
def reports_to(twilio, application, client):
    """A short call whose end is reported to this URL; gives what the simulator wrote down about the report."""

    def report(url):
        call = client.calls.create(to="+14155550188", from_=NUMBER, twiml="<Response/>", status_callback=url)

        def delivered():
            return [w for w in twilio.webhooks("call-progress", call.sid) if w["outcome"] != "waiting"]

        return twilio.eventually(delivered)[0]

    return report


class TestRepeats:
    def test_0_1_11_an_error_is_not_repeated_unless_the_fragment_says_so(self, application, reports_to):
        application.does("/status/", lambda asked: Reply(status=502))
        report = reports_to(f"{application.url}/status/")
        assert (report["outcome"], len(report["attempts"]), report["status"]) == ("refused", 1, 502)

    def test_1_4_the_fragment_says_so_and_every_try_carries_the_same_token(self, application, reports_to):
        answers = itertools.chain([502, 503], itertools.repeat(204))
        application.does("/status/", lambda asked: Reply(status=next(answers)))
        report = reports_to(f"{application.url}/status/#rc=3&rp=ct,rt,5xx")
        assert (report["outcome"], [attempt["status"] for attempt in report["attempts"]]) == (
            "delivered",
            [502, 503, 204],
        )
        tokens = {asked.headers["i-twilio-idempotency-token"] for asked in application.at("/status/")}
        assert tokens == {report["token"]}
        assert [asked.query for asked in application.at("/status/")] == ["", "", ""]

    def test_2_4_it_gives_up_after_as_many_as_it_was_told(self, application, reports_to):
        application.does("/status/", lambda asked: Reply(status=500))
        assert len(reports_to(f"{application.url}/status/#rc=2&rp=5xx")["attempts"]) == 3

    def test_2_4_a_refusal_is_not_a_server_error(self, application, reports_to):
        application.does("/status/", lambda asked: Reply(status=403))
        assert len(reports_to(f"{application.url}/status/#rc=3&rp=5xx")["attempts"]) == 1

    def test_2_4_nobody_there_is_tried_once_more(self, reports_to):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            report = reports_to(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        assert (report["outcome"], [attempt["error"] for attempt in report["attempts"]]) == ("failed", ["ct", "ct"])

    def test_2_4_a_slow_answer_is_waited_for_as_long_as_the_fragment_says(self, application, reports_to):
        application.does("/status/", lambda asked: Reply(after=0.5))
        report = reports_to(f"{application.url}/status/#rt=100&rc=1&rp=rt")
        assert (report["outcome"], [attempt["error"] for attempt in report["attempts"]]) == ("failed", ["rt", "rt"])

    def test_2_4_all_tries_together_have_a_limit(self, application, reports_to):
        application.does("/status/", lambda asked: Reply(after=0.5))
        report = reports_to(f"{application.url}/status/#tt=100&rc=5&rp=all")
        assert report["outcome"] == "failed" and len(report["attempts"]) == 1


def test_1_2_a_redirect_is_followed_by_get_and_the_parameters_are_lost(application, reports_to):
    application.does("/status", lambda asked: Reply(status=301, headers={"Location": "/status/"}))
    report = reports_to(f"{application.url}/status")
    assert report["outcome"] == "delivered"
    first, second = application.asked[-2:]
    assert (first.method, first["CallStatus"]) == ("POST", "completed")
    assert (second.method, second.path, second.params) == ("GET", "/status/", {})


def test_1_3_a_password_in_the_url_is_told_only_when_asked_for(application, reports_to):
    def guarded(asked):
        return Reply() if "authorization" in asked.headers else Reply(status=401, headers={"WWW-Authenticate": "Basic"})

    application.does("/status/", guarded)
    report = reports_to(application.url.replace("http://", "http://me:secret@") + "/status/")
    assert report["outcome"] == "delivered"
    assert ["authorization" in asked.headers for asked in application.at("/status/")] == [False, True]


class TestFallback:
    @pytest.fixture
    def number(self, client, application):
        (number,) = client.incoming_phone_numbers.list(phone_number=NUMBER)
        return number.update(voice_fallback_url=f"{application.url}/fallback/")

    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            (Reply(status=500), "11200"),
            (Reply("<Response><Say>", headers={}), "12100"),
            (Reply("<Answer/>"), "12102"),
            (Reply(""), "11770"),
            (Reply("{}", headers={"Content-Type": "application/json"}), "12300"),
            (Reply("<!DOCTYPE x [<!ENTITY a 'b'>]><Response/>"), "12100"),
            (Reply(f"<Response><Say>{'a' * 66_000}</Say></Response>"), "11750"),
        ],
        ids=["500", "broken", "other root", "empty", "JSON", "DOCTYPE", "too large"],
    )
    def test_2_3_it_says_what_went_wrong_where(self, twilio, application, number, reply, code):
        application.does("/voice/", lambda asked: reply)
        application.says("/fallback/", "<Say>we are back soon</Say>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        (asked,) = application.at("/fallback/")
        assert (asked["ErrorCode"], asked["ErrorUrl"]) == (code, f"{application.url}/voice/")
        assert [heard["text"] for heard in twilio.call(sid)["heard"]] == ["we are back soon"]

    def test_2_3_if_it_fails_too_twilio_apologises_and_hangs_up(self, twilio, application, number):
        for path in ("/voice/", "/fallback/"):
            application.does(path, lambda asked: Reply(status=500))
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert "application error" in twilio.call(sid)["heard"][0]["text"]
        assert [note["code"] for note in twilio.truth()["notes"]] == [11200, 11200]

    def test_2_3_it_is_not_for_status_callbacks(self, twilio, application, number):
        application.says("/voice/", "<Hangup/>")
        application.does("/number/", lambda asked: Reply(status=500))
        twilio.ring(from_=CALLER, to=NUMBER)
        twilio.eventually(lambda: [note["code"] for note in twilio.truth()["notes"]] == [15003])
        assert application.at("/fallback/") == []


def test_2_2_plain_text_is_read_aloud_and_audio_is_played(twilio, application):
    replies = iter(
        [Reply("good day", headers={"Content-Type": "text/plain"}), Reply("x", headers={"Content-Type": "audio/mpeg"})]
    )
    application.does("/voice/", lambda asked: next(replies))
    sids = [twilio.ring(from_=CALLER, to=NUMBER)["sid"]]
    twilio.eventually(lambda: twilio.call(sids[0])["over"])
    sids.append(twilio.ring(from_=CALLER, to=NUMBER)["sid"])
    twilio.eventually(lambda: twilio.call(sids[1])["over"])
    assert [twilio.call(sid)["heard"][0]["verb"] for sid in sids] == ["Say", "Play"]


class TestFaults:
    @pytest.fixture
    def conversation(self, twilio, application):
        """A caller talks with dana and hangs up; waits until everything that was to be sent has been."""

        def happen():
            twilio.post("/sim/behaviour", rules=[{"who": "client:*", "after": 2}])
            application.says("/voice/", dial(application, "<Client {}>dana</Client>"))
            application.says("/after/", "<Hangup/>")
            caller = twilio.ring(from_=CALLER, to=NUMBER, talks=5)["sid"]
            twilio.eventually(lambda: twilio.call(caller)["over"])
            twilio.eventually(lambda: all(webhook["outcome"] != "waiting" for webhook in twilio.webhooks()))

        return happen

    def test_lost_ones_never_come_and_are_known_to_be_lost(self, twilio, application, conversation):
        twilio.post("/sim/faults", callbacks={"lost": 1})
        conversation()
        assert application.statuses() == []
        lost = twilio.webhooks("call-progress")
        assert [webhook["outcome"] for webhook in lost] == ["lost"] * 4 and lost[0]["attempts"] == []
        # Requests for TwiML are not callbacks: without them there would be no call.
        twilio.eventually(lambda: application.at("/after/"))

    def test_doubled_ones_are_the_same_twice(self, twilio, application, conversation):
        twilio.post("/sim/faults", callbacks={"doubled": 1, "late_seconds": [0.5, 1]})
        conversation()
        twilio.eventually(lambda: len(application.at("/status/")) == 8)
        said = [
            (asked["SequenceNumber"], asked.headers["i-twilio-idempotency-token"])
            for asked in application.at("/status/")
        ]
        assert all(said.count(one) == 2 for one in said) and len(set(said)) == 4

    def test_reordered_ones_come_after_their_next(self, twilio, application, conversation):
        twilio.post("/sim/faults", callbacks={"reordered": 0.5, "late_seconds": [1, 30]})
        orders = []
        for _ in range(4):
            conversation()
            twilio.eventually(lambda: len(application.at("/status/")) == 4)
            orders.append([asked["SequenceNumber"] for asked in application.at("/status/")])
            application.asked.clear()
        assert all(sorted(order) == ["0", "1", "2", "3"] for order in orders)
        assert any(order != sorted(order) for order in orders)

    def test_late_ones_are_late(self, twilio, application, conversation):
        twilio.post("/sim/faults", callbacks={"late": 1, "late_seconds": [20, 30]})
        conversation()
        twilio.eventually(lambda: len(application.at("/status/")) == 4)
        (first,) = [w for w in twilio.webhooks("call-progress") if w["params"]["SequenceNumber"] == "0"]
        assert first["faults"] == ["late"] and first["attempts"][0]["at"] > first["at"]

    def test_they_can_be_switched_off(self, twilio):
        twilio.post("/sim/faults", callbacks={"lost": 1, "late_seconds": [2, 3]})
        assert twilio.post("/sim/faults", callbacks={"doubled": 0.5})["callbacks"]["lost"] == 1
        assert twilio.post("/sim/faults")["callbacks"]["lost"] == 0


def test_without_faults_callbacks_of_a_call_come_in_order_however_slow_the_application(twilio, application, talking):
    application.does("/status/", lambda asked: Reply(status=204, after=0.05 if asked["SequenceNumber"] == "0" else 0))
    _, child = talking()
    twilio.hang_up(child)
    twilio.eventually(lambda: len(application.at("/status/")) == 4)
    assert [asked["SequenceNumber"] for asked in application.at("/status/")] == ["0", "1", "2", "3"]


def test_2_4_half_an_answer_is_an_error_and_not_asked_for_again(application, reports_to):
    application.does("/status/", lambda asked: Reply("<Resp", promised=100))
    report = reports_to(f"{application.url}/status/#rc=3&rp=all")
    assert (report["outcome"], len(report["attempts"])) == ("refused", 1)


def test_4_6_a_handshake_that_fails_is_a_connection_that_fails_and_is_tried_again(twilio, application, reports_to):
    report = reports_to(f"{application.url}/status/".replace("http://", "https://"))
    assert [attempt["error"] for attempt in report["attempts"]] == ["ct", "ct"]
    (note,) = twilio.eventually(lambda: twilio.truth()["notes"])
    assert (note["code"], note["detail"][:5]) == (15003, "11220")


def test_2_5_what_waits_too_long_for_its_turn_is_never_sent(twilio, application, client):
    twilio.post("/sim/settings", timing={"callback_expires": 0.3})
    application.does("/status/", lambda asked: Reply(after=0.8, status=204))
    events = ["initiated", "ringing", "answered", "completed"]
    report = {"status_callback": f"{application.url}/status/", "status_callback_event": events}
    client.calls.create(to="+14155550188", from_=NUMBER, twiml="<Response/>", **report)
    expired = twilio.eventually(lambda: [one for one in twilio.webhooks() if one["outcome"] == "expired"])
    assert expired[0]["attempts"] == []
    assert 15002 in [note["code"] for note in twilio.truth()["notes"]]
