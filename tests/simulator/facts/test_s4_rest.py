"""The REST API's manners: who may ask, what it answers, how it refuses, how it pages."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.rest import Client

from ..application import Application
from ..conftest import ACCOUNT, CALLER, KEY, NUMBER, SECRET, STAY, TOKEN, refusal

HOLD = "<Response><Pause length='3600'/></Response>"


@pytest.fixture
def base(twilio):
    return f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}"


class TestDoor:
    @pytest.mark.parametrize("login", [None, (ACCOUNT, "wrong"), ("AC" + "9" * 32, TOKEN), (KEY, "wrong")])
    def test_4_6_strangers_are_turned_away_in_twilios_words(self, base, login):
        answer = requests.get(f"{base}/Calls.json", auth=login, timeout=5)
        assert answer.status_code == 401
        assert answer.json() == {
            "code": 20003,
            "detail": "",
            "message": "Authenticate",
            "more_info": "https://www.twilio.com/docs/errors/20003",
            "status": 401,
        }

    def test_an_api_key_opens_it_too(self, twilio):
        client = Client(KEY, SECRET, ACCOUNT)
        client.api.base_url = twilio.url
        assert client.calls.list() == []

    def test_4_6_another_accounts_things_are_not_ours(self, twilio):
        url = f"{twilio.url}/2010-04-01/Accounts/AC{'9' * 32}/Calls.json"
        assert requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5).status_code == 401

    def test_4_6_what_is_not_there(self, base):
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA{'0' * 32}.json"
        answer = requests.get(f"{base}/Calls/CA{'0' * 32}.json", auth=(ACCOUNT, TOKEN), timeout=5)
        assert answer.status_code == 404
        assert answer.json() == {
            "code": 20404,
            "message": f"The requested resource {path} was not found",
            "more_info": "https://www.twilio.com/docs/errors/20404",
            "status": 404,
        }

    def test_what_cannot_be_done_there(self, base):
        answer = requests.delete(f"{base}/Calls.json", auth=(ACCOUNT, TOKEN), timeout=5)
        assert answer.status_code in (404, 405) and answer.json()["code"] in (20404, 20004)


class TestCreate:
    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"To": ""}, 21201),
            ({"To": "0123"}, 21211),
            ({"From": ""}, 21213),
            ({"From": "+19998887777"}, 21210),
            ({"From": "nobody"}, 21212),
            ({"Url": "", "Twiml": ""}, 21205),
            ({"Url": "ftp://a.example/"}, 21205),
            ({"Url": "", "Twiml": f"<Response>{'x' * 4000}</Response>"}, 32018),
            ({"Timeout": "601"}, 21208),
            ({"SendDigits": "12z"}, 21206),
            ({"StatusCallback": "nowhere"}, 21209),
            ({"Method": "PUT"}, 20001),
        ],
    )
    def test_4_6_refused(self, base, twilio, wrong, code):
        good = {"To": "+14155550188", "From": NUMBER, "Url": "http://127.0.0.1:9/voice/"}
        answer = requests.post(f"{base}/Calls.json", auth=(ACCOUNT, TOKEN), data={**good, **wrong}, timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer.json()["status"] == 400 and twilio.calls() == []

    def test_4_1_the_url_is_asked_when_the_callee_answers(self, twilio, application, client):
        call = client.calls.create(
            to="client:dana",
            from_="anything",
            url=f"{application.url}/voice/?ref=1",
            status_callback=f"{application.url}/status/?ref=1",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        assert (call.status, call.direction, call.start_time, call.duration) == ("queued", "outbound-api", None, None)
        twilio.eventually(lambda: application.at("/voice/"))
        asked = application.at("/voice/")[0]
        assert (asked["CallStatus"], asked["Direction"], asked.query) == ("in-progress", "outbound-api", "ref=1")
        call.update(status="completed")
        twilio.eventually(lambda: application.statuses() == ["initiated", "ringing", "in-progress", "completed"])
        ended = call.fetch()
        assert ended.status == "completed" and ended.end_time and int(ended.duration) >= 0

    def test_3_3_unless_told_otherwise_only_the_end_is_reported(self, twilio, application, client):
        twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "no-answer"}])
        client.calls.create(
            to="+14155550188", from_=NUMBER, twiml=HOLD, timeout=5, status_callback=f"{application.url}/status/"
        )
        (report,) = twilio.eventually(lambda: application.at("/status/"))
        expected = {
            "CallStatus": "no-answer",
            "Duration": "0",
            "CallDuration": "0",
            "SipResponseCode": "487",
            "SequenceNumber": "0",
            "CallbackSource": "call-progress-events",
            "Direction": "outbound-api",
        }
        assert expected.items() <= report.params.items()

    def test_0_1_3_events_joined_by_a_space_are_accepted_and_silence_the_call(self, twilio, application, client):
        call = client.calls.create(
            to="+14155550188",
            from_=NUMBER,
            twiml="<Response/>",
            status_callback=f"{application.url}/status/",
            status_callback_event=["initiated ringing answered completed"],
        )
        twilio.eventually(lambda: twilio.call(call.sid)["over"])
        assert [note["code"] for note in twilio.truth()["notes"]] == [21626]
        assert twilio.webhooks(subject=call.sid) == []

    def test_calls_beyond_the_pace_have_to_queue(self, twilio, client):
        twilio.post("/sim/settings", calls_per_second=0.03)
        sids = [client.calls.create(to=f"+1415555018{n}", from_=NUMBER, twiml=HOLD).sid for n in range(3)]
        twilio.eventually(lambda: all(twilio.call(sid)["started_at"] for sid in sids))
        waited = [int(client.calls(sid).fetch().queue_time) for sid in sids]
        assert waited[0] == 0 < waited[1] < waited[2]


class TestList:
    def test_4_4_newest_first_and_page_after_page(self, twilio, client):
        sids = [twilio.ring(from_=f"+1415555{n:04}", to=NUMBER)["sid"] for n in range(5)]
        page = client.calls.page(page_size=2)
        assert [call.sid for call in page] == [sids[4], sids[3]]
        # A call that comes in meanwhile does not shift the pages behind.
        twilio.ring(from_=CALLER, to=NUMBER)
        assert [call.sid for call in page.next_page()] == [sids[2], sids[1]]
        assert [call.sid for call in client.calls.stream(page_size=2)][1:] == sids[::-1]

    def test_4_4_a_page_has_twilios_shape(self, base, twilio):
        sids = [twilio.ring(from_=f"+1415555{n:04}", to=NUMBER)["sid"] for n in range(3)]
        page = requests.get(f"{base}/Calls.json?PageSize=2&To=%2B15005550100", auth=(ACCOUNT, TOKEN), timeout=5).json()
        assert len(page.pop("calls")) == 2
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?To=%2B15005550100&PageSize=2"
        assert page == {
            "page": 0,
            "page_size": 2,
            "start": 0,
            "end": 1,
            "uri": f"{path}&Page=0",
            "first_page_uri": f"{path}&Page=0",
            "next_page_uri": f"{path}&Page=1&PageToken=PA{sids[1]}",
            "previous_page_uri": None,
        }

    def test_4_4_back_a_page(self, twilio, client):
        for n in range(4):
            twilio.ring(from_=f"+1415555{n:04}", to=NUMBER)
        first = client.calls.page(page_size=2)
        sids = [call.sid for call in first]
        assert [call.sid for call in first.next_page().previous_page()] == sids

    def test_back_a_page_of_many(self, twilio, client):
        sids = [twilio.ring(from_=f"+1415555{n:04}", to=NUMBER)["sid"] for n in range(5)][::-1]
        last = client.calls.page(page_size=2).next_page().next_page()
        assert [call.sid for call in last] == sids[4:]
        assert [call.sid for call in last.previous_page()] == sids[2:4]

    def test_a_sweep_of_the_live_calls_over_two_pages_misses_none(self, base, twilio, application):
        """As somebody does who wants to know what is still going on: by status, page after page by next_page_uri."""
        application.says("/voice/", STAY)
        sids = [twilio.ring(from_=f"+1415555{n:04}", to=NUMBER)["sid"] for n in range(1001)][::-1]
        twilio.eventually(lambda: all(call["status"] == "in-progress" for call in twilio.calls()))
        url = f"{base}/Calls.json?Status=in-progress&PageSize=1000"
        first = requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5).json()
        assert (first["page_size"], [call["sid"] for call in first["calls"]]) == (1000, sids[:1000])
        # What ends meanwhile leaves the list, also the call that the next page is to come after, and shifts nothing.
        for sid in (sids[0], sids[999]):
            twilio.hang_up(sid)
            twilio.eventually(lambda: twilio.call(sid)["over"])  # noqa: B023 - asked at once
        second = requests.get(twilio.url + first["next_page_uri"], auth=(ACCOUNT, TOKEN), timeout=5).json()
        assert [call["sid"] for call in second["calls"]] == sids[1000:]
        assert second["next_page_uri"] is None
        assert {call["status"] for call in first["calls"] + second["calls"]} == {"in-progress"}

    def test_4_4_by_each_status_of_a_live_call(self, twilio, application, client):
        application.says("/voice/", STAY)
        twilio.post("/sim/settings", calls_per_second=0.001)
        twilio.post("/sim/behaviour", rules=[{"who": "client:wes", "after": 3600}])
        talking = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        ringing = client.calls.create(to="client:wes", from_="anything", twiml=HOLD, timeout=600).sid
        queued = client.calls.create(to="client:ana", from_="anything", twiml=HOLD).sid
        twilio.eventually(lambda: twilio.call(ringing)["status"] == "ringing" and twilio.call(talking)["answered_at"])
        listed = {
            status: [call.sid for call in client.calls.list(status=status)]
            for status in ("queued", "ringing", "in-progress", "completed")
        }
        assert listed == {"queued": [queued], "ringing": [ringing], "in-progress": [talking], "completed": []}

    def test_4_4_by_status_parent_and_number(self, twilio, application, client, talking):
        caller, child = talking()
        assert [call.sid for call in client.calls.list(parent_call_sid=caller)] == [child]
        assert {call.sid for call in client.calls.list(status="in-progress")} == {caller, child}
        assert client.calls.list(status="completed") == []
        assert [call.sid for call in client.calls.list(to="client:dana")] == [child]
        assert [call.sid for call in client.calls.list(to=NUMBER, from_=CALLER)] == [caller]

    def test_4_4_by_time(self, twilio, client):
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        now = datetime.fromisoformat(twilio.call(sid)["started_at"])
        hour, today = timedelta(hours=1), now.astimezone(UTC).date()
        found = client.calls.list
        assert [call.sid for call in found(start_time_after=now - hour, start_time_before=now + hour)] == [sid]
        assert found(start_time_after=now + hour) == found(start_time_before=now - hour) == []
        assert [call.sid for call in found(start_time=today)] == [sid]
        assert found(start_time=today - timedelta(days=2)) == found(end_time_after=now - hour) == []

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"StartTime>": -1}, True),
            ({"StartTime>": 0}, True),
            ({"StartTime>": 1}, False),
            ({"StartTime<": -1}, False),
            ({"StartTime<": 0}, True),
            ({"StartTime>": -1, "StartTime<": 1}, True),
            ({"StartTime>": 1, "StartTime<": 2}, False),
            ({"StartTime>": -1, "Status": "in-progress"}, True),
            ({"StartTime>": -1, "Status": "ringing"}, False),
        ],
    )
    def test_4_4_from_a_second_on_and_up_to_one(self, base, twilio, application, filters, found):
        """The inequality is a part of the name, and the second that is named belongs to both sides."""
        application.says("/voice/", STAY)
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
        started = datetime.fromisoformat(twilio.call(sid)["started_at"]).replace(microsecond=0)
        params = {
            name: (started + timedelta(seconds=value)).strftime("%Y-%m-%dT%H:%M:%SZ") if name != "Status" else value
            for name, value in filters.items()
        }
        answer = requests.get(f"{base}/Calls.json", params=params, auth=(ACCOUNT, TOKEN), timeout=5)
        assert [call["sid"] for call in answer.json()["calls"]] == ([sid] if found else [])


def test_4_8_numbers_can_be_pointed_elsewhere(twilio, application, client):
    (number,) = client.incoming_phone_numbers.list()
    number.update(voice_url=f"{application.url}/elsewhere/", voice_method="GET", friendly_name="Sales")
    application.says("/elsewhere/", "<Hangup/>")
    twilio.ring(from_=CALLER, to=NUMBER)
    (asked,) = twilio.eventually(lambda: application.at("/elsewhere/"))
    assert (asked.method, asked["From"]) == ("GET", CALLER)
    assert client.incoming_phone_numbers(number.sid).fetch().friendly_name == "Sales"
    assert refusal(lambda: number.update(voice_url="nonsense")) == (400, 21205)


@pytest.mark.parametrize("owner", [{"voice_application_sid": "AP" + "1" * 32}, {"trunk_sid": "TK" + "1" * 32}])
def test_4_8_the_urls_of_a_number_that_an_application_or_a_trunk_has_are_ignored(twilio, application, client, owner):
    (number,) = client.incoming_phone_numbers.list()
    number.update(**owner)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["over"])
    assert application.at("/voice/") == []
    number.update(voice_application_sid="", trunk_sid="")
    twilio.ring(from_=CALLER, to=NUMBER)
    twilio.eventually(lambda: application.at("/voice/"))


def test_4_4_only_a_call_that_is_over_can_be_deleted(twilio, client):
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    assert refusal(lambda: client.calls(sid).delete())[1] == 20009
    twilio.hang_up(sid)
    twilio.eventually(lambda: twilio.call(sid)["over"])
    assert client.calls(sid).delete()
    assert refusal(lambda: client.calls(sid).fetch()) == (404, 20404)


def test_what_was_asked_is_written_down(twilio, application: Application, client):
    client.calls.create(to="client:dana", from_=NUMBER, twiml="<Response/>")
    asked = twilio.asked()[-1]
    assert (asked["method"], asked["status"], asked["code"]) == ("POST", 201, None)
    assert ["To", "client:dana"] in asked["params"] and asked["path"].endswith("/Calls.json")
