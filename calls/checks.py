"""System checks: a setting that looks wrong is named, with what to do about it."""

import os
import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, register


@register()
def settings_make_sense(app_configs, **kwargs):  # type: ignore[no-untyped-def]
    found = []

    def wrong(number: int, message: str, hint: str) -> None:
        found.append(Error(message, hint=hint, id=f"calls.E{number:03d}"))

    public = urlsplit(settings.PUBLIC_URL)
    if public.scheme not in {"http", "https"} or not public.hostname or public.path or public.query:
        wrong(1, "PUBLIC_URL is not an origin.", "Write https://desk.example.com, without a path.")
    elif public.scheme == "http" and not settings.LOOPBACK:
        wrong(2, "PUBLIC_URL is plain http.", "Calls are controlled here: use https (loopback is exempt).")
    if "*" in settings.ALLOWED_HOSTS:
        wrong(3, "ALLOWED_HOSTS allows every host.", "Name the hosts that the proxy forwards.")
    if settings.DEBUG and not settings.LOOPBACK:
        wrong(4, "DEBUG is on.", "Error pages would show calls and secrets: switch it off.")
    if settings.DATABASES["default"].get("CONN_MAX_AGE"):
        wrong(5, "CONN_MAX_AGE is not 0.", "Under ASGI each request would leak a connection.")
    if not re.fullmatch("AC[0-9a-f]{32}", settings.TWILIO_ACCOUNT_SID):
        wrong(6, "TWILIO_ACCOUNT_SID is not an account.", "It is AC and 32 of 0-9 and a-f, as the console shows it.")
    if any(len(key) < 1 or len(secret) < 8 for key, secret in settings.TWILIO_WEBHOOK_KEYS.items()):
        wrong(7, "TWILIO_WEBHOOK_KEYS has a key without a secret.", "Write key-id=secret, separated by commas.")
    if bool(settings.TWILIO_API_KEY) != bool(settings.TWILIO_API_SECRET):
        wrong(8, "Only one of TWILIO_API_KEY and TWILIO_API_SECRET is set.", "Set both, or none.")
    if not settings.TWILIO_AUTH_TOKENS:
        wrong(9, "TWILIO_AUTH_TOKEN holds no token.", "Write the account's token, or two: current,next.")
    api = urlsplit(settings.TWILIO_API_URL)
    if api.scheme != "https" and api.hostname not in {"localhost", "127.0.0.1", "::1"}:
        wrong(10, "TWILIO_API_URL is not https.", "The account's secret is sent there (loopback is exempt).")
    elif api.path or api.query:
        wrong(10, "TWILIO_API_URL has a path.", "Write scheme and host alone: https://api.twilio.com.")
    if (settings.TWILIO_EDGE or settings.TWILIO_REGION) and not (api.hostname or "").endswith(".twilio.com"):
        wrong(11, "TWILIO_EDGE and TWILIO_REGION are names of Twilio's.", "Unset them, or TWILIO_API_URL.")
    if processes() > 1 and not settings.REDIS_URL:
        wrong(
            12,
            "More than one process without Redis.",
            "Set REDIS_URL, or WEB_CONCURRENCY=1.",
        )
    if processes() > 1 and settings.SQLITE:
        wrong(13, "More than one process on SQLite.", "Set DATABASE_URL to a PostgreSQL, or WEB_CONCURRENCY=1.")
    if settings.TWILIO_CALLS_PER_SECOND <= 0:
        wrong(14, "TWILIO_CALLS_PER_SECOND is not above 0.", "Write 1, or what your account was raised to.")
    return found


def processes() -> int:
    """As uvicorn and gunicorn read it."""
    number = os.environ.get("WEB_CONCURRENCY", "")
    return int(number) if number.isdecimal() else 1
