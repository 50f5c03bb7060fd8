"""§1 and §2 of the facts: what a request to the application holds, and what its answer may be.

Source: https://www.twilio.com/docs/voice/twiml, https://www.twilio.com/docs/usage/security
"""

import json
from urllib.parse import parse_qsl, unquote

import pytest

from ..application import Reply
from ..conftest import CALLER, NUMBER, STAY, dial

PLACES = ("City", "State", "Zip", "Country")


@pytest.fixture
def number(client):
    return client.incoming_phone_numbers.list(phone_number=NUMBER)[0]


def heard(twilio, sid):
    return [one["text"] for one in twilio.call(sid)["heard"]]


class TestParameters:
    def test_2_1_it_is_ringing_in_the_first_request_and_in_progress_in_every_later_one(self, twilio, application):
        application.says("/voice/", "<Say>Hello.</Say><Redirect>/next/</Redirect>")
        application.says("/next/", "<Redirect>/last/</Redirect>")
        application.says("/last/", STAY)
        twilio.ring(from_=CALLER, to=NUMBER)
        twilio.eventually(lambda: application.at("/last/"))
        assert [asked["CallStatus"] for asked in application.asked] == ["ringing", "in-progress", "in-progress"]

    def test_2_1_caller_and_called_are_from_and_to(self, twilio, application):
        twilio.ring(from_=CALLER, to=NUMBER)
        (asked,) = twilio.eventually(lambda: application.at("/voice/"))
        assert asked["Caller"] == asked["From"] == CALLER and asked["Called"] == asked["To"] == NUMBER

    def test_2_1_telephones_have_places_which_may_be_empty_and_clients_have_none(self, twilio, application, talking):
        talking()
        (asked,) = application.at("/voice/")
        assert all(f"{who}{place}" in asked.params for who in ("From", "Caller", "To", "Called") for place in PLACES)
        (report, *_) = twilio.eventually(lambda: application.at("/status/"))
        assert not [name for name in report.params if name.startswith(("To", "Called")) and name.endswith(PLACES)]

    def test_2_1_a_parent_is_named_only_on_requests_for_a_child(self, twilio, application, client):
        application.says("/voice/", dial(application, "<Client {} url='/whisper/'>dana</Client>"))
        application.says("/whisper/", "<Pause/>")
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (whisper,) = twilio.eventually(lambda: application.at("/whisper/"))
        assert whisper["ParentCallSid"] == caller and whisper["Direction"] == "outbound-dial"
        assert "ParentCallSid" not in application.at("/voice/")[0].params

    def test_2_1_an_inbound_call_has_a_token_and_an_attestation(self, twilio, application):
        twilio.ring(from_=CALLER, to=NUMBER)
        (asked,) = twilio.eventually(lambda: application.at("/voice/"))
        token = json.loads(unquote(asked["CallToken"]))
        assert set(token) == {"parentCallInfoToken", "identityHeaderTokens"}
        assert asked["StirVerstat"] == "TN-Validation-Passed-A"

    def test_2_1_who_forwarded_the_call_is_told_if_the_carrier_says_so(self, twilio, application, client):
        sid = twilio.ring(from_=CALLER, to=NUMBER, forwarded_from="+14155550199")["sid"]
        (asked,) = twilio.eventually(lambda: application.at("/voice/"))
        assert asked["ForwardedFrom"] == "+14155550199" == client.calls(sid).fetch().forwarded_from

    def test_2_1_the_callers_name_is_told_only_if_the_number_looks_it_up(self, twilio, application, number):
        twilio.ring(from_=CALLER, to=NUMBER, caller_name="DANA SCULLY")
        twilio.eventually(lambda: application.at("/voice/"))
        number.update(voice_caller_id_lookup=True)
        twilio.ring(from_=CALLER, to=NUMBER, caller_name="DANA SCULLY")
        twilio.eventually(lambda: len(application.at("/voice/")) == 2)
        assert [asked.params.get("CallerName") for asked in application.at("/voice/")] == [None, "DANA SCULLY"]

    def test_2_1_by_get_the_parameters_are_the_query_behind_the_urls_own(self, twilio, application, number):
        number.update(voice_url=f"{application.url}/voice/?line=7", voice_method="GET")
        twilio.ring(from_=CALLER, to=NUMBER)
        (asked,) = twilio.eventually(lambda: application.at("/voice/"))
        query = parse_qsl(asked.query, keep_blank_values=True)
        assert asked.method == "GET" and query[0] == ("line", "7") and ("From", CALLER) in query
        assert "%2B" in asked.query  # signed as it stands on the wire; the fixture has validated it

    def test_1_1_the_urls_own_query_is_signed_too(self, twilio, application, number):
        number.update(voice_url=f"{application.url}/voice/?line=7&empty=")
        twilio.ring(from_=CALLER, to=NUMBER)
        (asked,) = twilio.eventually(lambda: application.at("/voice/"))
        assert (asked.method, asked.query) == ("POST", "line=7&empty=")

    def test_1_4_the_headers_are_twilios(self, twilio, application):
        twilio.ring(from_=CALLER, to=NUMBER)
        (asked,) = twilio.eventually(lambda: application.at("/voice/"))
        expected = {
            "user-agent": "TwilioProxy/1.1",
            "accept": "*/*",
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-home-region": "us1",
            "accept-encoding": "gzip",
        }
        assert expected.items() <= asked.headers.items()

    def test_1_4_every_webhook_has_a_token_of_its_own(self, twilio, application, talking):
        talking()
        twilio.eventually(lambda: len(application.statuses()) == 3)
        tokens = [asked.headers["i-twilio-idempotency-token"] for asked in application.asked]
        assert len(set(tokens)) == len(tokens)

    def test_1_2_no_more_than_ten_redirects_are_followed(self, twilio, application):
        application.does("/voice/", lambda asked: Reply(status=302, headers={"Location": "/voice/"}))
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert len(application.at("/voice/")) == 11
        assert [note["code"] for note in twilio.truth()["notes"]] == [11215]


