"""`manage.py connect_twilio`: a number leads here, and back."""

import io

import pytest
from django.core.management import call_command

from calls.models import Audit
from tests.conftest import LINE

from .conftest import OTHER

HERE = "http://127.0.0.1:8000"
VOICE, STATUS = f"{HERE}/twilio/voice/#rc=3&rp=ct,rt,5xx", f"{HERE}/twilio/status/#rc=3&rp=ct,rt,5xx"


def kinds():
    return list(Audit.objects.values_list("what", flat=True))


class TestConnect:
    def test_both_addresses_lead_here_by_post_and_it_says_where_they_led(self, account, line, run):
        account.change(VoiceMethod="GET")
        printed, failed = run("connect_twilio", LINE)
        assert failed == ""
        assert f"{LINE} Billing hotline voice address was https://old.example/voice (GET) now {VOICE} (POST)" in printed
        assert f"status callback was https://old.example/status (POST) now {STATUS} (POST) ✓ done" in printed
        number = account.number()
        assert (number["voice_url"], number["voice_method"]) == (VOICE, "POST")
        assert (number["status_callback"], number["status_callback_method"]) == (STATUS, "POST")

    def test_the_next_caller_is_ours(self, account, line, run, site, settings):
        settings.PUBLIC_URL = site.url
        site.says("/twilio/voice/", "<Hangup/>")
        run("connect_twilio", LINE)
        account.simulator.ring(from_="+14155550123", to=LINE)
        account.simulator.eventually(lambda: site.at("/twilio/status/"))
        assert [(asked.method, asked.path) for asked in site.asked] == [
            ("POST", "/twilio/voice/"),
            ("POST", "/twilio/status/"),
        ]

    def test_with_a_fallback_who_waits_is_not_lost_while_we_are_away(self, account, line, run):
        printed, failed = run("connect_twilio", LINE, "--fallback", "https://bins.example/stay")
        assert "fallback was nothing now https://bins.example/stay (POST) ✓ done" in printed and failed == ""
        assert account.number()["voice_fallback_url"] == "https://bins.example/stay"
        run("connect_twilio", LINE)
        assert account.number()["voice_fallback_url"] == "https://bins.example/stay", "nothing was said of it"

    def test_the_fallback_is_at_another_place(self, account, line, run):
        _, failed = run("connect_twilio", LINE, "--fallback", f"{HERE}/twilio/voice/")
        assert failed == f"Not done: {LINE}." and account.changes() == 0

    def test_what_was_before_is_in_the_audit_which_stays_unbroken(self, account, line, run):
        run("connect_twilio", LINE)
        assert kinds() == ["number.connecting", "number.connected"]
        facts = Audit.objects.last().facts
        assert (facts["number"], facts["sid"]) == (LINE, account.number()["sid"])
        assert facts["before"]["VoiceUrl"] == "https://old.example/voice"
        assert facts["after"]["VoiceUrl"] == VOICE
        call_command("verify_audit", stdout=io.StringIO())

    def test_twice_is_once(self, account, line, run):
        run("connect_twilio", LINE)
        printed, failed = run("connect_twilio", LINE)
        assert "✓ nothing to change" in printed and failed == ""
        assert account.changes() == 1 and len(kinds()) == 2

    def test_a_dry_run_shows_it_and_does_nothing(self, account, line, run):
        printed, failed = run("connect_twilio", LINE, "--dry-run")
        assert f"now {VOICE}" in printed and "only shown, nothing is changed" in printed and failed == ""
        assert account.changes() == 0 and kinds() == []

    def test_several_at_once_and_one_that_is_not_ours_keeps_no_other_from_it(self, account, line, run):
        printed, failed = run("connect_twilio", LINE, "+15550100999", OTHER)
        assert "+15550100999 ✗ The account AC00000000000000000000000000000001 has no such number." in printed
        assert failed == "Not done: +15550100999."
        assert account.voice_address(LINE) == account.voice_address(OTHER) == VOICE

    @pytest.mark.parametrize(
        "number", ["15550100100", "+1 555 010 0100", "client:ana", "+٤٤٢٠٧٩٤٦٠٠٠٠", "+1555010010?x=1"]
    )
    def test_what_is_no_number_is_not_asked_for(self, account, run, number):
        printed, failed = run("connect_twilio", number)
        assert "not a number in E.164" in printed and failed
        assert account.simulator.asked() == []

    def test_twilio_cannot_call_an_address_of_this_machine(self, account, run, settings):
        settings.TWILIO_API_URL = "https://api.twilio.com"
        printed, failed = run("connect_twilio", LINE)
        assert "PUBLIC_URL is http://127.0.0.1:8000, where Twilio cannot call" in printed and failed


class TestWarnings:
    @pytest.mark.parametrize(
        ("owner", "words"),
        [
            ({"VoiceApplicationSid": "AP" + "1" * 32}, "a TwiML application (AP1111"),
            ({"TrunkSid": "TK" + "1" * 32}, "a SIP trunk (TK1111"),
        ],
    )
    def test_an_application_or_a_trunk_makes_twilio_ignore_the_addresses(self, account, line, run, owner, words):
        account.change(**owner)
        printed, failed = run("connect_twilio", LINE)
        assert f"! {words}" in printed and "Twilio ignores these addresses" in printed and failed == ""

    def test_without_a_line_nobody_has_its_calls(self, account, run):
        printed, _ = run("connect_twilio", LINE)
        assert (
            f"! It is no line yet, so no team has its calls and nobody is rung: make it one at {HERE}/admin/" in printed
        )

    def test_with_one_there_is_nothing_to_warn_of(self, account, line, run):
        assert "!" not in run("connect_twilio", LINE)[0]


