"""A number of ours at Twilio: where it should lead, and where it leads."""

from collections.abc import Mapping
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
}
# With one of these Twilio does not look at the addresses of the number.
OVERRULED_BY = {"voice_application_sid": "a TwiML application", "trunk_sid": "a SIP trunk"}


def leads_here() -> dict[str, str]:
    """What is asked of Twilio for it. By POST: an address gets into logs, and a GET has everything in its address."""
    return {
        "VoiceUrl": twiml.absolute(settings.PUBLIC_URL, reverse("twilio-voice")),
        "VoiceMethod": "POST",
        "StatusCallback": twiml.absolute(settings.PUBLIC_URL, reverse("twilio-status")),
        "StatusCallbackMethod": "POST",
    }


def leads_to(resource: Mapping[str, Any]) -> dict[str, str]:
    """Where an IncomingPhoneNumber leads, in the same words."""
    return {name: str(resource.get(field) or "") for name, field in FIELDS.items()}


def overruled(resource: Mapping[str, Any]) -> str:
    """What makes Twilio ignore these addresses, or ""."""
    return next((f"{what} ({resource[sid]})" for sid, what in OVERRULED_BY.items() if resource.get(sid)), "")


def shown(address: str, method: str) -> str:
    return f"{without_password(address)} ({method})" if address else "nothing"
