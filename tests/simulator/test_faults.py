"""Faults of the REST API: what a request meets, which requests meet it, and what is written down."""

import time

import pytest
import requests

from .conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN, refusal


@pytest.fixture
def faults(twilio):
    """Switches to these rules."""
    return lambda *rules: twilio.post("/sim/faults", rest=list(rules))


@pytest.fixture
def live(twilio, application):
    """The SID of a call that somebody is on, until they are told otherwise."""
    application.says("/voice/", STAY)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
    return sid


@pytest.fixture
def end(base, live):
    """The request to end that call."""
    return lambda timeout=5, **how: requests.post(
        f"{base}/Calls/{live}.json", data={"Status": "completed"}, auth=(ACCOUNT, TOKEN), timeout=timeout, **how
    )


def has_ended(twilio, sid):
    """Waits as long as an order to end takes to be noticed, and longer."""
    time.sleep(0.05)
    return twilio.call(sid)["over"]


class TestRefused:
    @pytest.mark.parametrize(
        ("what", "code"),
        [
            ("400", 21220),
            ("401", 20003),
            ("403", 20003),
            ("404", 20404),
            ("409", 20409),
            ("429", 20429),
            ("500", 20500),
            ("503", 20503),
        ],
    )
    def test_in_twilios_words_and_nothing_is_done(self, twilio, faults, live, end, what, code):
        faults({"what": what})
        answer = end()
        assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (int(what), code, int(what))
        assert not has_ended(twilio, live)

    def test_the_official_library_understands_it(self, faults, client, live):
        faults({"what": "429"})
        assert refusal(lambda: client.calls(live).update(status="completed")) == (429, 20429)

    def test_by_a_proxy_that_speaks_html(self, twilio, faults, live, end):
        faults({"what": "502"})
        answer = end()
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
        assert "<h1>502 Bad Gateway</h1>" in answer.text and not has_ended(twilio, live)


class TestReset:
    @pytest.mark.parametrize(("what", "done"), [("reset_before", False), ("reset_after", True)])
    def test_the_connection_breaks_before_or_after_the_deed(self, twilio, faults, live, end, what, done):
        faults({"what": what})
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            end()
        assert has_ended(twilio, live) is done

    def test_the_control_doors_stay_open(self, twilio, faults, look):
        faults({"what": "reset_before"})
        for _ in range(3):
            with pytest.raises(requests.ConnectionError):
                look()
        assert twilio.get("/sim/health")["status"] == "ok"
        faults()
        assert look().status_code == 200


class TestSilence:
    @pytest.mark.parametrize(("what", "done"), [("silent_before", False), ("silent_after", True)])
    def test_no_answer_comes_whether_it_was_done_or_not(self, twilio, faults, live, end, what, done):
        faults({"what": what})
        with pytest.raises(requests.ReadTimeout):
            end(timeout=0.3)
        assert has_ended(twilio, live) is done

    def test_in_the_end_the_connection_closes_if_seconds_say_when(self, faults, end):
        faults({"what": "silent_before", "seconds": 0.1})
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            end()

    def test_a_late_answer_is_a_whole_one_to_what_was_done_at_once(self, twilio, faults, live, end):
        faults({"what": "late", "seconds": 0.4})
        with pytest.raises(requests.ReadTimeout):
            end(timeout=0.1)
        assert has_ended(twilio, live)
        faults({"what": "late", "seconds": 0.1})
        answer = end()
        assert answer.elapsed.total_seconds() >= 0.1 and answer.json()["code"] == 21220