class TestResponse:
    @pytest.mark.parametrize("kind", ["text/xml", "application/xml", "text/html", "text/xml; charset=utf-8"])
    def test_2_2_three_types_are_twiml(self, twilio, application, kind):
        answer = Reply("<Response><Say>Hello.</Say></Response>", headers={"Content-Type": kind})
        application.does("/voice/", lambda asked: answer)
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: heard(twilio, sid) == ["Hello."])

    def test_2_2_plain_text_that_is_twiml_is_performed(self, twilio, application):
        answer = Reply("<Response><Say>Hello.</Say></Response>", headers={"Content-Type": "text/plain"})
        application.does("/voice/", lambda asked: answer)
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: heard(twilio, sid) == ["Hello."])

    @pytest.mark.parametrize("verb", ["<Shout>Hello.</Shout>", "<say>Hello.</say>", "<Dial><Fax>1</Fax></Dial>"])
    def test_2_2_what_is_not_known_is_a_warning_and_skipped_and_names_are_case_sensitive(
        self, twilio, application, verb
    ):
        application.says("/voice/", verb, "<Say>And on.</Say>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert heard(twilio, sid) == ["And on."]
        assert [note["code"] for note in twilio.truth()["notes"]] == [12200]

    def test_2_2_comments_and_blanks_do_not_matter(self, twilio, application):
        application.says("/voice/", "<!-- hello --><Say>\n   Hello,\n   you.   </Say>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: heard(twilio, sid) == ["Hello, you."])

    def test_2_2_an_answer_that_does_not_come_in_time_is_a_failure(self, twilio, application, number):
        number.update(voice_url=f"{application.url}/voice/#rt=100&rc=0", voice_fallback_url=f"{application.url}/else/")
        application.does("/voice/", lambda asked: Reply("<Response/>", after=0.4))
        application.says("/else/", STAY)
        twilio.ring(from_=CALLER, to=NUMBER)
        (asked,) = twilio.eventually(lambda: application.at("/else/"))
        assert asked["ErrorCode"] == "11205" and asked["ErrorUrl"].startswith(f"{application.url}/voice/")

    def test_2_2_cookies_are_kept_for_a_call(self, twilio, application):
        answer = Reply("<Response><Redirect>/next/</Redirect></Response>", headers={"Set-Cookie": "step=1; Path=/"})
        application.does("/voice/", lambda asked: answer)
        application.says("/next/", STAY)
        twilio.ring(from_=CALLER, to=NUMBER)
        (asked,) = twilio.eventually(lambda: application.at("/next/"))
        assert asked.headers["cookie"] == "step=1"
        twilio.ring(from_="+14155550124", to=NUMBER)
        twilio.eventually(lambda: len(application.at("/voice/")) == 2)
        assert "cookie" not in application.at("/voice/")[1].headers

    def test_2_2_the_end_of_a_document_hangs_up(self, twilio, application):
        application.says("/voice/", "<Say>Bye.</Say>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert (twilio.call(sid)["status"], twilio.call(sid)["ended_by"]) == ("completed", "twiml")

    def test_2_3_the_fallback_is_asked_by_post_unless_it_says_otherwise(self, twilio, application, client):
        application.says("/else/", STAY)
        for method in ("POST", "GET"):
            client.calls.create(
                to="+14155550188",
                from_=NUMBER,
                url=f"{application.url}/broken/",
                fallback_url=f"{application.url}/else/",
                **({"fallback_method": method} if method == "GET" else {}),
            )
            twilio.eventually(lambda: [asked for asked in application.at("/else/") if asked.method == method])  # noqa: B023
        assert {asked["CallStatus"] for asked in application.at("/else/")} == {"in-progress"}

    @pytest.mark.parametrize("answer", [Reply(status=204), Reply("<Response/>"), Reply("thanks")])
    def test_2_5_any_success_is_a_right_answer_to_a_status_callback(self, twilio, application, answer):
        application.says("/voice/", "<Hangup/>")
        application.does("/number/", lambda asked: answer)
        twilio.ring(from_=CALLER, to=NUMBER)
        twilio.eventually(lambda: application.at("/number/"))
        twilio.eventually(lambda: twilio.webhooks("number-status")[0]["outcome"] == "delivered")
        assert twilio.truth()["notes"] == []

    def test_2_5_a_status_callback_that_fails_is_a_warning_and_nothing_else_happens(self, twilio, application, talking):
        application.does("/status/", lambda asked: Reply(status=500))
        caller, _ = talking()
        twilio.eventually(lambda: [note["code"] for note in twilio.truth()["notes"]] == [15003] * 3)
        assert twilio.call(caller)["connected"]
