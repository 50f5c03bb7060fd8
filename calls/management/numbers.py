"""A number of ours at Twilio: where it should lead, and where it leads."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from calls.admin.looking import without_password
from calls.twilio import twiml

# As a request names it, and as an answer does (twilio.com/docs/phone-numbers/api/incomingphonenumber-resource).
FIELDS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
}
# With one of these Twilio does not look at the addresses of the number.
OVERRULED_BY = {"voice_application_sid": "a TwiML application", "trunk_sid": "a SIP trunk"}


def leads_here(fallback: str = "") -> dict[str, str]:
    """What is asked of Twilio for it. By POST: an address gets into logs, and a GET has everything in its address.
    `fallback`: whom Twilio asks when we do not answer; without one nothing is said of it."""
    kept = {"VoiceFallbackUrl": fallback, "VoiceFallbackMethod": "POST"} if fallback else {}
    return {
        "VoiceUrl": twiml.absolute(settings.PUBLIC_URL, reverse("twilio-voice")),
        "VoiceMethod": "POST",
        "StatusCallback": twiml.absolute(settings.PUBLIC_URL, reverse("twilio-status")),
        "StatusCallbackMethod": "POST",
        **kept,
    }


def leads_to(resource: Mapping[str, Any], names: Iterable[str] = ()) -> dict[str, str]:
    """Where an IncomingPhoneNumber leads, in the same words: in all of them, or those that are asked about."""
    return {name: str(resource.get(FIELDS[name]) or "") for name in (names or FIELDS)}


def overruled(resource: Mapping[str, Any]) -> str:
    """What makes Twilio ignore these addresses, or ""."""
    return next((f"{what} ({resource[sid]})" for sid, what in OVERRULED_BY.items() if resource.get(sid)), "")


def shown(address: str, method: str) -> str:
    return f"{without_password(address)} ({method})" if address else "nothing"
