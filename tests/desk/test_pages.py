"""What every answer to a browser carries, whatever it says."""

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.services import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "/",
    "/sign-in/",
    "/nowhere/",
    "/healthz/",
    "/readyz/",
    "/desk/board/",
    "/admin/",
    "/admin/calls/call/",
    "/sign-out/",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["anonymous", "olga"])
def test_every_answer_says_what_may_be_done_with_it(client, olga, who, path):
    if who == "olga":
        client.force_login(olga)
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"] and "nonce" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "no-store" in headers["Cache-Control"]


def test_so_do_refusals_before_any_view_is_found(client, rows):
    for response in (client.get("/", headers={"Host": "evil.example"}), client.post("/twilio/status/")):
        assert response.status_code in (400, 403)
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "no-store" in response.headers["Cache-Control"]


def test_so_does_a_page_of_ours_that_broke(client, olga, monkeypatch):
    def broken(user):
        raise RuntimeError("+14155550177")

    client.force_login(olga)
    client.raise_request_exception = False
    monkeypatch.setattr("calls.desk.views.rights_of", broken)
    response = client.get("/")
    assert response.status_code == 500
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert b"4155550177" not in response.content and b"RuntimeError" not in response.content


class Inline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        held = dict(attributes)
        self.found += [(tag, name) for name in held if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in held and held.get("type") != "application/json"):
            self.found.append((tag, "inline"))


@pytest.mark.parametrize(
    "path", ["/", "/sign-in/", "/nowhere/", "/admin/", "/admin/calls/call/", "/admin/auth/user/add/"]
)
def test_nothing_on_a_page_needs_an_exception_from_the_policy(client, olga, path):
    if path != "/sign-in/":
        client.force_login(olga)
    page = Inline()
    page.feed(client.get(path).content.decode())
    assert page.found == []


# In production ------------------------------------------------------------------------------------------------------

LOOK = """
import django, json
django.setup()
from django.conf import settings
from django.test import Client
response = Client().get("/sign-in/", secure=True, headers={"Host": "desk.example.com"})
print(json.dumps({
    "status": response.status_code,
    "hsts": response.headers.get("Strict-Transport-Security", ""),
    "cookies": {name: [bool(morsel["secure"]), morsel["samesite"], morsel["path"], morsel["domain"]]
                for name, morsel in response.cookies.items()},
    "session": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
                settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_AGE],
}))
"""


def run(*command: str, **changed: str | None) -> subprocess.CompletedProcess[str]:
    """A process of its own, with settings as in production but for what is changed; None: not set at all."""
    production = {"PUBLIC_URL": "https://desk.example.com", "DESK_ORIGINS": "https://desk.example.com"}
    production |= {"ALLOWED_HOSTS": "desk.example.com", "TWILIO_API_URL": "https://api.twilio.com"}
    asked = {**SETTINGS, **production, **changed}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | {name: value for name, value in asked.items() if value is not None}
    environment["DJANGO_SETTINGS_MODULE"] = "callcenter.settings"
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)


def test_cookies_belong_to_this_host_and_to_https():
    told = json.loads(run("-c", LOOK).stdout)
    assert told["status"] == 200
    assert told["cookies"] == {"__Host-csrftoken": [True, "Lax", "/", ""]}
    assert told["session"] == ["__Host-sessionid", True, True, "Lax", 12 * 60 * 60]
    assert told["hsts"] == "max-age=31536000; includeSubDomains; preload"


def test_on_loopback_what_needs_https_is_waived(client, rows):
    response = client.get("/sign-in/")
    assert response.cookies["csrftoken"]["secure"] == ""
    assert "Strict-Transport-Security" not in response.headers


def test_production_has_nothing_left_to_put_right():
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
@pytest.mark.parametrize("command", ["check", "migrate"])
def test_without_a_secret_it_stops_with_one_sentence(name, command):
    done = run("manage.py", command, **{name: None})
    assert done.returncode == 1
    sentence = f"{name} is not set: put it into the environment or into .env (see .env.example).\n"
    assert (done.stdout, done.stderr) == ("", sentence)


def test_so_does_the_server():
    done = run("-c", "import callcenter.asgi", SECRET_KEY=None)
    assert done.returncode == 1
    assert "SECRET_KEY is not set" in done.stderr.splitlines()[-1]
