"""§4 of the facts: what else REST knows of a call, and what it is made from.

Source: https://www.twilio.com/docs/voice/api/call-resource, …/call-event-resource, …/call-notification-resource
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from twilio.rest import Client

from ..application import Reply
from ..conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN, let_pass, refusal

CALLEE = "+14155550188"


@pytest.fixture
def base(twilio):
    return f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}"


@pytest.fixture
def menu(application, client):
    """A TwiML application whose voice URL says STAY."""
    application.says("/menu/", STAY)
    return client.applications.create(
        friendly_name="Menu",
        voice_url=f"{application.url}/menu/",
        status_callback=f"{application.url}/menu-status/",
    )


class TestApplications:
    def test_4_8_an_application_is_made_changed_and_deleted(self, twilio, client, menu):
        assert menu.sid.startswith("AP") and menu.voice_method == "POST"
        assert menu.update(voice_method="GET", friendly_name="Other").voice_method == "GET"
        assert [one.sid for one in client.applications.list(friendly_name="Other")] == [menu.sid]
        assert menu.delete()
        assert refusal(lambda: menu.fetch()) == (404, 20404)

    def test_4_1_with_an_application_the_requests_own_urls_are_ignored(self, twilio, application, client, menu):
        call = client.calls.create(
            to=CALLEE,
            from_=NUMBER,
            application_sid=menu.sid,
            url=f"{application.url}/voice/",
            status_callback=f"{application.url}/status/",
            status_callback_event=["initiated", "completed"],
        )
        twilio.eventually(lambda: application.at("/menu/"))
        call.update(status="completed")
        (report,) = twilio.eventually(lambda: application.at("/menu-status/"))
        assert report["CallStatus"] == "completed"
        assert application.at("/voice/") == application.at("/status/") == []

    def test_4_1_an_application_that_is_not_there(self, twilio, client):
        wrong = {"to": CALLEE, "from_": NUMBER, "application_sid": "AP" + "0" * 32}
        assert refusal(lambda: client.calls.create(**wrong)) == (400, 21218)

    def test_4_8_a_numbers_application_takes_the_place_of_its_urls(self, twilio, application, client, menu):
        (number,) = client.incoming_phone_numbers.list()
        number.update(voice_application_sid=menu.sid)
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (asked,) = twilio.eventually(lambda: application.at("/menu/"))
        assert asked["CallSid"] == sid and application.at("/voice/") == []
        twilio.hang_up(sid)
        twilio.eventually(lambda: application.at("/menu-status/"))
        assert application.at("/number/") == []


class TestNumbers:
    def test_4_8_a_number_is_bought_and_given_back(self, twilio, application, client):
        number = client.incoming_phone_numbers.create(phone_number="+15005550177", voice_url=f"{application.url}/new/")
        application.says("/new/", "<Hangup/>")
        twilio.ring(from_=CALLER, to="+15005550177")
        twilio.eventually(lambda: application.at("/new/"))
        assert number.delete()
        assert [one.phone_number for one in client.incoming_phone_numbers.list()] == [NUMBER]

    def test_4_8_a_number_that_is_none_is_not_for_sale(self, twilio, client):
        assert refusal(lambda: client.incoming_phone_numbers.create(phone_number="0800"))[0] == 400


class TestEvents:
    def test_3_4_events_list_every_webhook_with_what_was_answered(self, twilio, application, client):
        application.says("/voice/", STAY)
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["heard"])
        twilio.hang_up(sid)
        events = twilio.eventually(
            lambda: len(client.calls(sid).events.list()) == 2 and client.calls(sid).events.list()
        )
        twilio.eventually(lambda: client.calls(sid).events.list()[0].response["response_code"] == 204)
        last, first = events
        assert first.request["url"] == f"{application.url}/voice/" and first.request["method"] == "POST"
        assert first.request["parameters"]["call_sid"] == sid
        assert first.response["response_code"] == 200 and "One moment." in first.response["response_body"]
        assert first.response["content_type"] == "text/xml" and first.response["request_duration"] >= 0
        assert last.request["parameters"]["call_status"] == "completed"

    def test_3_4_a_failed_webhook_is_an_event_too(self, twilio, application, client):
        application.does("/voice/", lambda asked: Reply(status=500))
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (event,) = twilio.eventually(
            lambda: [one for one in client.calls(sid).events.list() if one.response["response_code"] == 500]
        )
        assert event.request["url"].endswith("/voice/")


class TestNotifications:
    def test_3_4_an_error_is_log_0(self, twilio, application, client):
        application.does("/voice/", lambda asked: Reply(status=500, body="oh no"))
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (note,) = twilio.eventually(lambda: client.calls(sid).notifications.list())
        assert (note.error_code, note.log, note.call_sid) == ("11200", "0", sid)
        assert note.request_url == f"{application.url}/voice/" and note.sid.startswith("NO")
        assert note.more_info == "https://www.twilio.com/docs/errors/11200" and note.message_text
        whole = client.calls(sid).notifications(note.sid).fetch()
        assert whole.response_body == "oh no" and f"CallSid={sid}" in whole.request_variables

    def test_3_4_a_warning_is_log_1(self, twilio, application, client):
        application.says("/voice/", f"<Shout>hey</Shout>{STAY}")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (note,) = twilio.eventually(lambda: client.calls(sid).notifications.list())
        assert (note.error_code, note.log) == ("12200", "1")
        assert client.calls(sid).notifications.list(log=0) == []

    def test_3_4_the_account_has_them_all(self, twilio, application, client):
        application.says("/voice/", f"<Shout>hey</Shout>{STAY}")
        for caller in (CALLER, "+14155550124"):
            twilio.ring(from_=caller, to=NUMBER)
        twilio.eventually(lambda: len(client.api.account.notifications.list()) == 2)
        newest, oldest = client.api.account.notifications.list()
        assert oldest.message_date <= newest.message_date
        assert client.api.account.notifications(newest.sid).fetch().error_code == "12200"

    def test_3_4_one_of_another_call_is_not_found(self, twilio, application, client):
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        assert refusal(lambda: client.calls(sid).notifications("NO" + "0" * 32).fetch()) == (404, 20404)


class TestCreate:
    def test_4_1_send_digits_are_keyed_before_the_url_is_asked(self, twilio, application, client):
        application.says("/voice/", STAY)
        call = client.calls.create(to=CALLEE, from_=NUMBER, url=f"{application.url}/voice/", send_digits="ww1W#")
        twilio.eventually(lambda: application.at("/voice/"))
        assert [one["text"] for one in twilio.call(call.sid)["heard"]][0] == "ww1W#"

    def test_4_1_a_call_lasts_no_longer_than_its_time_limit(self, twilio, client):
        call = client.calls.create(to=CALLEE, from_=NUMBER, twiml=f"<Response>{STAY}</Response>", time_limit=5)
        twilio.eventually(lambda: call.fetch().status == "completed")
        assert 5 <= int(call.fetch().duration) <= 60

    def test_4_1_url_and_twiml_together_is_a_warning_and_the_url_counts(self, twilio, application, client):
        application.says("/voice/", STAY)
        call = client.calls.create(
            to=CALLEE, from_=NUMBER, url=f"{application.url}/voice/", twiml="<Response><Say>no</Say></Response>"
        )
        twilio.eventually(lambda: application.at("/voice/"))
        assert [note.error_code for note in call.notifications.list()] == ["32019"]
        assert "no" not in [one["text"] for one in twilio.call(call.sid)["heard"]]

    def test_4_1_a_url_of_an_unanswered_call_is_never_asked(self, twilio, application, client):
        twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "no-answer"}])
        call = client.calls.create(to=CALLEE, from_=NUMBER, url=f"{application.url}/voice/", timeout=5)
        twilio.eventually(lambda: call.fetch().status == "no-answer")
        assert application.at("/voice/") == [] and call.fetch().duration == "0"

    def test_4_1_the_time_out_has_a_buffer_of_five_seconds(self, twilio, client):
        twilio.post("/sim/behaviour", rules=[{"who": "*", "answer": "answers", "after": 9}])
        call = client.calls.create(to=CALLEE, from_=NUMBER, twiml=f"<Response>{STAY}</Response>", timeout=5)
        twilio.eventually(lambda: call.fetch().status == "in-progress")

    def test_4_1_a_client_is_called_from_any_identity(self, twilio, client):
        call = client.calls.create(to="client:dana", from_="client:desk", twiml="<Response/>")
        assert (call.to, call.from_formatted) == ("client:dana", "client:desk")


class TestConcurrency:
    def test_4_6_more_requests_at_once_than_allowed_are_not_done(self, twilio, base, client):
        twilio.post("/sim/settings", rest_concurrency=2)
        twilio.post("/sim/faults", rest=[{"what": "late", "method": "POST", "path": "Queues", "seconds": 0.4}])

        def create(place):
            data = {"FriendlyName": f"queue-{place}"}
            return requests.post(f"{base}/Queues.json", auth=(ACCOUNT, TOKEN), data=data, timeout=5)

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(create, range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 429, 429]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["code"] == 20429
        assert int(refused.headers["Twilio-Concurrent-Requests"]) > 2
        assert len(client.queues.list()) == 2

    def test_4_7_calls_beyond_the_pace_are_queued_and_say_how_long(self, twilio, client):
        twilio.post("/sim/settings", calls_per_second=0.5)
        calls = [client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>") for _ in range(3)]
        assert calls[2].fetch().status == "queued"
        twilio.eventually(lambda: all(call.fetch().status == "completed" for call in calls))
        waited = [int(call.fetch().queue_time) for call in calls]
        assert waited[0] < 500 and waited[1] > 500 and waited[2] > 2000

    def test_4_7_a_dial_and_an_inbound_call_are_not_slowed(self, twilio, application, client, talking):
        twilio.post("/sim/settings", calls_per_second=0.01)
        client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>")
        talking()


class TestRefusals:
    def test_4_6_an_unknown_parameter_is_ignored(self, base, twilio):
        data = {"FriendlyName": "sales", "Colour": "red"}
        assert requests.post(f"{base}/Queues.json", auth=(ACCOUNT, TOKEN), data=data, timeout=5).status_code == 201

    @pytest.mark.parametrize(
        ("method", "path", "code"),
        [
            ("DELETE", "Calls", 20004),
            ("POST", "Notifications", 20004),
            ("DELETE", "Queues", 20004),
            ("GET", "Nonsense", 20404),
            ("GET", "Queues/QU" + "0" * 32, 20404),
            ("GET", "Recordings/RE" + "0" * 32, 20404),
            ("GET", "Applications/AP" + "0" * 32, 20404),
            ("POST", "Calls/CA" + "0" * 32 + "/Recordings", 20404),
        ],
    )
    def test_4_6_what_is_not_there_is_404_and_what_cannot_be_done_405(self, base, twilio, method, path, code):
        answer = requests.request(method, f"{base}/{path}.json", auth=(ACCOUNT, TOKEN), timeout=5)
        assert (answer.status_code, answer.json()["code"]) == ({20004: 405, 20404: 404}[code], code)
        assert answer.json()["more_info"] == f"https://www.twilio.com/docs/errors/{code}"

    def test_4_6_an_api_key_may_do_the_same(self, twilio):
        from ..conftest import KEY, SECRET

        client = Client(KEY, SECRET, ACCOUNT)
        client.api.base_url = twilio.url
        assert client.queues.create(friendly_name="sales").sid


class TestTimeLimit:
    def test_4_2_an_update_can_change_the_time_limit_of_a_live_call(self, twilio, client):
        call = client.calls.create(to=CALLEE, from_=NUMBER, twiml=f"<Response>{STAY}</Response>")
        twilio.eventually(lambda: call.fetch().status == "in-progress")
        call.update(time_limit=5)
        let_pass(twilio, 5)
        twilio.eventually(lambda: call.fetch().status == "completed")


class TestResource:
    def test_4_2_completed_cancels_a_call_that_is_still_queued(self, twilio, client):
        twilio.post("/sim/settings", calls_per_second=0.001)
        _, call = (client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>") for _ in range(2))
        assert call.fetch().status == "queued"
        call.update(status="completed")
        twilio.eventually(lambda: call.fetch().status == "canceled")
        assert call.fetch().start_time is None

    def test_4_5_every_scalar_is_a_string_or_null(self, twilio, base, client):
        call = client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>")
        twilio.eventually(lambda: call.fetch().status == "completed")
        shape = requests.get(f"{base}/Calls/{call.sid}.json", auth=(ACCOUNT, TOKEN), timeout=5).json()
        parts = shape.pop("subresource_uris")
        assert [name for name, value in shape.items() if not isinstance(value, str | None)] == []
        assert {"notifications", "recordings", "events", "streams", "transcriptions", "siprec"} <= set(parts)
        assert shape["duration"].isdigit() and shape["queue_time"].isdigit()

    def test_4_5_what_is_not_known_yet_is_null(self, twilio, client):
        twilio.post("/sim/settings", calls_per_second=0.001)
        client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>")
        call = client.calls.create(to=CALLEE, from_=NUMBER, twiml="<Response/>").fetch()
        assert [call.start_time, call.end_time, call.duration, call.price] == [None] * 4

    def test_4_5_a_number_is_shown_formatted_too(self, twilio, client):
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        call = client.calls(sid).fetch()
        assert (call.from_formatted, call.to_formatted) == ("(415) 555-0123", "(500) 555-0100")
        assert call.phone_number_sid.startswith("PN")

    def test_4_4_unless_told_otherwise_a_page_has_50(self, twilio, base):
        page = requests.get(f"{base}/Calls.json", auth=(ACCOUNT, TOKEN), timeout=5).json()
        assert (page["page"], page["page_size"], page["next_page_uri"]) == (0, 50, None)

    @pytest.mark.parametrize("size", ["0", "1001"])
    def test_4_4_a_page_has_from_1_to_1000(self, twilio, base, size):
        page = requests.get(f"{base}/Calls.json?PageSize={size}", auth=(ACCOUNT, TOKEN), timeout=5).json()
        assert page["page_size"] == {"0": 1, "1001": 1000}[size]