class TestUndo:
    @pytest.mark.lane_b
    def test_it_leads_back_to_where_it_led(self, account, line, run):
        account.change(VoiceMethod="GET")
        before = account.number()
        run("connect_twilio", LINE)
        printed, failed = run("connect_twilio", LINE, "--undo")
        assert f"was {VOICE} (POST) now https://old.example/voice (GET)" in printed and failed == ""
        assert {**account.number(), "date_updated": ""} == {**before, "date_updated": ""}
        assert kinds()[2:] == ["number.restoring", "number.restored"]

    def test_the_fallback_goes_as_it_came(self, account, line, run):
        account.change(VoiceFallbackUrl="https://old.example/fallback")
        run("connect_twilio", LINE, "--fallback", "https://bins.example/stay")
        _, failed = run("connect_twilio", LINE, "--undo")
        assert failed == ""
        assert account.number()["voice_fallback_url"] == "https://old.example/fallback"

    def test_to_nothing_if_it_led_nowhere(self, account, line, run):
        account.change(VoiceUrl="", StatusCallback="")
        run("connect_twilio", LINE)
        printed, _ = run("connect_twilio", LINE, "--undo")
        assert "now nothing" in printed and account.voice_address() == ""

    def test_there_and_back_and_there_and_back_again(self, account, line, run):
        for _ in range(2):
            run("connect_twilio", LINE)
            run("connect_twilio", LINE, "--undo")
        assert account.voice_address() == "https://old.example/voice"

    def test_a_dry_run_shows_where_to(self, account, line, run):
        run("connect_twilio", LINE)
        assert "now https://old.example/voice" in run("connect_twilio", LINE, "--undo", "--dry-run")[0]
        assert account.voice_address() == VOICE

    @pytest.mark.parametrize("steps", [[], ["", "--undo"]])
    def test_there_is_nothing_to_take_back_that_we_did_not_do_or_have_taken_back(self, account, line, run, steps):
        for step in steps:
            run("connect_twilio", LINE, *filter(None, [step]))
        printed, failed = run("connect_twilio", LINE, "--undo")
        assert "The audit knows of no change to take back." in printed and failed

    def test_what_somebody_else_has_changed_since_is_left_alone(self, account, line, run):
        run("connect_twilio", LINE)
        account.change(VoiceUrl="https://third.example/voice")
        printed, failed = run("connect_twilio", LINE, "--undo")
        assert "Somebody else has changed it since" in printed and "https://third.example/voice" in printed and failed
        assert account.voice_address() == "https://third.example/voice"

    def test_it_is_of_that_number_alone(self, account, line, run):
        run("connect_twilio", LINE, OTHER)
        run("connect_twilio", LINE, "--undo")
        assert account.voice_address(OTHER) == VOICE

    def test_a_password_in_the_old_address_is_not_shown_and_not_lost(self, account, line, run):
        account.change(VoiceUrl="https://user:old-password@old.example/voice")
        assert "old-password" not in run("connect_twilio", LINE)[0]
        printed, _ = run("connect_twilio", LINE, "--undo")
        assert "now https://…@old.example/voice" in printed
        assert account.voice_address() == "https://user:old-password@old.example/voice"


class TestTwilioDoesNot:
    @pytest.mark.parametrize(
        ("what", "words"),
        [
            ("400", "Twilio refused: "),
            ("401", "does not accept our credentials (20003): `manage.py doctor` says more."),
            ("429", "Twilio refused: Too Many Requests (20429)"),
        ],
    )
    def test_a_refusal_is_told_and_written_down(self, account, line, run, what, words):
        account.faults(what=what, method="POST")
        printed, failed = run("connect_twilio", LINE)
        assert f"✗ Twilio {words.removeprefix('Twilio ')}" in printed and failed == f"Not done: {LINE}."
        assert kinds() == ["number.connecting", "number.refused"]

    @pytest.mark.parametrize("what", ["reset_before", "reset_after", "500", "502"])
    def test_without_an_answer_it_says_that_it_does_not_know_and_either_way_there_is_a_way_back(
        self, account, line, run, what
    ):
        account.faults(what=what, method="POST")
        printed, failed = run("connect_twilio", LINE)
        assert "Run this again: it may have been done." in printed and failed
        account.faults()
        assert run("connect_twilio", LINE, "--undo")[1] == ""
        assert account.voice_address() == "https://old.example/voice"

    def test_a_yes_without_the_deed_is_seen(self, account, line, run):
        account.faults(what="not_applied", method="POST")
        printed, failed = run("connect_twilio", LINE)
        assert "Twilio said yes, but the number is not as asked for." in printed and failed
        assert kinds() == ["number.connecting"]

    def test_a_number_that_cannot_be_read_is_not_changed(self, account, line, run):
        account.faults(what="503", method="GET")
        printed, failed = run("connect_twilio", LINE)
        assert "✗ Twilio answered 503." in printed and "Run this again" not in printed and failed
        assert account.changes() == 0 and kinds() == []
