"""`manage.py doctor`: what is right, what is not, and what to do about it."""

import io
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from django.utils import timezone

from calls.management import inside, outside
from calls.models import Audit, Call, Line, Report, Sweep
from calls.twilio import gateway
from tests.conftest import ACCOUNT, LINE
from tests.simulator.application import Reply

from .conftest import KEY, KEY_SECRET, OTHER, forget


@pytest.fixture(scope="session")
def desk(database):
    """The application, on a port of its own."""
    server = LiveServerThread("127.0.0.1", _StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture
def well(account, line, desk, settings, twilio):
    """An installation to which nothing is wanting: its number is connected, callbacks come, the reconciler compares."""
    settings.PUBLIC_URL = desk
    call_command("connect_twilio", LINE, stdout=io.StringIO())
    twilio.call_in()
    Sweep.objects.update_or_create(pk=1, defaults={"swept_at": timezone.now(), "tried_at": timezone.now()})
    return account


@pytest.fixture
def doctor(run):
    """`doctor("clock")`: the findings about the clock, as (mark, what it says and what to do); or about everything."""

    def ask(about=""):
        printed, ended = run("doctor", "--json")
        found = json.loads(printed)
        assert found["good"] is (ended == "") is all(one["good"] is not False for one in found["findings"])
        return [
            ({True: "✓", False: "✗", None: "–"}[one["good"]], " ".join(filter(None, [one["says"], one["do"]])))
            for one in found["findings"]
            if about in ("", one["about"])
        ]

    return ask


class TestWell:
    def test_every_line_is_a_sentence_with_a_tick_and_the_exit_code_is_0(self, well, run):
        printed, ended = run("doctor")
        assert ended == "" and "✗" not in printed
        for line in (
            "✓ settings Every setting makes sense.",
            "✓ layer The memory of one process takes hints.",
            "✓ migrations All are applied.",
            "✓ callbacks The last one came 0 s ago.",
            "✓ reconciler Last compared with Twilio: 0 s ago.",
            "✓ clock It is right, as far as a date in whole seconds tells.",
            "– name 127.0.0.1 is this machine only: a simulator on it can call us, Twilio cannot.",
            "as seen from here. Twilio's view may differ.",
            "✓ signature What our token signs is let in.",
            f"✓ lines {LINE} leads here.",
        ):
            assert line in printed, line

    def test_it_leaves_nothing_behind(self, well, run):
        before = [model.objects.count() for model in (Report, Call, Audit, Line)]
        changes = well.changes()
        run("doctor")
        assert [model.objects.count() for model in (Report, Call, Audit, Line)] == before
        assert well.changes() == changes

    def test_for_machines_the_same_as_json(self, well, run):
        found = json.loads(run("doctor", "--json")[0])
        assert found["good"] is True
        assert {"about": "migrations", "good": True, "says": "All are applied.", "do": ""} in found["findings"]

    def test_an_api_key_is_not_asked_for_the_account_which_it_may_not_read(self, well, doctor, settings):
        settings.TWILIO_API_KEY, settings.TWILIO_API_SECRET = KEY, KEY_SECRET
        ((mark, says),) = doctor("Twilio")
        assert mark == "✓" and "knows the API key" in says
        assert doctor("lines") == [("✓", f"{LINE} leads here.")]
        assert not [asked for asked in well.simulator.asked() if asked["path"].endswith(f"Accounts/{ACCOUNT}.json")]


class TestInside:
    def test_a_setting_that_makes_no_sense_is_named(self, well, doctor, settings):
        settings.ALLOWED_HOSTS = ["*"]
        assert doctor("settings") == [("✗", "ALLOWED_HOSTS allows every host. Name the hosts that the proxy forwards.")]

    @pytest.mark.lane_b
    def test_the_database_says_which_one_it_is(self, well, doctor):
        ((mark, says),) = doctor("database")
        assert mark == "✓" and says.split()[0] == {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
        assert [mark for mark, _ in (*doctor("migrations"), *doctor("layer"))] == ["✓", "✓"]

    def test_a_migration_that_is_not_applied(self, well, doctor):
        recorder = MigrationRecorder(connection)
        recorder.record_unapplied("sessions", "0001_initial")
        try:
            assert doctor("migrations") == [("✗", "Not applied yet: 1. Run `manage.py migrate`.")]
        finally:
            recorder.record_applied("sessions", "0001_initial")

    def test_a_layer_that_takes_nothing(self, well, doctor, monkeypatch):
        async def silent():
            return False

        monkeypatch.setattr(inside, "layer_answers", silent)
        assert doctor("layer")[0][0] == "✗"

    def test_callbacks_that_never_came_or_not_today(self, well, doctor):
        Report.objects.update(received_at=timezone.now() - timedelta(days=3))
        assert doctor("callbacks") == [("–", "The last one came 3 days ago. Call one of your lines.")]
        Report.objects.update(source="rest")
        assert doctor("callbacks")[0][1].startswith("None has ever come.")

    @pytest.mark.parametrize(
        ("row", "mark", "words"),
        [
            ({"swept_at": None, "tried_at": None}, "–", "It has never compared our calls with Twilio's."),
            ({"swept_at": timedelta(minutes=5)}, "✗", "Last compared with Twilio: 5 min ago. Start the server"),
            (
                {"swept_at": timedelta(minutes=5), "failing_since": timedelta(minutes=4), "why": "It is down."},
                "✗",
                "Twilio does not answer it: It is down. Last compared: 5 min ago.",
            ),
        ],
    )
    def test_the_reconciler(self, well, doctor, row, mark, words):
        now = timezone.now()
        values = {name: now - value if isinstance(value, timedelta) else value for name, value in row.items()}
        Sweep.objects.update(**{"tried_at": now, **values})
        ((found, says),) = doctor("reconciler")
        assert found == mark and words in says


class TestTwilio:
    def test_a_wrong_token_and_then_nothing_more_is_asked(self, well, doctor, settings):
        settings.TWILIO_AUTH_TOKENS = ["some-other-token"]
        assert doctor("Twilio")[0] == (
            "✗",
            f"{well.simulator.url.removeprefix('http://')} does not let us in (20003)."
            " Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console: they must be of one account.",
        )
        assert doctor("lines")[0][0] == "–" and doctor("clock") == []

    def test_another_accounts_sid(self, well, doctor, settings):
        settings.TWILIO_ACCOUNT_SID = "AC" + "9" * 32
        assert "does not let us in" in doctor("Twilio")[0][1]

    @pytest.mark.parametrize(
        ("what", "words"),
        [("reset_before", "The connection to Twilio broke."), ("503", "Twilio answered 503."), ("cut", "not be read")],
    )
    def test_it_does_not_answer(self, well, doctor, what, words):
        well.faults(what=what)
        ((mark, says),) = doctor("Twilio")
        assert mark == "✗" and words in says and "status.twilio.com" in says

    def test_the_numbers_alone_cannot_be_read(self, well, doctor):
        well.faults(what="500", path="IncomingPhoneNumbers")
        assert doctor("lines") == [("✗", "Twilio did not list the account's numbers: Twilio answered 500.")]

    @pytest.mark.parametrize(("seconds", "words"), [(10, r"It is 1\d s fast"), (-20, r"It is (1\d|2\d) s slow")])
    def test_a_clock_that_is_off(self, well, doctor, monkeypatch, seconds, words):
        real = gateway.twilios_time
        monkeypatch.setattr(outside.gateway, "twilios_time", lambda: real() - timedelta(seconds=seconds))
        ((mark, says),) = doctor("clock")
        assert mark == "✗" and re.search(words, says) and "NTP" in says  # a date may be a second old or two


class TestLines:
    @pytest.mark.parametrize(
        ("values", "mark", "words"),
        [
            ({"VoiceUrl": ""}, "✗", "leads to nothing."),
            ({"VoiceUrl": "https://u:pw@old.example/v"}, "✗", "leads to https://…@old.example/v (POST)."),
            ({"VoiceMethod": "GET"}, "✗", "/twilio/voice/#rc=3&rp=ct,rt,5xx (GET)."),
            (
                {"StatusCallback": "https://old.example/s"},
                "✗",
                "leads to https://old.example/s (POST) when a call ends.",
            ),
            ({"VoiceApplicationSid": "AP" + "1" * 32}, "✗", "leads to a TwiML application (AP1111"),
        ],
    )
    def test_a_number_that_leads_elsewhere(self, well, doctor, values, mark, words):
        well.change(LINE, **values)
        ((found, says),) = doctor("lines")
        assert found == mark and words in says and "pw" not in says

    def test_a_number_whose_callbacks_are_not_sent_again(self, well, doctor):
        well.change(LINE, VoiceUrl=well.voice_address().partition("#")[0])
        ((mark, says),) = doctor("lines")
        assert mark == "–" and "what fails once is not sent again" in says and f"connect_twilio {LINE}" in says

    def test_without_a_fallback_it_says_what_that_means_and_what_to_do_and_nothing_is_wrong(self, well, doctor, run):
        assert doctor("fallback") == [
            (
                "–",
                f"{LINE} has none: who waits, or phones in, while this server restarts may be hung up. Run `manage.py"
                f" connect_twilio {LINE} --fallback` and a document's address at Twilio (docs/queues.md).",
            )
        ]
        assert run("doctor")[1] == ""

    def test_with_a_fallback_all_is_well(self, well, doctor):
        call_command("connect_twilio", LINE, fallback="https://bins.example/EH1", stdout=io.StringIO())
        assert doctor("fallback") == [("✓", f"{LINE} has one: who waits stays while this server restarts.")]

    def test_a_fallback_that_is_this_server_itself_is_none(self, well, doctor):
        well.change(LINE, VoiceFallbackUrl=well.voice_address())
        ((mark, says),) = doctor("fallback")
        assert mark == "–" and "leads here, and is away when this server is" in says and "--fallback" in says

    def test_where_a_number_leads_elsewhere_the_fallback_is_not_asked_about(self, well, doctor):
        well.change(LINE, VoiceApplicationSid="AP" + "1" * 32)
        assert doctor("fallback") == []

    def test_each_line_has_its_own(self, well, doctor, billing):
        for address in (OTHER, "+15550100999", "sip:desk@pbx.example"):
            Line.objects.create(address=address, name=address, team=billing)
        assert [(mark, says.split(" ")[0]) for mark, says in doctor("lines")] == [
            ("✓", LINE),
            ("✗", OTHER),
            ("✗", "+15550100999"),
            ("–", "sip:desk@pbx.example"),
        ]

    def test_without_a_line_there_is_nothing_to_ask(self, well, doctor):
        Call.objects.update(line=None)
        Line.objects.all().delete()
        assert doctor("lines") == [("–", "There is none yet. Make your numbers lines in the administration.")]


class TestPublicUrl:
    def test_nobody_is_there(self, well, doctor, settings):
        settings.PUBLIC_URL = "http://127.0.0.1:9"
        assert doctor("address")[0] == (
            "✗",
            "Nobody answers at http://127.0.0.1:9/healthz/ (ConnectionError)."
            " Start the server, and let the proxy lead to it.",
        )
        assert doctor("signature")[0][0] == "–"

    @pytest.mark.parametrize("reply", [Reply("<h1>hello</h1>"), Reply(status=302, headers={"Location": "/elsewhere"})])
    def test_somebody_else_is_there(self, well, doctor, settings, site, reply):
        settings.PUBLIC_URL = site.url
        site.does("/healthz/", lambda asked: reply)
        ((mark, says),) = doctor("address")
        assert mark == "✗" and f"answers {reply.status}, and not as we do." in says
        assert site.at("/elsewhere") == []

    @pytest.mark.parametrize(
        ("reply", "mark", "words"),
        [
            (Reply(status=403), "✗", "turned away (403). Run the server with these very settings"),
            (Reply("AccountSid is not ours", status=400), "✗", "The server is set to another account."),
            (Reply("Bad Request", status=400), "✗", "/twilio/status/ answers 400, which is not ours to say."),
            (Reply(status=204), "✗", "/twilio/status/ answers 204"),
            (Reply("CallStatus is missing", status=400), "✓", "What our token signs is let in."),
        ],
    )
    def test_what_the_door_says_to_our_signature(self, well, doctor, settings, site, reply, mark, words):
        settings.PUBLIC_URL = site.url
        site.does("/twilio/status/", lambda asked: reply)
        ((found, says),) = doctor("signature")
        assert found == mark and words in says

    def test_a_server_with_another_token_turns_us_away(self, well, doctor, settings, monkeypatch):
        signs = outside.sign
        monkeypatch.setattr(outside, "sign", lambda url, said, token: signs(url, said, "the-servers-other-token"))
        assert doctor("signature")[0][0] == "✗"

    def test_a_certificate_that_is_none(self, well, doctor, settings, desk):
        settings.PUBLIC_URL = desk.replace("http://", "https://")
        ((mark, says),) = doctor("certificate")
        assert mark == "✗" and "It is not accepted" in says

    @pytest.mark.parametrize(
        ("days", "mark", "words"), [(90, "✓", "It ends in 90 days."), (5, "✗", "It ends in 5 days. Renew it.")]
    )
    def test_a_certificate_and_how_long_it_lasts(self, settings, own_certificate, days, mark, words):
        finding = outside.certificate("localhost", own_certificate(days))
        assert (finding.mark, words in f"{finding.says} {finding.do}") == (mark, True), finding

    def test_a_certificate_that_nobody_vouches_for(self, own_certificate):
        finding = outside.certificate("localhost", own_certificate(90, known=False))
        assert finding.mark == "✗" and finding.says == "It is not accepted: self-signed certificate."

    @pytest.mark.parametrize(
        ("addresses", "mark", "words"),
        [
            (["93.184.215.14"], "✓", "desk.example.com is 93.184.215.14."),
            (["10.0.0.5"], "–", "desk.example.com is 10.0.0.5 here: no public address."),
            ([], "✗", "desk.example.com is no name that can be resolved here."),
        ],
    )
    def test_the_name(self, settings, monkeypatch, addresses, mark, words):
        def resolve(host, port, **how):
            if not addresses:
                raise OSError
            return [(2, 1, 6, "", (address, port)) for address in addresses]

        settings.PUBLIC_URL, settings.LOOPBACK = "http://desk.example.com", False
        monkeypatch.setattr(outside.socket, "getaddrinfo", resolve)
        monkeypatch.setattr(outside, "alive", lambda: None)
        finding = next(outside.reachable())
        assert finding.mark == mark and words in finding.says


@pytest.fixture
def own_certificate(tmp_path, monkeypatch):
    """`own_certificate(days)`: the port of a TLS server whose certificate ends then, and is trusted if `known`."""
    if not shutil.which("openssl"):
        pytest.skip("makes its certificate with openssl")
    stops = []

    def serve(days, *, known=True):
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-keyout", key, "-out", certificate, "-days", str(days), "-subj", "/CN=localhost"]
            + ["-addext", "subjectAltName=DNS:localhost"],
            check=True,
            capture_output=True,
        )
        if known:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listening = socket.create_server(("127.0.0.1", 0))
        stops.append(listening.close)

        def accept():
            try:
                with context.wrap_socket(listening.accept()[0], server_side=True) as one:
                    one.recv(1)
            except OSError:
                pass

        threading.Thread(target=accept, daemon=True).start()
        return listening.getsockname()[1]

    yield serve
    for stop in stops:
        stop()


def test_it_never_says_a_secret_even_if_a_library_does(well, run, monkeypatch, settings):
    def unfortunate():
        raise gateway.Unreachable(f"https://user:{settings.TWILIO_AUTH_TOKENS[0]}@api.twilio.com broke", sent=True)

    monkeypatch.setattr(outside.gateway, "account", unfortunate)
    for arguments in (["doctor"], ["doctor", "--json"]):
        printed, ended = run(*arguments)
        assert "https://user:…@api.twilio.com broke" in printed and ended == "exit 1"
    forget()