class TestAnswersThatMislead:
    def test_two_hundred_and_nothing_done(self, twilio, faults, live, end):
        faults({"what": "not_applied"})
        answer = end()
        assert (answer.status_code, answer.json()["sid"], answer.json()["status"]) == (200, live, "in-progress")
        assert not has_ended(twilio, live)

    def test_a_participant_who_is_said_to_be_gone_is_still_there(self, twilio, application, client, faults):
        application.says("/voice/", "<Dial><Conference>room</Conference></Dial>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (room,) = twilio.eventually(lambda: client.conferences.list())
        faults({"what": "not_applied", "method": "DELETE"})
        assert client.conferences(room.sid).participants(sid).delete()
        assert [one.call_sid for one in client.conferences(room.sid).participants.list()] == [sid]
        faults({"what": "not_applied"})
        assert client.conferences(room.sid).participants(sid).update(muted=True).muted is False

    def test_what_creates_something_cannot_be_answered_as_it_is_and_is_let_through(self, faults, client):
        faults({"what": "not_applied"})
        call = client.calls.create(to="client:dana", from_=NUMBER, twiml="<Response/>")
        assert client.calls(call.sid).fetch().sid == call.sid

    @pytest.mark.parametrize(("what", "body"), [("201", True), ("204", False)])
    def test_another_success_than_the_documented_one(self, twilio, faults, live, end, what, body):
        faults({"what": what})
        answer = end()
        assert (answer.status_code, bool(answer.content)) == (int(what), body)
        assert has_ended(twilio, live)
        assert end().status_code == 400

    def test_half_of_the_json(self, twilio, faults, live, end):
        faults({"what": "cut"})
        answer = end()
        assert answer.status_code == 200 and answer.text.startswith('{"sid": "CA')
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
        assert has_ended(twilio, live)

    def test_a_byte_at_a_time(self, twilio, faults, live, end):
        faults({"what": "drip", "seconds": 0.001})
        began = time.monotonic()
        answer = end()
        assert answer.json()["sid"] == live
        assert time.monotonic() - began > 0.001 * len(answer.content)
        # The read time-out of the usual libraries is for one piece: it never comes.
        faults({"what": "drip", "seconds": 0.05})
        with end(stream=True, timeout=0.3) as answer:
            pieces = answer.iter_content(1)
            assert b"".join(next(pieces) for _ in range(8)) == b'{"code":'


class TestWhichRequests:
    def test_those_of_a_method_and_path(self, faults, base, look, live, end):
        faults({"what": "503", "method": "POST", "path": "Calls/CA*"})
        assert look().status_code == look(f"Calls/{live}").status_code == look("Conferences").status_code == 200
        assert end().status_code == 503
        faults({"what": "503", "method": "GET", "path": "Calls"})
        assert (look().status_code, look(f"Calls/{live}").status_code, end().status_code) == (503, 200, 200)

    def test_a_list_is_meant_whatever_it_is_filtered_by(self, faults, look):
        faults({"what": "503", "path": "Calls"})
        assert look(params={"Status": "in-progress", "PageSize": 1000}).status_code == 503

    def test_the_next_so_many(self, twilio, faults, look):
        faults({"what": "429", "times": 2})
        assert [look().status_code for _ in range(4)] == [429, 429, 200, 200]
        assert twilio.get("/sim/faults")["rest"][0]["times"] == 0

    def test_its_status_may_be_a_number(self, faults, look):
        faults({"what": 503})
        assert look().status_code == 503

    def test_the_first_rule_that_fits_holds(self, faults, look):
        faults({"what": "500", "path": "Conferences"}, {"what": "429", "times": 1}, {"what": "503"})
        assert [look().status_code for _ in range(3)] == [429, 503, 503]
        assert look("Conferences").status_code == 500

    def test_some_by_chance_and_the_same_ones_in_every_run(self, twilio, faults, look):
        runs = []
        for _ in range(2):
            twilio.post("/sim/reset", seed="7")
            faults({"what": "503", "chance": 0.5})
            runs.append([look().status_code for _ in range(40)])
        assert runs[0] == runs[1] and 10 < runs[0].count(503) < 30

    def test_the_chances_of_one_thing_do_not_depend_on_what_is_asked_of_others(self, twilio, faults, look):
        runs = []
        for others in (0, 3):
            twilio.post("/sim/reset", seed="7")
            faults({"what": "503", "chance": 0.5})
            runs.append([])
            for _ in range(20):
                runs[-1].append(look().status_code)
                for _ in range(others):
                    look("Conferences")
        assert runs[0] == runs[1]


class TestWrittenDown:
    @pytest.mark.parametrize(
        ("what", "status", "acted"),
        [
            ("500", 500, False),
            ("reset_before", None, False),
            ("reset_after", None, True),
            ("silent_before", None, False),
            ("silent_after", None, True),
            ("not_applied", 200, False),
            ("cut", 200, True),
            ("204", 204, True),
        ],
    )
    def test_what_became_of_a_request(self, twilio, faults, end, what, status, acted):
        faults({"what": what})
        try:
            end(timeout=0.2)
        except requests.RequestException:
            assert status is None
        asked = twilio.asked()[-1]
        assert (asked["fault"], asked["status"], asked["acted"]) == (what, status, acted)
        assert asked["method"] == "POST" and asked["params"] == [["Status", "completed"]]

    def test_without_a_fault_acted_says_whether_it_was_done(self, twilio, live, end):
        end()
        twilio.eventually(lambda: twilio.call(live)["over"])
        end()
        assert [(one["fault"], one["acted"]) for one in twilio.asked()[-2:]] == [(None, True), (None, False)]

    def test_a_deed_that_would_have_been_refused_anyway_was_not_done(self, twilio, faults, live, end):
        twilio.hang_up(live)
        twilio.eventually(lambda: twilio.call(live)["over"])
        faults({"what": "reset_after"})
        with pytest.raises(requests.ConnectionError):
            end()
        assert twilio.asked()[-1]["acted"] is False


class TestSwitch:
    def test_it_shows_what_holds_and_leaves_the_callbacks_alone(self, twilio, faults):
        twilio.post("/sim/faults", callbacks={"lost": 0.25})
        shown = faults({"what": "late", "method": "GET", "path": "Calls/*", "times": 3, "seconds": 2})
        assert shown == twilio.get("/sim/faults")
        assert shown["callbacks"]["lost"] == 0.25
        assert shown["rest"] == [
            {"what": "late", "method": "GET", "path": "Calls/*", "times": 3, "chance": 1.0, "seconds": 2.0}
        ]
        assert twilio.post("/sim/faults", callbacks={"lost": 0})["rest"] == shown["rest"]
        assert faults()["rest"] == []

    @pytest.mark.parametrize("off", [{"rest": []}, {}])
    def test_off(self, twilio, faults, look, off):
        faults({"what": "500"})
        assert look().status_code == 500
        twilio.post("/sim/faults", **off)
        assert look().status_code == 200

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"what": "teapot"}, "A fault's what must be one of 400, 401,"),
            ({"what": ["500"]}, "faults.rest[0].what must be a str, not ['500']."),
            ({}, "what"),
            ({"what": "500", "method": "PATCH"}, "method must be GET, POST, DELETE or *, not 'PATCH'."),
            ({"what": "500", "chance": 2}, "chance must be from 0 to 1, not 2."),
            ({"what": "500", "times": -1}, "must not be less than 0."),
            ({"what": "500", "seconds": "long"}, "faults.rest[0].seconds must be a float"),
            ({"what": "500", "often": True}, "there is no often; known are chance, method,"),
            ("500", "faults.rest[0] must be a JSON object, not '500'."),
        ],
    )
    def test_a_rule_that_cannot_be_is_refused_in_words_and_the_old_ones_stay(self, twilio, faults, wrong, words):
        before = faults({"what": "503", "path": "Nothing"})["rest"]
        answer = requests.post(f"{twilio.url}/sim/faults", json={"rest": [wrong]}, timeout=5)
        assert answer.status_code == 400 and words in answer.json()["error"]
        assert twilio.get("/sim/faults")["rest"] == before

    def test_rest_is_a_list(self, twilio):
        answer = requests.post(f"{twilio.url}/sim/faults", json={"rest": {"what": "500"}}, timeout=5)
        assert (answer.status_code, answer.json()["error"]) == (400, "faults.rest must be a list.")
