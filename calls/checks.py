"""System checks: a setting that looks wrong is named, with what to do about it."""

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
    if not settings.TWILIO_ACCOUNT_SID.startswith("AC") or len(settings.TWILIO_ACCOUNT_SID) != 34:
        wrong(6, "TWILIO_ACCOUNT_SID is not an account.", "It starts with AC and has 34 characters.")
    if any(len(key) < 1 or len(secret) < 8 for key, secret in settings.TWILIO_WEBHOOK_KEYS.items()):
        wrong(7, "TWILIO_WEBHOOK_KEYS has a key without a secret.", "Write key-id=secret, separated by commas.")
    if bool(settings.TWILIO_API_KEY) != bool(settings.TWILIO_API_SECRET):
        wrong(8, "Only one of TWILIO_API_KEY and TWILIO_API_SECRET is set.", "Set both, or none.")
    return found
