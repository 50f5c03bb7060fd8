"""Settings that look wrong are named, with what to do about it."""

import pytest

from calls.checks import settings_make_sense

RIGHT = {
    "PUBLIC_URL": "https://desk.example.com",
    "LOOPBACK": False,
    "ALLOWED_HOSTS": ["desk.example.com"],
    "TWILIO_API_URL": "https://api.twilio.com",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SQLITE": False,
}
WRONG = [
    ("calls.E001", {"PUBLIC_URL": "desk.example.com"}),
    ("calls.E001", {"PUBLIC_URL": "https://desk.example.com/livedesk"}),
    ("calls.E001", {"PUBLIC_URL": "ftp://desk.example.com"}),
    ("calls.E002", {"PUBLIC_URL": "http://desk.example.com"}),
    ("calls.E003", {"ALLOWED_HOSTS": ["*"]}),
    ("calls.E004", {"DEBUG": True}),
    ("calls.E006", {"TWILIO_ACCOUNT_SID": "SK" + "0" * 32}),
    ("calls.E006", {"TWILIO_ACCOUNT_SID": "AC123"}),
    ("calls.E007", {"TWILIO_WEBHOOK_KEYS": {"key": ""}}),
    ("calls.E008", {"TWILIO_API_KEY": "SK" + "0" * 32, "TWILIO_API_SECRET": ""}),
    ("calls.E009", {"TWILIO_AUTH_TOKENS": []}),
    ("calls.E010", {"TWILIO_API_URL": "http://api.twilio.com"}),
    ("calls.E011", {"TWILIO_EDGE": "dublin", "TWILIO_API_URL": "http://127.0.0.1:9110"}),
    ("calls.E012", {"WEB_CONCURRENCY": "2", "REDIS_URL": ""}),
    ("calls.E013", {"WEB_CONCURRENCY": "2", "SQLITE": True}),
]


@pytest.mark.parametrize(("number", "changed"), WRONG, ids=[f"{number} {list(how)[0]}" for number, how in WRONG])
def test_what_is_wrong_is_named_with_a_hint(settings, monkeypatch, number, changed):
    for name, value in {**RIGHT, **changed}.items():
        if name == "WEB_CONCURRENCY":
            monkeypatch.setenv(name, value)
        else:
            setattr(settings, name, value)
    found = settings_make_sense(None)
    assert [error.id for error in found] == [number]
    assert found[0].hint


@pytest.mark.parametrize("workers", ["", "1", "8", "many"])
def test_what_is_right_is_not_complained_about(settings, monkeypatch, workers):
    monkeypatch.setenv("WEB_CONCURRENCY", workers)
    for name, value in RIGHT.items():
        setattr(settings, name, value)
    assert settings_make_sense(None) == []


def test_the_demo_on_loopback_is_right(settings):
    assert settings_make_sense(None) == []


def test_a_connection_that_is_kept_is_named(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "CONN_MAX_AGE", 60)
    assert [error.id for error in settings_make_sense(None)] == ["calls.E005"]
